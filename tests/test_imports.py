"""What the import linter cannot see: nothing heavy comes before the first frame."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ENGINE = {
    "aimltui.engine",
    "aimltui.engine.engine",
    "sqlite3",
    "openai",
    "httpx2",
    "httpx",
    "starlette",
    "uvicorn",
}
TEXTUAL = {"textual", "rich"}
LATER = {"pydantic", "PIL", "keyring", "tomli_w", "tomlkit", "pygments", "markdown_it"}
"""What the first frame can do without; it comes behind it, in a worker thread."""

FIRST_FRAME = """
import asyncio, sys, tempfile
from dataclasses import replace
from aimltui.bootstrap import screen as window
from aimltui.cli import main as cli

async def main(folder):
    startup = window.startup_from(cli.parser().parse_args(["--demo", "--data-dir", folder]))
    from aimltui.tui.app import AimltuiApp
    async with AimltuiApp(replace(startup, connect=asyncio.Event().wait)).run_test() as pilot:
        await pilot.pause()
        return json.dumps(sorted(sys.modules))

import json
with tempfile.TemporaryDirectory() as folder:
    found = asyncio.run(main(folder))
print()
print(found)
"""
"""The program up to the moment at which it connects."""


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    return modules_of(f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))")


def modules_of(code: str) -> set[str]:
    """What a program prints as its last line."""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import aimltui", TEXTUAL | ENGINE | {"pydantic"}),
        ("import aimltui.cli.main", TEXTUAL | ENGINE | {"pydantic"}),
        ("import aimltui.bootstrap.screen", TEXTUAL | ENGINE | {"pydantic", "keyring", "tomli_w", "tomlkit"}),
        ("import aimltui.tui.app", ENGINE | LATER),
        ("import aimltui.client.client", TEXTUAL | ENGINE),
        ("import aimltui.engine.engine", TEXTUAL | {"openai"}),
    ],
)
def test_an_import_brings_only_what_it_needs(statement: str, forbidden: set[str]) -> None:
    assert not loaded_by(statement) & forbidden


def test_the_first_frame_is_painted_without_what_can_come_later() -> None:
    loaded = modules_of(FIRST_FRAME)
    assert "aimltui.tui.screens.main.screen" in loaded
    assert not loaded & (ENGINE | LATER)


def test_asking_for_the_version_loads_no_screen() -> None:
    loaded = loaded_by(
        "from aimltui.cli.main import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    print()"
    )
    assert not loaded & (TEXTUAL | ENGINE)


ELSEWHERE = """
import asyncio, ctypes, importlib, os, pathlib, pkgutil, shutil, sqlite3, subprocess, sys, tempfile

MISSING = ("fcntl", "termios", "resource", "pwd", "grp", "pty", "tty")


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name in MISSING:
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Blocked())
for name in MISSING:
    sys.modules.pop(name, None)
for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC", "O_NOCTTY", "fork", "geteuid"):
    delattr(os, name)
import aimltui

INSIDE = ("jailer.keeper", "jailer.launch", "jailer.plain", "__main__", "tui.driver.driver")

# only where it matters: other people's modules look for the rest of Windows, too
os.name = "nt"
import aimltui.engine.tools.code_interpreter.files.directory
os.name = "posix"
found = [part.name for part in pkgutil.walk_packages(aimltui.__path__, "aimltui.")]
for name in found:
    if not name.endswith(INSIDE):
        importlib.import_module(name)
print(len(found))
os.name = "nt"

from aimltui.engine.tools.code_interpreter.sandboxes.unconfined import Unconfined

print(Unconfined().available())
"""


def test_without_the_modules_of_posix_everything_is_imported_and_no_code_is_run() -> None:
    """Windows has none of them: there the program starts, and says that it does not run code."""
    result = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=60, check=False
    )
    assert not result.returncode, result.stderr
    count, found = result.stdout.splitlines()
    assert int(count) > 300
    assert "is_available=False" in found
    assert "On this system this program cannot run code at all." in found
