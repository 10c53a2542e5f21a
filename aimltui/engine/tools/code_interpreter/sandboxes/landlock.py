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
    """A single process without children, confined by Landlock and a filter of system calls."""

    name = "landlock"

    def describe(self) -> Description:
        """The description of the sandbox."""
        return Description(
            "sandbox: reduced (no process isolation)",
            "Landlock and a system call filter around a single process, which can see the names of files and processes.",
            (
                *UNCOVERED,
                LOADS_ITS_OWN,
                "Code can find out whether a file exists, its size and when it changed, but cannot open it.",
                "Code can find out which process ids exist, but cannot read or signal the processes.",
                "Code cannot start other processes, and changing a file's mode, owner or time has no effect.",
                "The code's files have their real path, which contains your user name; /mnt/data is only another name for it.",
            ),
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
                "rules": plan.rules(
                    interpreter,
                    (*interpreter.paths, str(plan.KERNEL), str(plan.SEMAPHORES)),
                    (data, temporary),
                ),
                "limits": limits.of_one_process(extra),
            },
        )
        return plan.start(made)
