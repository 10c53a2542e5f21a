"""Creates interpreter sessions on this machine; the sandbox is chosen once, for the first session."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.engine.tools.code_interpreter import packages as environment
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.packages import Environment
from aimltui.engine.tools.code_interpreter.tool import STANDARD

if TYPE_CHECKING:
    from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
    from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
    from aimltui.engine.tools.code_interpreter.selection import SandboxChoice
    from aimltui.engine.tools.code_interpreter.sessions.session import Session

AUTO = "auto"
OFF = "off"
_OFF = "The code interpreter is switched off in this program's settings, so nothing was run."


@dataclass(frozen=True, slots=True)
class Status:
    """Whether code can be run on this machine."""

    is_on: bool
    sentence: str
    """Which sandbox is used, or why none is."""
    is_confined: bool = True
    """False if no sandbox works here. If it is on nevertheless, the user approves each piece of code."""
    may_agree: bool = False
    """Whether it is off, but would be on if the user agreed."""


@cache
def load_sandboxes() -> None:
    """Import what runs code, which a thread without code does without. Blocks: run it in a worker thread."""
    import aimltui.engine.tools.code_interpreter.selection
    import aimltui.engine.tools.code_interpreter.sessions.session  # noqa: F401


class InterpreterService:
    """Creates sessions in the first sandbox that passes its self-test.

    Args:
        wanted: `auto`, `off`, or the name of the only sandbox to use.
        data_dir: The program's data directory: hidden from the code; passed self-tests are saved there.
        executable: The Python that runs in the sandbox; None for that of the user's packages, or without packages for
            the one that runs this program.
        limits: The limits of a session.
        may_ask: Whether the user can be asked about each piece of code if no sandbox works.
    """

    def __init__(
        self,
        wanted: str,
        data_dir: Path,
        *,
        executable: str | None = None,
        limits: SandboxLimits | None = None,
        may_ask: bool = False,
    ) -> None:
        self._wanted = wanted
        self._data_dir = data_dir
        self._executable = executable
        self._limits = limits
        self._may_ask = may_ask
        self._has_agreed = False
        self._said = ""
        self._lock = asyncio.Lock()
        self._found: dict[str, tuple[Interpreter, SandboxChoice]] = {}

    def agree(self, *, agrees: bool = True) -> None:
        """Store whether the user allows code without a sandbox, with a question before each run."""
        self._has_agreed = agrees

    async def status(self) -> Status:
        """Whether code can be run here. The first call tests sandboxes, which takes a moment."""
        if self._wanted == OFF:
            return Status(False, _OFF)
        await asyncio.to_thread(load_sandboxes)
        from aimltui.engine.tools.code_interpreter.sandboxes.unconfined import Unconfined

        try:
            _, choice = await self._choose()
        except SandboxError as error:
            return Status(False, error.message)
        if choice.sandbox is not None:
            return Status(True, choice.sentence)
        last = Unconfined()
        may_ask = self._may_ask and last.available().is_available
        if may_ask and self._has_agreed:
            return Status(True, last.describe().label, is_confined=False)
        return Status(False, choice.sentence, is_confined=False, may_agree=may_ask)

    async def make(self, directory: Path) -> Session:
        """Create a session in a directory.

        Raises:
            SandboxError: No session is possible; the message says why.
        """
        status = await self.status()
        if not status.is_on:
            raise SandboxError(status.sentence)
        from aimltui.engine.tools.code_interpreter.sandboxes.unconfined import Unconfined
        from aimltui.engine.tools.code_interpreter.sessions.session import Session

        interpreter, choice = await self._choose()
        return Session(choice.sandbox or Unconfined(), directory, interpreter, self._limits)

    def packages(self) -> str:
        """A sentence for a model about what code can import here."""
        if self._said:
            return self._said
        own = self._environment()
        return own.sentence if own is not None else STANDARD

    def _environment(self) -> Environment | None:
        """The user's packages, read each time, because a setup in another window changes them."""
        found = environment.current(self._data_dir) if self._executable is None else None
        return found if found is not None and found.works else None

    async def _choose(self) -> tuple[Interpreter, SandboxChoice]:
        from aimltui.engine.tools.code_interpreter import selection as choices
        from aimltui.engine.tools.code_interpreter.python_runtime import default_executable, find

        own = self._environment()
        executable = own.executable if own is not None else self._executable or default_executable()
        async with self._lock:
            if executable not in self._found:
                interpreter = await asyncio.to_thread(find, executable, (str(self._data_dir),))
                only = None if self._wanted == AUTO else self._wanted
                memory = self._data_dir / choices.MEMORY
                choice = await choices.choose(interpreter, self._data_dir, memory, only=only)
                self._found[executable] = interpreter, choice
                self._said = choice.sandbox.describe().packages if choice.sandbox is not None else ""
            return self._found[executable]
