"""A program with a session in it: it says which processes it has, and waits to be killed."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter.jailer import watchdog
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.every import named


async def main() -> None:
    """Run a cell that goes on."""
    sandbox = named(sys.argv[1])
    python = interpreter.find(interpreter.default_executable())
    session = Session(sandbox, Path(sys.argv[2]) / "session", python)
    code = "import os, time\ntry: os.fork()\nexcept OSError: pass\nprint(1, flush=True)\ntime.sleep(600)"
    async with aclosing(session.run(code)) as events:
        await anext(events)
        assert session.pid
        print(session.pid, *watchdog.descendants(session.pid), flush=True)
        async for _ in events:
            pass


asyncio.run(main())
