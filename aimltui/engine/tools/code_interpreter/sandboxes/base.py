"""The interface of all kinds of sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from aimltui.common.dataclass import dataclass
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter


@dataclass(frozen=True, slots=True)
class Description:
    """The description of a sandbox for the user."""

    label: str
    """A short name for a status line."""
    walls: str
    """A sentence about how it works."""
    uncovered: tuple[str, ...]
    """Sentences about what it does not prevent."""
    packages: str = ""
    """A sentence for a model about what can be imported, if the sandbox has its own Python."""
    is_confined: bool = True
    """False if it prevents nothing, so that the user must approve each piece of code."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a sandbox may work on this machine; only the self-test proves it."""

    is_available: bool
    reason: str
    """A sentence about what was found or is missing."""


class Sandbox(Protocol):
    """A kind of sandbox for a model's code.

    It guarantees: no network and no sockets of the machine; no access to the home directory, the program's settings,
    database, environment and memory, and other sessions; a read-only interpreter; /mnt/data and /tmp for writing; limits;
    and an end of all its processes on request or when the program ends. Its description lists the exceptions.
    """

    name: str
    """Its name in the configuration file."""

    def describe(self) -> Description:
        """The description of the sandbox."""
        ...

    def available(self) -> Availability:
        """Whether its requirements are met; a quick check that proves nothing."""
        ...

    def identity(self) -> str:
        """What its self-test depends on besides the kernel and this program; a changed text requires a new test."""
        ...

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it.

        Args:
            directory: The session's directory; created if it does not exist.
            limits: The limits of the session.
            interpreter: The Python that runs in it.

        Raises:
            SandboxError: It did not start.
        """
        ...
