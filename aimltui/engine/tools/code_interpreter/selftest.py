"""Tests whether a sandbox works on this machine by trying to escape from it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import platform
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, contextmanager, suppress
from pathlib import Path

from aimltui import __version__
from aimltui.common.dataclass import dataclass
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files.directory import remove
from aimltui.engine.tools.code_interpreter.guests.escape_attempts import CELL
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sandboxes.plan import KERNEL, environment
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Output
from aimltui.engine.tools.code_interpreter.sessions.session import Session

WALLS = (
    "reading files of this machine",
    "writing outside /mnt/data",
    "reading the program's environment",
    "looking into other processes",
    "sending signals to the program",
    "opening a network connection",
    "creating namespaces",
    "tracing other processes",
    "creating links and pipes that could mislead the program",
    "using the program's open files",
    "executing files it wrote",
    "running on after its end",
)
"""What the self-test attempts; each has to be blocked."""

_EXPIRES_S = 30 * 86_400.0
_LOCK_PATIENCE_S = 2.0
# variables that an interpreter or the C library adds
_ADDED = ("LC_CTYPE",)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the self-test of one sandbox.

    Attributes:
        holds: Whether every attempt was blocked.
        breaches: The attempts of `WALLS` that succeeded, and how.
        trouble: A sentence about why the test could not be made.
        is_remembered: Whether this is the result of an earlier test on this kernel, with this version.
    """

    holds: bool
    breaches: dict[str, str]
    trouble: str | None = None
    is_remembered: bool = False

    @property
    def sentence(self) -> str:
        """The result as a sentence."""
        if self.holds:
            return f"It held against all {len(WALLS)} attempts to get out."
        if self.trouble:
            return self.trouble
        return "It does not hold. Not blocked: " + "; ".join(
            f"{what} ({how})" for what, how in self.breaches.items()
        )


async def test(sandbox: Sandbox, interpreter: Interpreter, directory: Path) -> Verdict:
    """Try to escape from a sandbox.

    Args:
        sandbox: The sandbox to test.
        interpreter: The Python that will run in it.
        directory: The program's data directory, where the canaries are created.
    """
    found = sandbox.available()
    if not found.is_available:
        return Verdict(False, {}, found.reason)
    try:
        place = await asyncio.to_thread(_make_place, directory)
    except OSError as error:
        return Verdict(False, {}, f"The self-test could not create its directory: {error}.")
    session = Session(sandbox, place / "session", interpreter, SandboxLimits(wall_s=20.0, idle_s=60.0))
    try:
        with _canaries(place) as canaries:
            return await _try(session, canaries)
    except (SandboxError, OSError) as error:
        return Verdict(False, {}, str(error))
    finally:
        await session.aclose()
        with suppress(OSError):
            await asyncio.to_thread(remove, place)


async def test_once(sandbox: Sandbox, interpreter: Interpreter, directory: Path, memory: Path) -> Verdict:
    """Test a sandbox, unless an earlier test still applies.

    Args:
        sandbox: The sandbox to test.
        interpreter: The Python that will run in it.
        directory: The program's data directory, where the canaries are created.
        memory: The file with the passed self-tests.
    """
    found = sandbox.available()
    if not found.is_available:
        return Verdict(False, {}, found.reason)
    key = _key(sandbox, interpreter)
    known = _remembered(memory)
    if time.time() - known.get(key, 0.0) < _EXPIRES_S:
        return Verdict(True, {}, is_remembered=True)
    verdict = await test(sandbox, interpreter, directory)
    if verdict.holds:
        _remember(memory, known | {key: time.time()})
    return verdict


async def _try(session: Session, canaries: dict[str, object]) -> Verdict:
    # the keeper exists after the first cell
    async with aclosing(session.run("None")) as events:
        async for _ in events:
            pass
    canaries["keeper"] = session.pid
    text = ""
    status = "died"
    async with aclosing(session.run(CELL.replace("CANARIES", repr(canaries), 1))) as events:
        async for event in events:
            match event:
                case Output("stdout", piece):
                    text += piece
                case Done():
                    status = event.status
                case _:
                    continue
    line, _, rest = text.partition("\n")
    try:
        breaches = dict(json.loads(line))
    except (ValueError, TypeError):
        return Verdict(False, {}, "The self-test's code did not finish in the sandbox.")
    if "executed" in rest or status == "died":
        breaches["executing files it wrote"] = "a file in /mnt/data"
    await session.aclose()
    if not await _is_free(session.files / "lock"):
        breaches["running on after its end"] = "a process went on after everything was killed"
    return Verdict(not breaches, breaches)


def _make_place(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="selftest-", dir=directory))


@contextmanager
def _canaries(place: Path) -> Iterator[dict[str, object]]:
    secret = place / "canary"
    secret.write_text(secrets.token_hex())
    outside = place / "outside"
    abstract = f"aimltui-{secrets.token_hex(8)}"
    path = f"{place}/s"
    with ExitStack() as opened:
        tcp = opened.enter_context(socket.socket())
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        for address in (path, "\0" + abstract):
            # the path may be too long for a socket, and only Linux has names without a file
            with suppress(OSError, ValueError):
                one = opened.enter_context(socket.socket(socket.AF_UNIX))
                one.bind(address)
                one.listen()
        yield {
            "file": str(secret),
            "outside": str(outside),
            "home": str(Path.home()),
            "data": str(place.parent),
            "socket": path,
            "abstract": abstract,
            "port": tcp.getsockname()[1],
            "pid": os.getpid(),
            "kernel": str(KERNEL),
            "variables": [*environment(""), *_ADDED],
        }


async def _is_free(file: Path) -> bool:
    """Whether no process of the jail is left."""
    deadline = time.monotonic() + _LOCK_PATIENCE_S
    while not await asyncio.to_thread(_can_lock, file):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _can_lock(file: Path) -> bool:
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _key(sandbox: Sandbox, interpreter: Interpreter) -> str:
    parts = (
        __version__,
        platform.release(),
        sandbox.name,
        sandbox.identity(),
        interpreter.executable,
        ".".join(map(str, interpreter.version)),
        str(os.geteuid()),
        _own_code(),
    )
    return " | ".join(parts)


def _own_code() -> str:
    # a checkout changes without a new version
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return str(max(file.stat().st_mtime_ns for file in files))


def _remembered(memory: Path) -> dict[str, float]:
    try:
        found = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return (
        {str(key): value for key, value in found.items() if isinstance(value, float)}
        if isinstance(found, dict)
        else {}
    )


def _remember(memory: Path, known: dict[str, float]) -> None:
    recent = {key: when for key, when in known.items() if time.time() - when < _EXPIRES_S}
    temporary = memory.with_name(f".{memory.name}.{os.getpid()}")
    with suppress(OSError):
        memory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_text(json.dumps(recent))
        os.replace(temporary, memory)
