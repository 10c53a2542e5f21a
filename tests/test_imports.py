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


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import aimltui", TEXTUAL | ENGINE | {"pydantic"}),
        ("import aimltui.cli", TEXTUAL | ENGINE | {"pydantic"}),
        ("import aimltui.window", TEXTUAL | ENGINE | {"pydantic", "keyring", "tomli_w"}),
        ("import aimltui.tui.app", ENGINE),
        ("import aimltui.client.client", TEXTUAL | ENGINE),
        ("import aimltui.engine.engine", TEXTUAL | {"openai"}),
    ],
)
def test_an_import_brings_only_what_it_needs(statement: str, forbidden: set[str]) -> None:
    assert not loaded_by(statement) & forbidden


def test_asking_for_the_version_loads_no_screen() -> None:
    loaded = loaded_by(
        "from aimltui.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    print()"
    )
    assert not loaded & (TEXTUAL | ENGINE)
