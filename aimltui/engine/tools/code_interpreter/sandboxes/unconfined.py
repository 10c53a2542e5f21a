"""No sandbox at all: the last resort where none holds, only after the user has agreed, and asked before every run."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.engine.tools.code_interpreter.files import directory as place
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes import plan
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description

_BOUNDS = ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_STACK")
"""The number of processes is none of them: it would count all of the user's."""


class Unconfined:
    """A process group with limits, a directory and an environment of its own; no wall."""

    name = "unconfined"

    def describe(self) -> Description:
        """What it is, and what it is not."""
        return Description(
            "NO SANDBOX, each run is asked for",
            "a process group with limits, its own directory and a cleaned environment: no wall.",
            (
                "Code runs with your rights: it can read, change and delete your files.",
                "Code can use the network, so what it reads it can send away.",
                "Code can start processes that live on when it is stopped.",
                "Only the memory of each single process, the size of a file and the time are limited.",
            ),
            is_confined=False,
        )

    def available(self) -> Availability:
        """Always: it needs nothing but processes."""
        return Availability(True, "Processes can be started.")

    def identity(self) -> str:
        """Nothing to be tested."""
        return ""

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a kernel program.

        Raises:
            SandboxError: It did not start.
        """
        where = place.prepare(Path(os.path.realpath(directory)), own_id=False)
        data = str(where.files)
        bounds = limits.of_one_process(0)
        made = {
            "kind": self.name,
            "directory": data,
            "argv": plan.arguments(interpreter, str(plan.KERNEL), data),
            "environment": plan.environment(str(where.temporary)),
            "limits": {name: bounds[name] for name in _BOUNDS},
        }
        return Jail(made, keeper="plain")
