"""The tools that are part of this program."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass
from aimltui.engine.options import EngineOptions
from aimltui.engine.tools.base import Tool
from aimltui.engine.tools.code_interpreter.service import InterpreterService
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from aimltui.engine.tools.code_interpreter.tool import CodeInterpreter
from aimltui.engine.tools.file_search.tool import FileSearch


@dataclass(frozen=True, slots=True)
class BuiltinTools:
    """The built-in tools, with the interpreter's service and sessions."""

    tools: tuple[Tool, ...]
    interpreter: InterpreterService
    """Reports whether code can be run on this machine."""
    sessions: SessionPool
    """The interpreter sessions of the threads."""

    async def ready(self) -> tuple[str, ...]:
        """The types of the tools that work on this machine. The first call tests sandboxes."""
        return ("code_interpreter",) if (await self.interpreter.status()).is_on else ()


def builtin(options: EngineOptions) -> BuiltinTools:
    """Create the tools for an engine; nothing is started or tested before its first use."""
    local = InterpreterService(
        options.interpreter,
        options.data_dir,
        executable=options.interpreter_python,
        may_ask=options.ask_approval is not None,
    )
    if options.unconfined == "ask":
        local.agree()
    sessions = SessionPool(local.make, options.data_dir / "interpreter", options.max_sessions)
    return BuiltinTools(
        (CodeInterpreter(sessions, packages=local.packages, ask_approval=options.ask_approval), FileSearch()),
        local,
        sessions,
    )
