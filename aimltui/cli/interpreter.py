"""`aimltui interpreter`: installs packages for the code interpreter, and prepares its WebAssembly sandbox."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aimltui.bootstrap.source import data_dir_of
from aimltui.cli.flags import add_actions, add_json
from aimltui.cli.objects import say_json
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.home import expanded
from aimltui.common.patterns import pattern
from aimltui.common.text import printable
from aimltui.connections.discovery import AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE
from aimltui.engine.tools.code_interpreter import packages as environment
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.packages import Environment
from aimltui.engine.tools.code_interpreter.python_runtime import default_executable, find
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm
from aimltui.engine.tools.code_interpreter.selection import MEMORY, WASM

DESCRIPTION = (
    "The code interpreter has Python's standard library. `setup` installs packages of your choice: pip downloads them from "
    "your package index into a separate environment, which code in the sandbox can read but not change. Your own Python "
    "is not changed."
)
OFFERED = (
    ("numpy", "arrays and numbers", True),
    ("pandas", "tables", True),
    ("matplotlib", "plots", True),
    ("openpyxl", "Excel files", True),
    ("pillow", "pictures", True),
    ("scipy", "science", False),
    ("sympy", "algebra", False),
    ("scikit-learn", "machine learning", False),
)
"""Name, purpose, and whether it is a default package."""
DEFAULT = tuple(name for name, _, is_default in OFFERED if is_default)
_REQUIREMENT = pattern(r"[A-Za-z0-9][\w.\-]*(\[[\w,\-]+\])?([<>=!~]=?[\w.*+!,<>=~]+)?")


def add_interpreter_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `interpreter` to the result of `ArgumentParser.add_subparsers`; each action's default `run` does it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "interpreter",
        help="packages for the code interpreter",
        description=DESCRIPTION,
        allow_abbrev=False,
    )
    actions = add_actions(parser)
    making = actions.add_parser("setup", help="choose packages and install them", allow_abbrev=False)
    add = making.add_argument
    add("--packages", nargs="+", metavar="NAME", help="install these packages without asking")
    add(
        "--yes", action="store_true", help=f"install the default packages without asking: {' '.join(DEFAULT)}"
    )
    add("--no-index", action="store_true", help="do not use a package index, only the wheels of --find-links")
    add("--find-links", metavar="DIR", type=Path, help="a directory with wheels")
    making.set_defaults(run=setup)
    showing = actions.add_parser("show", help="show what is installed", allow_abbrev=False)
    showing.set_defaults(run=show)
    add_json(showing)
    removing = actions.add_parser(
        "remove", help="remove the packages; the standard library stays", allow_abbrev=False
    )
    removing.set_defaults(run=remove)
    preparing = actions.add_parser(
        "prepare", help="prepare the WebAssembly sandbox (needs aimltui[wasm])", allow_abbrev=False
    )
    preparing.set_defaults(run=prepare)
    for one in (making, showing, removing, preparing):
        one.add_argument("--data-dir", type=Path, metavar="DIR", help="the data directory")
    return parser


def setup(options: argparse.Namespace) -> int:
    """Install packages; returns the exit status.

    Raises:
        AimltuiError: The installation failed and nothing has changed, or the packages cannot be asked for.
    """
    data_dir = data_dir_of(options)
    wanted = _checked(options.packages) if options.packages else DEFAULT if options.yes else _ask(data_dir)
    if not wanted:
        _say("Nothing was changed.")
        return 0
    pip = ["--no-index"] if options.no_index else []
    if options.find_links is not None:
        pip += ["--find-links", str(expanded(options.find_links).absolute())]
    started = time.monotonic()
    hidden = frozenset({*AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE})
    try:
        made = environment.make(data_dir, default_executable(), wanted, _say, options=pip, hidden=hidden)
    except SandboxError as error:
        raise AimltuiError(error.message) from error
    except KeyboardInterrupt:
        _say("\nStopped. Nothing was changed.")
        raise
    _say(f"Done in {time.monotonic() - started:.0f} s. The code interpreter now has:")
    for line in _described(made):
        _say(line)
    return 0


def show(options: argparse.Namespace) -> int:
    """Print what is installed; returns the exit status."""
    found = environment.current(data_dir_of(options))
    if options.json:
        say_json(_as_json(found))
        return 0
    if found is None:
        _say("No packages are installed: the code interpreter has Python's standard library.")
        _say("`aimltui interpreter setup` installs some.")
        return 0
    for line in _described(found):
        _say(line)
    if not found.works:
        _say("Its Python no longer exists, so only the standard library is used: run setup again.")
    return 0


def remove(options: argparse.Namespace) -> int:
    """Remove the packages; returns the exit status.

    Raises:
        AimltuiError: They cannot be removed.
    """
    try:
        was_there = environment.remove(data_dir_of(options))
    except SandboxError as error:
        raise AimltuiError(error.message) from error
    _say(
        "Removed: the code interpreter has Python's standard library."
        if was_there
        else "No packages were installed."
    )
    return 0


def prepare(options: argparse.Namespace) -> int:
    """Compile Python for WebAssembly, and test the sandbox; returns the exit status.

    Raises:
        AimltuiError: It is not installed, cannot be compiled, or does not pass the test.
    """
    data_dir = data_dir_of(options)
    sandbox = Wasm(data_dir / WASM)
    _say("Compiling Python for this machine. This takes some seconds and is done once ...")
    started = time.monotonic()
    try:
        made = sandbox.prepare()
        _say(f"Done in {time.monotonic() - started:.0f} s: {made} ({made.stat().st_size >> 20} MB).")
        _say("Testing the sandbox ...")
        python = find(default_executable(), (str(data_dir),))
        verdict = asyncio.run(selftest.test_once(sandbox, python, data_dir, data_dir / MEMORY))
    except SandboxError as error:
        raise AimltuiError(error.message) from error
    if not verdict.holds:
        raise AimltuiError(verdict.sentence)
    _say(verdict.sentence)
    _say('It is used if no other sandbox works, or if you set [interpreter] sandbox = "wasm".')
    return 0


def _ask(data_dir: Path) -> tuple[str, ...]:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "This is not an interactive terminal. Name packages with --packages, or install the default ones with --yes."
        )
    before = environment.current(data_dir)
    taken = before.wanted if before is not None else DEFAULT
    _say("Packages for the code interpreter.")
    _say("pip downloads them from your package index; only the sandbox uses them.\n")
    for number, (name, about, _) in enumerate(OFFERED, start=1):
        _say(f"  {number}  [{'x' if name in taken else ' '}] {name:<14}{about}")
    for name in taken:
        if name not in {offered for offered, *_ in OFFERED}:
            _say(f"     [x] {name}")
    while True:
        answer = input("\nPress Enter to install the marked packages, or type names or numbers; q quits: ")
        if answer.strip().lower() in ("q", "quit"):
            return ()
        try:
            return _chosen(answer) or tuple(taken)
        except ConfigError as error:
            _say(str(error))


def _chosen(answer: str) -> tuple[str, ...]:
    words = answer.replace(",", " ").split()
    numbers = {str(number): name for number, (name, *_) in enumerate(OFFERED, start=1)}
    for word in words:
        if word.isdigit() and word not in numbers:
            raise ConfigError(f"{word} is not a number of the list.")
    return _checked([numbers.get(word, word) for word in words])


def _checked(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if not _REQUIREMENT.fullmatch(name):
            raise ConfigError(
                f"“{printable(name)}” is not a valid package name. Write, for example, numpy or pandas>=2."
            )
    return tuple(dict.fromkeys(names))


def _as_json(found: Environment | None) -> dict[str, Any]:
    if found is None:
        return {"python": None, "directory": None, "works": False, "packages": {}}
    return {
        "python": found.python,
        "directory": str(found.directory),
        "works": found.works,
        "packages": dict(found.packages),
    }


def _described(found: Environment) -> Iterator[str]:
    yield f"  Python {found.python} in {found.directory} ({environment.size_bytes(found.directory) >> 20} MB)"
    for name, version in found.packages:
        yield f"  {name:<20} {version}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # there is no screen
