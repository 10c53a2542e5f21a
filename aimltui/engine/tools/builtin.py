"""The tools that this program brings along."""

from __future__ import annotations

from dataclasses import dataclass

from aimltui.engine.options import EngineOptions
from aimltui.engine.tools.base import Tool
from aimltui.engine.tools.code_interpreter.service import InterpreterService
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from aimltui.engine.tools.code_interpreter.tool import CodeInterpreter


@dataclass(frozen=True, slots=True)
class BuiltinTools:
    """Them, and what one can ask about them."""

    tools: tuple[Tool, ...]
    interpreter: InterpreterService
    """Says whether code can be run on this machine."""
    sessions: SessionPool
    """Where the threads' code runs."""

    async def ready(self) -> tuple[str, ...]:
        """The types of the tools that work on this machine; the first time this tests sandboxes."""
        return ("code_interpreter",) if (await self.interpreter.status()).is_on else ()


def builtin(options: EngineOptions) -> BuiltinTools:
    """The tools for an engine; nothing is started or tested before it is needed."""
    local = InterpreterService(
        options.interpreter,
        options.data_dir,
        executable=options.interpreter_python,
        may_ask=options.approve is not None,
    )
    if options.unconfined == "ask":
        local.agree()
    sessions = SessionPool(local.make, options.data_dir / "interpreter", options.max_sessions)
    return BuiltinTools(
        (CodeInterpreter(sessions, packages=local.packages, approve=options.approve),), local, sessions
    )
