"""Every kind there is, by its name. Needs the standard library only: the escape suite runs it as another user."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from aimltui.engine.tools.code_interpreter.choice import kinds
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sandbox import Sandbox
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm


def every() -> tuple[Sandbox, ...]:
    """The system's own kinds, and WebAssembly, which is prepared if it is installed."""
    wasm = Wasm(Path(tempfile.gettempdir()) / f"aimltui-wasm-{os.geteuid()}")
    try:
        if not wasm.available().is_available:
            wasm.prepare()
    except SandboxError:
        pass
    return (*kinds(), wasm)


def named(name: str) -> Sandbox:
    """One of them."""
    return next(one for one in every() if one.name == name)
