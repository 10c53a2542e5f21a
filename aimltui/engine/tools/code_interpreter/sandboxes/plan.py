"""Builds the plan for the keeper; shared by all kinds of sandbox on Linux."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files.directory import SessionDirectory
from aimltui.engine.tools.code_interpreter.jailer import landlock, mounts, syscalls
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter

HERE = Path(__file__).parent.parent
KERNEL = HERE / "guests" / "kernel.py"
JAILER = HERE / "jailer"
INSIDE_KERNEL = "/jail/kernel.py"
SEMAPHORES = KERNEL.with_name("semaphores.py")
INSIDE_SEMAPHORES = "/jail/semaphores.py"
INSIDE_JAILER = "/jail/jailer"
DATA = "/mnt/data"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

MINIMUM_LANDLOCK = 3
"""The first version of Landlock that restricts truncating files."""


def environment(temporary: str) -> dict[str, str]:
    """All environment variables of the code."""
    return {
        "HOME": temporary,
        "TMPDIR": temporary,
        "PATH": "/usr/bin:/bin",
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MPLBACKEND": "module://aimltui_figures",
        "MPLCONFIGDIR": f"{temporary}/matplotlib",
        # every thread needs memory, and on a large machine there would be more threads than the limit
        "OPENBLAS_NUM_THREADS": "4",
        "OMP_NUM_THREADS": "4",
    }


def arguments(interpreter: Interpreter, kernel: str, data: str) -> list[str]:
    """The command line of the kernel program."""
    return [interpreter.executable, "-I", "-B", "-X", "utf8", kernel, data]


def steps(place: SessionDirectory, limits: SandboxLimits, interpreter: Interpreter) -> list[mounts.Step]:
    """The mounts of the jail's root directory."""
    return [
        ("tmpfs", "", "/tmp", limits.temporary_bytes),  # noqa: S108  # the jail's own
        ("work", str(place.files), DATA, 0),
        *(("link", says, where, 0) for where, says in interpreter.links),
        *(("bind", path, path, 0) for path in interpreter.paths),
        ("bind", str(KERNEL), INSIDE_KERNEL, 0),
        ("bind", str(SEMAPHORES), INSIDE_SEMAPHORES, 0),
        *(("device", path, path, 0) for path in DEVICES),
        ("link", "/tmp", "/dev/shm", 0),  # noqa: S108  # shared memory of multiprocessing
    ]


def rules(interpreter: Interpreter, read: tuple[str, ...], work: tuple[str, ...]) -> list[tuple[str, int]]:
    """The rules of Landlock for the same files; they also say what can be executed."""
    device = landlock.READ_FILE | landlock.WRITE_FILE
    return [
        *((path, landlock.READ) for path in read),
        *((path, landlock.WORK) for path in work),
        *((path, device) for path in DEVICES),
        *((path, landlock.READ | landlock.EXECUTE) for path in interpreter.programs),
    ]


def make(
    kind: str,
    place: SessionDirectory,
    bounds: SandboxLimits,
    interpreter: Interpreter,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The plan of a jail; `more` replaces and adds entries for a kind of sandbox."""
    return {
        "kind": kind,
        "uid": place.uid,
        "directories": [str(place.files)],
        "root": str(place.root),
        "directory": DATA,
        "argv": arguments(interpreter, INSIDE_KERNEL, DATA),
        "environment": environment("/tmp"),  # noqa: S108
        "rules": rules(interpreter, ("/",), (DATA, "/tmp")),  # noqa: S108
        "steps": [],
        "limits": bounds.of_one_process(0 if counts_by_namespace() or place.uid else running_tasks()),
        "watch": bounds.of_the_tree(),
    } | dict(more or {})


def start(plan: dict[str, Any]) -> Jail:
    """Start a jail.

    Raises:
        SandboxError: It did not start.
    """
    return Jail(plan)


def unsupported() -> str | None:
    """A sentence about why no sandbox of Linux can work here; None if one may."""
    if platform.system() != "Linux":
        return "This is not Linux."
    if syscalls.machine() is None:
        return f"The filter does not know the system calls of this processor ({platform.machine()})."
    if not Path("/proc/self/task").is_dir():
        return "There is no /proc, so the code's use of memory cannot be measured."
    return None


@cache
def counts_by_namespace() -> bool:
    """Whether the limit of processes counts only those of the jail, as since Linux 5.14."""
    release = platform.release().split("-")[0].split(".")
    try:
        return (int(release[0]), int(release[1])) >= (5, 14)
    except (IndexError, ValueError):
        return False


def running_tasks() -> int:
    """The number of this user's threads, as the limit of processes counts them."""
    uid, total = os.getuid(), 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    total += len(os.listdir(f"/proc/{entry.name}/task"))
            except OSError:
                continue
    return total


def digest(path: str) -> str:
    """A file's hash, to identify a tested program.

    Raises:
        SandboxError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SandboxError(f"{path} cannot be read: {error.strerror}") from error
