"""A jail from the kernel's own namespaces; nothing has to be installed."""

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

_SWITCHES = (
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
)

UNCOVERED = (
    "The jail shares the kernel with this machine: a hole in the kernel itself would let code out.",
    "The filter of system calls lists what is forbidden; a call that a newer kernel brings is not on the list.",
    "Memory and processes are looked at every 100 ms, files every 250 ms: for a moment code can use more than it may.",
    "Code can use the processor, and can see what kind of machine this is and what the system's libraries are.",
)
LOADS_ITS_OWN = (
    "Code can load a library that it wrote itself into its own process (dlopen), though not execute it as a program; "
    "it is behind the same walls."
)


def without_landlock() -> tuple[str, ...]:
    """What is missing where the kernel has no Landlock."""
    if landlock.version():
        return ()
    return (
        "This kernel has no Landlock: files that the code makes in /mnt/data could be executed in the jail.",
    )


class Namespaces:
    """Users, mounts, processes, network, IPC and names of its own; Landlock and a system call filter inside."""

    name = "namespaces"

    def describe(self) -> Description:
        """The sandbox in words."""
        return Description(
            "sandbox: namespaces",
            "Linux namespaces with a root directory of their own, Landlock and a system call filter, made by this program.",
            (*UNCOVERED, *without_landlock()),
        )

    def available(self) -> Availability:
        """Whether this machine lets a user make namespaces, as far as its switches say."""
        if reason := plan.unsupported():
            return Availability(False, reason)
        if os.geteuid() != 0:
            for file, closed in _SWITCHES:
                try:
                    value = Path(file).read_text().strip()
                except OSError:
                    continue
                if value == closed:
                    return Availability(
                        False, f"This system does not let users make namespaces ({file} is {value})."
                    )
        return Availability(True, "The system's switches allow namespaces.")

    def identity(self) -> str:
        """Nothing beside the kernel."""
        return f"landlock {landlock.version()}"

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it."""
        where = place.prepare(directory, own_id=True)
        made = plan.make(
            "namespaces", where, limits, interpreter, {"steps": plan.steps(where, limits, interpreter)}
        )
        return plan.start(made)
