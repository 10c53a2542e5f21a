"""Every kind there is, by its name. Needs the standard library only: the escape suite runs it as another user."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm
from aimltui.engine.tools.code_interpreter.selection import kinds


def every() -> tuple[Sandbox, ...]:
    """The system's own kinds, and WebAssembly, which is prepared if it is installed."""
    # every test has a TMPDIR of its own, and it takes seconds to compile
    cache = Path("/tmp") / f"aimltui-wasm-{os.geteuid()}"
    wasm = Wasm(cache)
    try:
        if not wasm.available().is_available:
            wasm.prepare()
    except SandboxError:
        pass
    return (*kinds(), wasm)


def named(name: str) -> Sandbox:
    """One of them."""
    return next(one for one in every() if one.name == name)
