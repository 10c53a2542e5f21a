"""Turns a forked process into the kernel program inside the jail."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from . import landlock, mounts, seccomp, system
from .control import take_descriptors

_NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
"""Mounts, cgroups, names of the host, SysV IPC, processes, network."""
_NEW_USERS = 0x10000000
_INSIDE_ID = 1000
_FAILED = 111


def jail(plan: dict[str, Any]) -> NoReturn:
    """Become the jail's first process; never returns.

    Args:
        plan: The plan from the sandbox; see `sandboxes.plan`.
    """
    try:
        take_descriptors(plan["descriptors"])
        _first_to_die()
        system.die_with_parent()
        match plan["kind"]:
            case "bubblewrap":
                os.execve(plan["program"][0], plan["program"], {})  # noqa: S606  # no shell is the point
            case "namespaces":
                _namespaces(plan)
            case _:
                os.setsid()
                os.chdir(plan["directory"])
                walls(plan)
                _run(plan)
    except BaseException as error:
        os.write(2, f"The jail could not be built: {error}\n".encode(errors="replace"))
    os._exit(_FAILED)


def inner() -> NoReturn:
    """Do the last steps inside bubblewrap's jail; the plan is the last argument of the program."""
    plan = json.loads(sys.argv[-1])
    try:
        walls(plan)
        _run(plan)
    except BaseException as error:
        os.write(2, f"The walls inside the jail could not be built: {error}\n".encode(errors="replace"))
    os._exit(_FAILED)


def walls(plan: dict[str, Any]) -> None:
    """Give up privileges, files and system calls permanently."""
    system.drop_bounds()
    if plan["uid"] is not None:
        system.become(plan["uid"])
        # the kernel resets this when the user id changes
        system.die_with_parent()
    system.drop_capabilities()
    if landlock.version():
        landlock.enforce([(path, right) for path, right in plan["rules"]])
    elif plan["kind"] == "landlock":
        raise OSError("this kernel has no Landlock")
    is_alone = plan["kind"] == "landlock"
    # an older Landlock does not restrict signals
    kill_only = os.getpid() if is_alone and landlock.version() < 6 else None
    seccomp.enforce(seccomp.program(seccomp.rules(is_alone=is_alone, kill_only=kill_only)))


def _first_to_die() -> None:
    # if the machine runs out of memory, the system ends this process first
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _namespaces(plan: dict[str, Any]) -> NoReturn:
    uid, gid = os.geteuid(), os.getegid()
    if plan["uid"] is None:
        system.unshare(_NEW_NAMESPACES | _NEW_USERS)
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{_INSIDE_ID} {uid} 1"),
            ("gid_map", f"{_INSIDE_ID} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line)
    else:
        system.unshare(_NEW_NAMESPACES)
    first = os.fork()
    if first:
        os.closerange(0, 100)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0x7F)
    try:
        _inside(plan)
    except BaseException as error:
        os.write(2, f"The jail could not be built: {error}\n".encode(errors="replace"))
    os._exit(_FAILED)


def _inside(plan: dict[str, Any]) -> None:
    """Be process 1 of the jail: set up the restrictions, start the kernel program and reap dead children."""
    system.die_with_parent()
    mounts.build(plan["root"], [(what, source, target, size) for what, source, target, size in plan["steps"]])
    os.chdir(plan["directory"])
    walls(plan)
    kernel = os.fork()
    if not kernel:
        system.die_with_parent()
        os.setsid()
        _run(plan)
    system.prctl(system.PR_SET_DUMPABLE, 0)
    os.closerange(0, 100)
    while True:
        pid, status = os.wait()
        if pid == kernel:
            os._exit(os.waitstatus_to_exitcode(status) & 0x7F)


def _run(plan: dict[str, Any]) -> NoReturn:
    os.umask(0o077)
    system.set_limits(plan["limits"])
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606  # no shell is the point
