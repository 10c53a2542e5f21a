"""The user's packages for the code interpreter: a separate virtual environment, read-only in every sandbox.

A setup builds a new environment beside the old one and then replaces the small file that names the current one. If it
is interrupted before that, the old environment remains in use.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.common.processes import is_running
from aimltui.engine.tools.code_interpreter.errors import SandboxError

Tell = Callable[[str], None]

_PLACE = "python"
_POINTER = "current.json"
_FONTS = "aimltui-fonts"
"""A directory in the environment; the kernel program copies its files to matplotlib's configuration directory."""
_NAMED = 25
_LIST = """
import importlib.metadata, json, re
found = {re.sub("[-_.]+", "-", one.metadata["Name"]).lower(): one.version for one in importlib.metadata.distributions()}
print(json.dumps(found))
"""
_OURS = frozenset({"pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with packages that a model's code can import."""

    directory: Path
    python: str
    """Its Python version, such as 3.11.7."""
    wanted: tuple[str, ...]
    """The packages that the user asked for."""
    packages: tuple[tuple[str, str], ...]
    """All installed packages with versions: these and their dependencies."""
    made_at: float
    """Unix seconds."""

    @property
    def executable(self) -> str:
        """The path of its Python."""
        return str(self.directory / "bin" / "python")

    @property
    def works(self) -> bool:
        """Whether its Python still exists; an update of the system may have removed it."""
        library = self.directory / "lib" / f"python{'.'.join(self.python.split('.')[:2])}"
        return os.access(self.executable, os.X_OK) and library.is_dir()

    @property
    def sentence(self) -> str:
        """A sentence for a model about what can be imported."""
        asked = {_canonical(name) for name in self.wanted}
        chosen = [f"{name} {version}" for name, version in self.packages if name in asked]
        others = [name for name, _ in self.packages if name not in asked]
        listed = ", ".join([*chosen, *others[: max(0, _NAMED - len(chosen))]])
        return f"Python {self.python} with its standard library is available, and {listed}; nothing else can be installed."


def current(data_dir: Path) -> Environment | None:
    """The current environment; None if there is none."""
    place = data_dir / _PLACE
    try:
        found = json.loads((place / _POINTER).read_text())
        directory = place / Path(found["environment"]).name
        packages = tuple((str(name), str(version)) for name, version in found["packages"])
        wanted = tuple(map(str, found["wanted"]))
        return Environment(directory, str(found["python"]), wanted, packages, float(found["made_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make(
    data_dir: Path,
    python: str,
    wanted: Sequence[str],
    tell: Tell,
    *,
    options: Sequence[str] = (),
    hidden: frozenset[str] = frozenset(),
) -> Environment:
    """Build an environment and make it the current one.

    Args:
        data_dir: The program's data directory.
        python: The interpreter to build it with.
        wanted: Packages in pip's notation: `numpy`, `pandas>=2`.
        tell: Receives a line about every step.
        options: More options for `pip install`, such as `--no-index`.
        hidden: Environment variables that pip must not see.

    Raises:
        SandboxError: It could not be built; the old environment is unchanged.
    """
    place = data_dir / _PLACE
    directory = place / f"env-{os.getpid()}-{secrets.token_hex(4)}"
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(place)
        tell("Creating an environment ...")
        _run([python, "-I", "-m", "venv", str(directory)], variables, _no_venv)
        executable = str(directory / "bin" / "python")
        tell(f"Installing {', '.join(wanted)} ...")
        pip = [executable, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        pip += ["--progress-bar", "off", "--only-binary", ":all:", *options, "--", *wanted]
        _run(pip, variables, _no_packages, told=lambda line: _progress(line, tell))
        packages = _packages(executable)
        if any(name == "matplotlib" for name, _ in packages):
            tell("Looking for fonts for matplotlib ...")
            _find_fonts(directory, executable, variables)
        version = _ask(executable, "import platform; print(platform.python_version())").strip()
        made = Environment(directory, version, tuple(map(_name, wanted)), packages, time.time())
        _point(place, made)
    except OSError as error:
        raise SandboxError(
            f"The environment cannot be created in {place}: {error.strerror or error}."
        ) from error
    finally:
        used = current(data_dir)
        if used is None or used.directory != directory:
            shutil.rmtree(directory, ignore_errors=True)
    _sweep(place)
    return made


def remove(data_dir: Path) -> bool:
    """Delete the environment, so that only the standard library is left; False if there was none.

    Raises:
        SandboxError: It cannot be deleted.
    """
    place = data_dir / _PLACE
    try:
        was_there = (place / _POINTER).exists()
        (place / _POINTER).unlink(missing_ok=True)
        _sweep(place)
    except OSError as error:
        raise SandboxError(f"The environment in {place} cannot be removed: {error.strerror}.") from error
    return was_there


def size_bytes(directory: Path) -> int:
    """The size of an environment on the disk, in bytes."""
    total = 0
    for parent, _, files in os.walk(directory):
        for name in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def _point(place: Path, made: Environment) -> None:
    content = {
        "environment": made.directory.name,
        "python": made.python,
        "wanted": made.wanted,
        "packages": made.packages,
        "made_at": made.made_at,
    }
    temporary = place / f".{_POINTER}.{os.getpid()}"
    temporary.write_text(json.dumps(content))
    os.replace(temporary, place / _POINTER)


def _sweep(place: Path) -> None:
    """Delete unused environments, except those that another process is building."""
    used = current(place.parent)
    for entry in os.scandir(place) if place.is_dir() else ():
        match = re.fullmatch(r"env-(\d+)-[0-9a-f]+", entry.name)
        if match is None or (used is not None and entry.name == used.directory.name):
            continue
        if int(match[1]) == os.getpid() or not is_running(int(match[1])):
            shutil.rmtree(entry.path, ignore_errors=True)


def _run(
    arguments: list[str],
    variables: Mapping[str, str],
    why: Callable[[str], str],
    told: Tell = lambda line: None,
) -> None:
    """Run a program to its end and report its lines.

    Raises:
        SandboxError: It failed; `why` turns its last lines into the message.
    """
    last: list[str] = []
    with subprocess.Popen(  # noqa: S603  # no shell; the packages' names come after --
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(variables),
        cwd=os.path.abspath(os.sep),
        umask=0o022,  # root's code runs with another user id and must be able to read it
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                last = [*last[-19:], _plain(line)]
                told(last[-1])
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise SandboxError(why("\n".join(line for line in last if line)))


def _progress(line: str, tell: Tell) -> None:
    match = re.match(r"\s*(Collecting|Downloading|Using cached) ([^\s(]+)(?:.*?(\([\d.]+ \w+\)))?", line)
    if match and match[1] != "Collecting":
        file = match[2].rpartition("/")[2]
        tell(f"  {'-'.join(file.split('-')[:2])} {match[3] or ''}".rstrip())
    elif line.startswith("Installing collected packages"):
        tell("  unpacking, and compiling for a quick start ...")


def _packages(executable: str) -> tuple[tuple[str, str], ...]:
    try:
        found = json.loads(_ask(executable, _LIST))
    except ValueError as error:
        raise SandboxError("The packages of the new environment cannot be listed.") from error
    return tuple(sorted((str(name), str(version)) for name, version in found.items() if name not in _OURS))


def _ask(executable: str, code: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the environment's own Python
            [executable, "-I", "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            cwd=os.path.abspath(os.sep),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"The new environment's Python does not work: {error}") from error
    return done.stdout


def _find_fonts(directory: Path, executable: str, variables: Mapping[str, str]) -> None:
    """Let matplotlib build its list of fonts, which takes seconds; in a sandbox it would do so at every start."""
    fonts = directory / _FONTS
    known = {**variables, "MPLCONFIGDIR": str(fonts)}
    _run([executable, "-I", "-c", "import matplotlib.font_manager"], known, _no_fonts)


def _plain(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line).rstrip()


def _name(wanted: str) -> str:
    return re.split(r"[<>=!~\[; @]", wanted, maxsplit=1)[0]


def _canonical(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def _no_venv(said: str) -> str:
    if "ensurepip" in said:
        return (
            "This Python cannot create virtual environments. On Debian and Ubuntu, install the package python3-venv and "
            "try again."
        )
    return f"The virtual environment could not be created:\n{said}"


def _no_packages(said: str) -> str:
    return f"pip could not install the packages, so nothing has changed. Its output:\n{said}"


def _no_fonts(said: str) -> str:
    return f"matplotlib is installed but does not start, so nothing has changed. Its output:\n{said}"
