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
    "mcp",
    "mcp_types",
}
TEXTUAL = {"textual", "rich"}
READERS = {"pypdfium2", "python_calamine", "chardet", "striprtf", "email.parser"}
"""What reads documents: only a process that reads one needs it."""
METADATA = {"importlib.metadata", "email", "zipfile"}
"""What looks through all installed packages."""
LATER = {"pydantic", "PIL", "keyring", "tomli_w", "tomlkit", "pygments", "markdown_it"}
"""What the first frame can do without; it comes behind it, in a worker thread."""

OPENED = {
    "aimltui.local_tools.host",
    "aimltui.local_tools.mcp.forms",
    "aimltui.tui.screens.inspector.pane",
    "aimltui.tui.state.file_rows",
    "aimltui.tui.widgets.attachment_bar",
    "aimltui.tui.widgets.call_card",
    "aimltui.tui.widgets.find_bar",
    "aimltui.tui.widgets.pick_list",
    "aimltui.tui.widgets.side_document",
}
"""What comes with the card or the screen that the user opens."""

DRAWN = {
    "aimltui.tui.widgets.transcript.renderers.every",
    "aimltui.tui.widgets.transcript.renderers.message",
    "aimltui.tui.widgets.transcript.markdown",
    "aimltui.tui.widgets.transcript.stream",
    "aimltui.formatting.formulas",
}
"""What draws entries, of which the first frame has none."""
CONNECTED = {"aimltui.bootstrap.embedding", "aimltui.bootstrap.interchange", "aimltui.bootstrap.recognition"}
"""What comes with the engine."""

FIRST_FRAME = """
from aimltui.common.late_modules import load_late
load_late()
import asyncio, sys, tempfile
from dataclasses import replace
from aimltui.bootstrap import screen as window
from aimltui.cli import main as cli

async def main(folder):
    startup = window.startup_from(cli.parser().parse_args(["--demo", "--data-dir", folder]))
    from aimltui.tui.app import AimltuiApp
    async with AimltuiApp(replace(startup, connect=asyncio.Event().wait)).run_test() as pilot:
        await pilot.pause()
        # each widget takes two milliseconds, and the styles of these as much again
        assert not pilot.app.screen.query("Input, DocumentPane, #runs > *")
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
        ("import aimltui.engine.engine", TEXTUAL | READERS | {"openai"}),
        (
            "from aimltui.bootstrap.screen import _import_engine; _import_engine(has_connection=True)\n"
            "from aimltui.wire.threads import Thread; Thread(id='t', object='thread', created_at=1)\n"
            "from aimltui.engine.models.plugins import find_plugins; assert find_plugins() == {}",
            READERS | METADATA | {"openai", "httpx2", "pygments"},
        ),
        (
            "import aimltui.engine.extraction.host",
            TEXTUAL | ENGINE - {"aimltui.engine"} | READERS | {"pydantic"},
        ),
    ],
)
def test_an_import_brings_only_what_it_needs(statement: str, forbidden: set[str]) -> None:
    assert not loaded_by(statement) & forbidden


def test_the_first_frame_is_painted_without_what_can_come_later() -> None:
    loaded = modules_of(FIRST_FRAME)
    assert "aimltui.tui.screens.main.screen" in loaded
    assert not loaded & (ENGINE | LATER | READERS | OPENED | DRAWN | CONNECTED | {"secrets", "shlex", "_ssl"})


def test_the_demo_loads_no_models_of_connections() -> None:
    demo, connected = (
        loaded_by(
            f"from aimltui.bootstrap.screen import _import_engine; _import_engine(has_connection={given})"
        )
        for given in (False, True)
    )
    assert "aimltui.engine.models.demo.model" in demo
    assert connected - demo >= {"aimltui.engine.models.provider", "aimltui.engine.models.chat.model"}


def test_the_demo_loads_no_openssl() -> None:
    loaded = loaded_by(
        "from aimltui.common.late_modules import load_late; load_late()\n"
        "from aimltui.bootstrap.screen import _import_engine; _import_engine(has_connection=False)\n"
        "from aimltui.wire.ids import new_id; assert new_id('a_') != new_id('a_')"
    )
    assert "aimltui.tui.controllers.code_approvals" in loaded
    assert not loaded & {"_hashlib", "_ssl"}


def test_asking_for_the_version_loads_no_screen() -> None:
    loaded = loaded_by(
        "from aimltui.cli.main import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    print()"
    )
    assert not loaded & (TEXTUAL | ENGINE)


ELSEWHERE = """
import sys

MISSING = ("fcntl", "termios", "resource", "pwd", "grp", "pty", "tty")


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name in MISSING:
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Blocked())
for name in MISSING:
    sys.modules.pop(name, None)
sys.platform = "win32"
from aimltui.cli.main import main

raise SystemExit(main([]))
"""


def test_on_windows_it_says_to_use_wsl() -> None:
    result = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1, result.stderr
    assert result.stderr == "aimltui runs on Linux and macOS. On Windows, run it inside WSL.\n"
