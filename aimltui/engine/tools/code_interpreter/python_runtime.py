"""Finds the files that a Python needs to run, by asking that Python."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.engine.tools.code_interpreter.errors import SandboxError

_PROBE = """
import json, os, sys
maps = set()
for line in open("/proc/self/maps") if os.path.exists("/proc/self/maps") else ():
    parts = line.split(None, 5)
    if len(parts) == 6 and parts[5].startswith("/") and "x" in parts[1]:
        maps.add(parts[5].strip())
home = os.path.dirname(os.path.dirname(sys.executable))
print(json.dumps({
    "executable": sys.executable, "base": sys.base_prefix, "version": list(sys.version_info[:3]),
    "venv": home if os.path.exists(os.path.join(home, "pyvenv.cfg")) else None,
    "stdlib": os.path.dirname(os.__file__), "mapped": sorted(maps),
    "plat": [path for path in sys.path if path.endswith("lib-dynload")],
}))
"""
_SYSTEM_PREFIXES = frozenset({"/", "/usr", "/usr/local"})
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/nix/store")
_FACTS = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo", "/usr/share/fonts")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python and the files that it needs."""

    executable: str
    """The program to start."""
    version: tuple[int, ...]
    paths: tuple[str, ...]
    """Files and directories that it reads, none inside another."""
    links: tuple[tuple[str, str], ...]
    """Symbolic links on the way to them: path and target."""
    programs: tuple[str, ...]
    """The only files that are executed: the Python and the dynamic loader."""


def default_executable() -> str:
    """The interpreter that runs this program, without this program's packages."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


@functools.lru_cache(maxsize=8)
def find(executable: str, hidden: tuple[str, ...] = ()) -> Interpreter:
    """Ask an interpreter what it needs.

    Args:
        executable: Absolute path.
        hidden: Directories besides the home directory that a sandbox must not show, such as the program's data.

    Raises:
        SandboxError: It cannot be started.
    """
    try:
        answer = subprocess.run(  # noqa: S603  # chosen by the user, no shell
            [executable, "-I", "-S", "-B", "-c", _PROBE],
            capture_output=True,
            timeout=20,
            check=True,
            env={},
            cwd=os.path.abspath(os.sep),
        )
        found = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SandboxError(f"The Python {executable} does not start: {error}") from error
    return _interpreter(found, tuple(str(Path(path)) for path in (str(Path.home()), *hidden)))


def _interpreter(found: dict[str, object], hidden: tuple[str, ...]) -> Interpreter:
    executable = str(found["executable"])
    mapped = [str(path) for path in _list(found["mapped"])]
    parts = [str(found["stdlib"]), *(str(path) for path in _list(found["plat"]))]
    wanted: list[str] = []
    for prefix in filter(None, (found["venv"], found["base"])):
        if _may_show(str(prefix), hidden):
            wanted.append(str(prefix))
        elif prefix == found["venv"]:
            wanted += [f"{prefix}/pyvenv.cfg", f"{prefix}/lib"]
    wanted += parts + mapped + _hops(executable) + [path for path in _FACTS if os.path.exists(path)]
    links: dict[str, str] = {}
    for path in _LIBRARIES:
        if os.path.islink(path):
            links[path] = os.readlink(path)
        elif os.path.isdir(path) and (path != "/nix/store" or os.path.realpath(executable).startswith(path)):
            wanted.append(path)
    wanted += [os.path.realpath(path) for path in wanted]
    loader = [path for path in mapped if os.path.basename(path).startswith("ld")]
    version = tuple(int(str(part)) for part in _list(found["version"]))
    programs = (os.path.realpath(executable), *loader)
    return Interpreter(executable, version, _outermost(wanted, links), tuple(links.items()), programs)


def _may_show(prefix: str, hidden: tuple[str, ...]) -> bool:
    if prefix in _SYSTEM_PREFIXES:
        return False
    return not any(Path(place).is_relative_to(prefix) for place in hidden)


def _hops(path: str) -> list[str]:
    """The links from one name of the executable to the file."""
    found = [path]
    while os.path.islink(path) and len(found) < 20:
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        found.append(path)
    return found


def _outermost(paths: list[str], links: dict[str, str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        inside_link = any(path.startswith(link + "/") for link in links)
        if (
            not inside_link
            and os.path.exists(path)
            and not any(Path(path).is_relative_to(other) for other in kept)
        ):
            kept.append(path)
    return tuple(kept)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
