"""A sandbox built by bubblewrap, with Landlock and this program's system call filter inside."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import directory as place
from aimltui.engine.tools.code_interpreter.jailer import landlock
from aimltui.engine.tools.code_interpreter.jailer.mounts import Step
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes import plan
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description
from aimltui.engine.tools.code_interpreter.sandboxes.namespaces import (
    LOADS_ITS_OWN,
    UNCOVERED,
    without_landlock,
)

_CANDIDATES = ("/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap", "/run/current-system/sw/bin/bwrap")
_INNER = "import sys; sys.path.append(sys.argv[1]); from jailer.launch import inner; inner()"


def find_program() -> str | None:
    """A bubblewrap that only root can have installed; the shell's search path is not used."""
    return next((path for path in _CANDIDATES if _is_roots(Path(path))), None)


def _is_roots(path: Path) -> bool:
    real = Path(os.path.realpath(path))
    try:
        for part in (real, *real.parents):
            known = part.stat()
            if known.st_uid != 0 or known.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return False
    except OSError:
        return False
    return os.access(real, os.X_OK)


class Bubblewrap:
    """Namespaces created by bubblewrap, with Landlock and a system call filter inside."""

    name = "bubblewrap"

    def describe(self) -> Description:
        """The description of the sandbox."""
        return Description(
            "sandbox: bubblewrap",
            "bubblewrap's namespaces with a separate root directory, Landlock and a system call filter.",
            (*UNCOVERED, LOADS_ITS_OWN, *without_landlock()),
        )

    def available(self) -> Availability:
        """Whether bubblewrap is installed where only root can write."""
        if reason := plan.unsupported():
            return Availability(False, reason)
        if program := find_program():
            return Availability(True, f"bubblewrap is {program}.")
        return Availability(False, "bubblewrap is not installed (package bubblewrap).")

    def identity(self) -> str:
        """The program's hash."""
        program = find_program()
        return f"{plan.digest(program) if program else 'missing'} landlock {landlock.version()}"

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a jail with a kernel program in it."""
        program = find_program()
        if program is None:
            raise SandboxError("bubblewrap is no longer installed.")
        where = place.prepare(directory, own_id=True)
        made = plan.make("bubblewrap", where, limits, interpreter)
        inside = {
            key: made[key] for key in ("kind", "uid", "argv", "environment", "rules", "limits", "directory")
        }
        made["program"] = [
            program,
            *_namespace_flags(where.uid is not None),
            *_mount_flags(
                [*plan.steps(where, limits, interpreter), ("bind", str(plan.JAILER), plan.INSIDE_JAILER, 0)]
            ),
            *("--remount-ro", "/", "--chdir", "/", "--"),
            *(interpreter.executable, "-I", "-S", "-B", "-c", _INNER, "/jail", json.dumps(inside)),
        ]
        return plan.start(made)


def _namespace_flags(is_root: bool) -> list[str]:
    flags = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    flags += [
        "--hostname",
        "sandbox",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ]
    if is_root:
        # kept for the last steps inside, which change the user id and give these up
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            flags += ["--cap-add", name]
        return flags
    return [*flags, "--unshare-user", "--uid", "1000", "--gid", "1000"]


def _mount_flags(steps: list[Step]) -> list[str]:
    flags: list[str] = []
    made = {"/"}
    for what, source, target, size in steps:
        # bubblewrap would create them for its user only, and root's code has another user id
        for parent in [str(path) for path in reversed(Path(target).parents)]:
            if parent not in made:
                flags += ["--perms", "0755", "--dir", parent]
        made |= {target, *map(str, Path(target).parents)}
        match what:
            case "link":
                flags += ["--symlink", source, target]
            case "tmpfs":
                flags += ["--perms", "1777", "--size", str(size), "--tmpfs", target]
            case "work":
                flags += ["--bind", source, target]
            case "device":
                flags += ["--dev-bind", source, target]
            case _:
                flags += ["--ro-bind", source, target]
    return flags
