"""What every kind of sandbox can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter


@dataclass(frozen=True, slots=True)
class Description:
    """A sandbox in words."""

    label: str
    """For a status line."""
    walls: str
    """What it is made of, in a sentence."""
    uncovered: tuple[str, ...]
    """What it does not keep out, a sentence each."""
    packages: str = ""
    """What can be imported, in a sentence for a model, where the sandbox has a Python of its own."""
    is_confined: bool = True
    """False: nothing is kept out, and the user has to agree to every run."""
    is_reduced: bool = False
    """It keeps files and the network away, and no more than that."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a sandbox could work on this machine; only the self-test says that it does."""

    is_available: bool
    reason: str
    """What was found, or what is missing, in a sentence."""


class Sandbox(Protocol):
    """A kind of jail for a model's code.

    It promises: no network, no sockets of the machine; nothing of the home, of the program's settings, its database, other
    sessions, and of the program's environment and memory; an interpreter that cannot be written to; /mnt/data and /tmp
    to write; limits; and that everything in it ends when told to, or when the program ends. What it cannot promise its
    description says.
    """

    name: str
    """As a configuration file writes it."""

    def describe(self) -> Description:
        """The sandbox in words."""
        ...

    def available(self) -> Availability:
        """Whether what it is made of is there; cheap, and no proof."""
        ...

    def identity(self) -> str:
        """What its self-test depends on beside the kernel and this program: another text asks for another test."""
        ...

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it.

        Args:
            directory: The session's own; it is made if it is missing.
            limits: What it may use.
            interpreter: The Python that runs in it.

        Raises:
            SandboxError: It did not start.
        """
        ...
