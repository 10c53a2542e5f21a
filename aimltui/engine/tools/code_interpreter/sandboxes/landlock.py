"""Landlock and a system call filter without namespaces, for systems that forbid these."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.engine.tools.code_interpreter.files import directory as place
from aimltui.engine.tools.code_interpreter.jailer import landlock
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes import plan
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description
from aimltui.engine.tools.code_interpreter.sandboxes.namespaces import LOADS_ITS_OWN, UNCOVERED


class Reduced:
    """One process, without a child, that Landlock and a filter of system calls keep in."""

    name = "landlock"

    def describe(self) -> Description:
        """The sandbox in words."""
        return Description(
            "sandbox: reduced (no process isolation)",
            "Landlock and a system call filter around a single process; the system's own view stays visible.",
            (
                *UNCOVERED,
                LOADS_ITS_OWN,
                "Code can ask whether a file of yours exists, how large it is and when it changed; it cannot open it.",
                "Code can ask which process numbers exist; it cannot read or signal them.",
                "Code cannot start other processes, and changes of a file's mode, owner or time do nothing.",
                "The code's files lie at their real path, which tells your user name; /mnt/data is only a name for it.",
            ),
            is_reduced=True,
        )

    def available(self) -> Availability:
        """Whether the kernel's Landlock is new enough."""
        if reason := plan.unsupported():
            return Availability(False, reason)
        version = landlock.version()
        if version < plan.MINIMUM_LANDLOCK:
            return Availability(False, f"The kernel's Landlock is missing or too old (version {version}).")
        return Availability(True, f"The kernel's Landlock has version {version}.")

    def identity(self) -> str:
        """The version of Landlock."""
        return f"landlock {landlock.version()}"

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it."""
        where = place.prepare(Path(os.path.realpath(directory)), own_id=False)
        data, temporary = str(where.files), str(where.temporary)
        extra = 0 if os.geteuid() == 0 else plan.running_tasks()
        made = plan.make(
            "landlock",
            where,
            limits,
            interpreter,
            {
                "directory": data,
                "directories": [data, temporary],
                "argv": plan.arguments(interpreter, str(plan.KERNEL), data),
                "environment": plan.environment(temporary),
                "rules": plan.rules(interpreter, (*interpreter.paths, str(plan.KERNEL)), (data, temporary)),
                "limits": limits.of_one_process(extra),
            },
        )
        return plan.start(made)
