"""Which kinds start on this machine. One that starts and does not hold is among them: its tests are to fail."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from pathlib import Path

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from tests.sandbox.every import every


@functools.cache
def working() -> tuple[Sandbox, ...]:
    """The kinds that can be tested at all."""
    try:
        python = interpreter.find(interpreter.default_executable())
    except SandboxError:
        return ()
    with tempfile.TemporaryDirectory() as place:
        return tuple(
            one
            for one in every()
            if one.available().is_available
            and asyncio.run(selftest.test(one, python, Path(place))).trouble is None
        )
