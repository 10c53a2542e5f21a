"""A sandbox made of the kernel's namespaces; nothing must be installed."""

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
    "The sandbox shares the kernel with this machine: code could escape through a kernel bug.",
    "The system call filter blocks a list of calls; system calls of newer kernels are not on it.",
    "Memory and processes are checked every 100 ms, files every 250 ms: code can exceed a limit for a moment.",
    "Code can use the processor, and can see the kind of this machine and the system's libraries.",
)
LOADS_ITS_OWN = (
    "Code can load a library that it wrote itself into its process (dlopen), but not execute it as a program; the "
    "library is in the same sandbox."
)


def without_landlock() -> tuple[str, ...]:
    """The sentence about a kernel without Landlock."""
    if landlock.version():
        return ()
    return (
        "This kernel has no Landlock: files that the code creates in /mnt/data can be executed in the sandbox.",
    )


class Namespaces:
    """Separate namespaces for users, mounts, processes, network, IPC and names, with Landlock and a filter inside."""

    name = "namespaces"

    def describe(self) -> Description:
        """The description of the sandbox."""
        return Description(
            "sandbox: namespaces",
            "Linux namespaces with a separate root directory, Landlock and a system call filter, created by this program.",
            (*UNCOVERED, *without_landlock()),
        )

    def available(self) -> Availability:
        """Whether the system's settings let a user create namespaces."""
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
                        False, f"This system does not let users create namespaces ({file} is {value})."
                    )
        return Availability(True, "The system's settings allow namespaces.")

    def identity(self) -> str:
        """The version of Landlock."""
        return f"landlock {landlock.version()}"

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it."""
        where = place.prepare(directory, own_id=True)
        made = plan.make(
            "namespaces", where, limits, interpreter, {"steps": plan.steps(where, limits, interpreter)}
        )
        return plan.start(made)
