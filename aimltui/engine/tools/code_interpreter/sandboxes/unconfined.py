"""No sandbox: used only if none works and the user has agreed, with a question before every run."""

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
"""The number of processes is not limited, because all processes of the user would count."""


class Unconfined:
    """A process group with limits, a separate directory and environment, and no other protection."""

    name = "unconfined"

    def describe(self) -> Description:
        """The description of what it does and does not do."""
        return Description(
            "NO SANDBOX, you approve each run",
            "A process group with limits, a separate directory and a cleaned environment; no protection.",
            (
                "Code runs with your rights: it can read, change and delete your files.",
                "Code can use the network, so it can send away what it reads.",
                "Code can start processes that continue after it is stopped.",
                "Only the memory of each process, the size of each file and the time are limited.",
            ),
            is_confined=False,
        )

    def available(self) -> Availability:
        """Always available."""
        return Availability(True, "Processes can be started.")

    def identity(self) -> str:
        """Empty, because there is no self-test."""
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
