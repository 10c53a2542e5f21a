"""Makes every attempt in one kind of sandbox and prints what became of it, as JSON. Needs the standard library only.

Run as: python -m tests.sandbox.escape_runner KIND DIRECTORY. It is a program of its own so that it can be another user.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import socket
import sys
import time
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.sandboxes.plan import JAILER, KERNEL, environment
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Failure, Notice, Output, Value
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.attempts import ATTEMPTS, BOMBS, Attempt
from tests.sandbox.every import named

SMALL = SandboxLimits(
    memory_bytes=300 << 20,
    address_space_bytes=400 << 20,
    processes=24,
    file_bytes=8 << 20,
    disk_bytes=32 << 20,
    files=300,
    temporary_bytes=16 << 20,
    wall_s=1.0,
    cpu_s=0.8,
    output_bytes=1 << 20,
)
SHORT = replace(SMALL, wall_s=0.5, cpu_s=0.4)
"""For what only its time ends: the limit is the same, and the wait for it shorter."""


class World:
    """The canaries of one run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.secret = secrets.token_hex()
        self.canary = directory / "canary"
        home = Path(os.environ["HOME"])
        self.home_canary = home / "home-canary"
        others = directory / "other" / "data"
        others.mkdir(parents=True, exist_ok=True)
        for file in (self.canary, self.home_canary, others / "x", directory / "aimltui.db"):
            file.write_text(self.secret)
            os.chmod(file, 0o644)
        self.before = self.stamp()
        self.stdlib = os.stat(json.__file__).st_mode
        self.sockets = [socket.socket(), *(socket.socket(socket.AF_UNIX, kind) for kind in (1, 1, 2))]
        name = secrets.token_hex(6)
        path = f"{directory}/s"
        for one, address in zip(
            self.sockets, (("127.0.0.1", 0), path, f"\0a{name}", f"\0d{name}"), strict=True
        ):
            one.bind(address)
            with suppress(OSError):
                one.listen()
        self.values: dict[str, object] = {
            "canary": str(self.canary),
            "home": str(home),
            "home_canary": str(self.home_canary),
            "other_session": str(others / "x"),
            "database": str(directory / "aimltui.db"),
            "outside": str(directory / "outside"),
            "secret": self.secret,
            "variables": [*environment(""), "LC_CTYPE"],
            "pid": os.getpid(),
            "port": self.sockets[0].getsockname()[1],
            "socket": path,
            "abstract": f"a{name}",
            "datagrams": f"d{name}",
            "kernel": str(KERNEL),
            "jailer": str(JAILER / "keeper.py"),
        }

    def stamp(self) -> object:
        """What a change of the canary would change."""
        known = self.canary.stat()
        return known.st_mode, known.st_mtime_ns, known.st_uid, self.canary.read_text()

    def cell(self, code: str, session: Session) -> str:
        """The attempt's code with the canaries before it."""
        return f"C = {self.values | {'keeper': session.pid or 0}!r}\n{code}"


async def attempt(session: Session, world: World, one: Attempt) -> dict[str, object]:
    """Make an attempt, and look at the world afterwards."""
    if not session.is_alive:
        await _drain(session, "None")
    keeper = session.pid
    started = time.monotonic()
    result = await _drain(session, world.cell(one.code, session))
    result["seconds"] = time.monotonic() - started
    result["found"] = await _look(session, world, one, keeper)
    return result


async def _drain(session: Session, code: str) -> dict[str, object]:
    text, status, reason, failure = "", "none", None, ""
    try:
        async with aclosing(session.run(code)) as events:
            async for event in events:
                match event:
                    case Output(text=piece) | Value(text=piece) | Notice(text=piece):
                        text += piece[:20_000]
                    case Failure():
                        failure = event.traceback[-300:]
                    case Done():
                        status, reason = event.status, event.reason
    except SandboxError as error:
        status, reason = "refused", str(error)
    return {
        "text": text[:2000],
        "escaped": "ESCAPED" in text,
        "status": status,
        "reason": reason,
        "failure": failure,
    }


async def _look(session: Session, world: World, one: Attempt, keeper: int | None) -> str | None:
    """What the attempt did to the world; None if nothing."""
    if world.stamp() != world.before:
        return "the canary is not as it was"
    if "outside" in os.listdir(world.directory):
        return "there is something outside"
    if os.stat(json.__file__).st_mode != world.stdlib:
        return "the interpreter is not as it was"
    match one.check:
        case "keeper" if session.is_alive and keeper != session.pid:
            return "the keeper is another one"
        case "beat":
            beat = session.files / "beat"
            first = beat.read_text() if beat.exists() else ""
            await asyncio.sleep(0.2)
            if beat.exists() and beat.read_text() != first:
                return "it went on after its cell"
        case "lock" if (session.files / "locked").exists():
            await session.aclose()
            with (session.files / "lock").open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    return "it outlived its session"
    return None


async def run(kind: str, directory: Path) -> dict[str, object]:
    """Everything in one kind."""
    sandbox = named(kind)
    python = interpreter.find(
        os.environ.get("SANDBOX_PYTHON") or interpreter.default_executable(), (str(directory),)
    )
    world = World(directory)
    results: dict[str, object] = {}
    session = Session(sandbox, directory / "session", python, SandboxLimits(wall_s=10.0))
    first = await _drain(session, "None")
    if first["status"] == "refused":
        return {"refused": f"{kind} does not start for this user: {first['reason']}"}
    for one in ATTEMPTS:
        results[one.name] = await attempt(session, world, one)
    await session.aclose()
    few = asyncio.Semaphore(4)

    async def explode(number: int, limits: SandboxLimits, *bombs: Attempt) -> None:
        async with few:
            session = Session(sandbox, directory / f"bomb{number}", python, limits)
            for one in bombs:
                results[one.name] = await attempt(session, world, one)
            await session.aclose()

    groups = [(SMALL, [one]) for one in BOMBS if one.leaves]
    groups.append((SMALL, [one for one in BOMBS if not one.leaves and not one.ends_by_time]))
    groups.append((SHORT, [one for one in BOMBS if one.ends_by_time]))
    await asyncio.gather(*(explode(number, limits, *bombs) for number, (limits, bombs) in enumerate(groups)))
    for one_socket in world.sockets:
        one_socket.close()
    world.home_canary.unlink()
    return results


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(sys.argv[1], Path(sys.argv[2])))))
