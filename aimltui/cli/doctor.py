"""`aimltui doctor`: tests what works on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from aimltui import __version__
from aimltui.bootstrap.source import data_dir_of
from aimltui.cli.flags import add_json
from aimltui.cli.terminal_facts import terminal_facts
from aimltui.common.errors import ConfigError
from aimltui.common.redaction import redactor
from aimltui.common.sanitize import clean
from aimltui.common.text import printable
from aimltui.config import paths
from aimltui.config.settings import InterpreterSettings, Settings, load_settings
from aimltui.connections.discovery import (
    AIMLAPI_KEY_VARIABLES,
    OPENAI_KEY_VARIABLE,
    Connection,
    find_connections,
)
from aimltui.connections.key_store import KeyStore
from aimltui.engine.tools.code_interpreter import packages as environment
from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.selection import NONE, advice, every
from aimltui.engine.tools.code_interpreter.selftest import WALLS, Verdict

_ASKED = (
    "No sandbox works here. Your settings allow code without one: the screen shows each piece of code and asks first, "
    "then it runs with your rights; it could read, change and delete your files and use the network."
)
_LABEL = 10
"""Columns of a line that its label takes."""
DESCRIPTION = (
    "Check this machine: Python, what the terminal can do, the connections and where their keys are stored, and the sandboxes for the "
    "code interpreter. Each sandbox is tested by code that tries to break out of it. Exit status 0: at least one sandbox "
    "works; 1: none works."
)


def add_doctor_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `doctor` to the result of `ArgumentParser.add_subparsers`; its default `run` is `doctor`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor", help="check what works on this machine", description=DESCRIPTION, allow_abbrev=False
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="the data directory, instead of the default one"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration file")
    add_json(parser)
    parser.set_defaults(run=doctor)
    return parser


def doctor(options: argparse.Namespace) -> int:
    """Print the findings; returns the exit status."""
    data_dir = data_dir_of(options)
    if options.json:
        return _doctor_json(data_dir, options.config)
    for line in facts(data_dir):
        _say(line)
    _say("")
    for line in connections(options.config or paths.config_file()):
        _say(line)
    _say("")
    return asyncio.run(_sandboxes(data_dir, _settings(options.config)))


def _doctor_json(data_dir: Path, config: Path | None) -> int:
    """Print the findings as JSON; returns the exit status."""
    version, *rest = facts(data_dir)
    told: dict[str, Any] = {"version": version.removeprefix("aimltui ")}
    told |= {line[:_LABEL].strip().lower(): line[_LABEL:] for line in rest}
    try:
        settings = load_settings(config or paths.config_file(), must_exist=config is not None)
        told["connections"] = list(_connection_rows(settings, config or paths.config_file()))
    except ConfigError as error:
        if config is not None:
            raise
        told["problem"], settings = str(error), Settings()
    row = told["code_interpreter"] = asyncio.run(_interpreter_row(data_dir, settings.interpreter))
    _say(json.dumps(told, indent=2))
    is_as_wanted = row["uses"] or (settings.interpreter.sandbox == "off" and "problem" not in row)
    return 0 if is_as_wanted else 1


def _connection_rows(settings: Settings, config_file: Path) -> Iterator[dict[str, Any]]:
    keys, known = KeyStore(config_file), find_connections(settings)
    for connection in known.all:
        yield {
            "name": connection.name,
            "base_url": connection.base_url,
            "kind": connection.kind,
            "is_default": connection is known.default,
            "key": _key_place(connection, keys),
        }


async def _interpreter_row(data_dir: Path, settings: InterpreterSettings) -> dict[str, Any]:
    executable, packages = _packages(data_dir)
    row: dict[str, Any] = {"packages": packages, "uses": None, "sandboxes": []}
    try:
        python = interpreter.find(executable, (str(data_dir),))
    except SandboxError as error:
        return {**row, "problem": error.message}
    async for sandbox, verdict, is_used in _tested(data_dir, settings, python):
        if is_used:
            row["uses"] = sandbox.name
        row["sandboxes"].append(
            {
                "name": sandbox.name,
                "works": verdict.holds,
                "problem": verdict.trouble or None,
                "not_blocked": dict(verdict.breaches),
            }
        )
    return row


def facts(data_dir: Path) -> Iterator[str]:
    """Yield lines about the machine."""
    yield f"aimltui {__version__} with {_versions()}"
    yield f"system    {platform.system()} {platform.release()} on {platform.machine()}"
    yield f"Python    {platform.python_version()} ({sys.executable})"
    yield f"SQLite    {sqlite3.sqlite_version}, full-text search {'works' if _has_search() else 'is missing'}"
    size = shutil.get_terminal_size()
    kind = " ".join(filter(None, (os.environ.get("TERM", "(TERM is not set)"), os.environ.get("COLORTERM"))))
    where = "goes to a terminal" if sys.stdout.isatty() else "does not go to a terminal"
    yield f"terminal  {kind}, {size.columns} x {size.lines}; this output {where}"
    yield from terminal_facts()
    yield f"data      {data_dir}{'' if os.path.isdir(data_dir) else ' (does not exist yet)'}"
    names = [
        name for name in (*AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE) if os.environ.get(name, "").strip()
    ]
    yield f"keys      {', '.join(names) if names else 'no variable is set'}"


def _versions() -> str:
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("textual", "openai", "pydantic"))


def connections(config_file: Path) -> Iterator[str]:
    """Yield lines about the connections: the base URL and where the key is stored, but no part of a key."""
    yield f"connections ({config_file}{'' if os.path.isfile(config_file) else ', does not exist yet'})"
    try:
        known = find_connections(load_settings(config_file))
    except ConfigError as error:
        yield f"  {printable(str(error))}"
        return
    keys = KeyStore(config_file)
    for connection in known.all:
        mark = "default" if connection is known.default else ""
        kind = ", a server of the Assistants API" if connection.kind == "assistants" else ""
        yield f"  {connection.name}: {connection.base_url}{kind}{f' ({mark})' if mark else ''}"
        yield f"    {_key_place(connection, keys)}"
    if not known.all:
        yield "  no connection is set up"


def _key_place(connection: Connection, keys: KeyStore) -> str:
    places = {
        "environment": f"key in the variable {connection.api_key_env}",
        "keychain": "key in the system's keychain",
        "file": f"key in the file {keys.file.file}",
        "none": "no key",
    }
    try:
        keys.read(connection)
    except ConfigError as error:
        return f"{places[connection.key_place]}, but: {printable(str(error))}"
    return places[connection.key_place]


def _settings(config_file: Path | None) -> InterpreterSettings:
    try:
        settings = load_settings(config_file or paths.config_file(), must_exist=config_file is not None)
    except ConfigError as error:
        if config_file is not None:
            raise
        _say(f"settings  {error}")
        return InterpreterSettings()
    return settings.interpreter


def _packages(data_dir: Path) -> tuple[str, str]:
    """Return the Python for the sandbox, and a line about its packages."""
    found = environment.current(data_dir)
    if found is None:
        how = "the standard library; `aimltui interpreter setup` adds numpy, pandas, matplotlib and others"
        return interpreter.default_executable(), how
    if not found.works:
        how = "installed, but their Python is gone, so only the standard library is used: run `aimltui interpreter setup` again"
        return interpreter.default_executable(), how
    listed = ", ".join(f"{name} {version}" for name, version in found.packages)
    return found.executable, f"{len(found.packages)} installed: {listed}"


async def _sandboxes(data_dir: Path, settings: InterpreterSettings) -> int:
    executable, packages = _packages(data_dir)
    _say("code interpreter")
    _say(f"  packages: {packages}")
    try:
        python = interpreter.find(executable, (str(data_dir),))
    except SandboxError as error:
        _say(f"  {error.message}")
        return 1
    used: Sandbox | None = None
    async for sandbox, verdict, is_used in _tested(data_dir, settings, python):
        for line in _report(sandbox, verdict, is_used=is_used):
            _say(line)
        if is_used:
            used = sandbox
    _say("")
    if settings.sandbox == "off":
        _say("The code interpreter is switched off in your settings.")
        return 0
    if used is None:
        if settings.sandbox != "auto":
            _say(f"Your settings require {settings.sandbox}, which does not work here.")
        _say(NONE if settings.unconfined == "off" else _ASKED)
        if how := advice(data_dir):
            _say(how)
        return 1
    chosen = " (from your settings)" if settings.sandbox != "auto" else ""
    _say(f"The code interpreter uses {used.name}{chosen}, {used.describe().label}, with {python.executable}.")
    _say("It does not cover:")
    for sentence in used.describe().uncovered:
        _say(f"  - {sentence}")
    return 0


async def _tested(
    data_dir: Path, settings: InterpreterSettings, python: Interpreter
) -> AsyncIterator[tuple[Sandbox, Verdict, bool]]:
    """Yield each kind of sandbox, the verdict about it, and whether it is the one that is used."""
    is_found = False
    for sandbox in every(data_dir):
        verdict = await selftest.test(sandbox, python, data_dir)
        is_used = not is_found and verdict.holds and settings.sandbox in ("auto", sandbox.name)
        is_found = is_found or is_used
        yield sandbox, verdict, is_used


def _report(sandbox: Sandbox, verdict: Verdict, *, is_used: bool) -> Iterator[str]:
    if verdict.trouble:
        yield f"  {sandbox.name}: not available. {verdict.trouble}"
        return
    state = "works, in use" if is_used else "works" if verdict.holds else "NOT SAFE"
    yield f"  {sandbox.name}: {state}. {sandbox.describe().walls}"
    for wall in WALLS:
        if wall in verdict.breaches:
            yield f"    NOT BLOCKED: {wall}: {printable(verdict.breaches[wall])}"
        else:
            yield f"    blocked: {wall}"


def _has_search() -> bool:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE found USING fts5(text)")
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True


def _say(line: str) -> None:
    # it is made to be pasted into a bug report
    redact = redactor((*AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE))
    print(redact(clean(line)), flush=True)  # noqa: T201  # there is no screen
