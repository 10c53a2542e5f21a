"""What kind of system this is: the code interpreter asks nobody else."""

from __future__ import annotations

import ctypes
import os
import subprocess
from typing import Any

NAME = os.name
"""`posix` or `nt`."""
_KEPT = ("SYSTEMROOT", "COMSPEC", "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432")
"""Without these Windows does not find its own libraries, and Python does not know which processor it runs on."""
_SYNCHRONIZE = 0x00100000
_ACCESS_DENIED = 5
_STILL_RUNS = 0x102


def is_posix() -> bool:
    """Whether there are process groups, signals, and descriptors that can be handed on."""
    return NAME == "posix"


def has_descriptors_of_directories() -> bool:
    """Whether files can be opened beneath a directory that is open, without following links."""
    return is_posix() and hasattr(os, "O_NOFOLLOW")


def user_id() -> int:
    """The user's number; 0 is root, and -1 is a system without such numbers."""
    return os.geteuid() if is_posix() else -1


def is_running(pid: int) -> bool:
    """Whether there is a process of this number; in doubt there is."""
    if not is_posix():
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def bare_environment() -> dict[str, str]:
    """The variables without which no program starts here: mostly none."""
    return {} if is_posix() else {name: os.environ[name] for name in _KEPT if name in os.environ}


def apart() -> dict[str, Any]:
    """How `Popen` starts a program that does not hear what is typed into this program's terminal."""
    if is_posix():
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}


def long_path(path: str | os.PathLike[str]) -> str:
    """A path that may have any length: code can put directories into one another."""
    plain = os.path.abspath(path)
    return plain if is_posix() or os.sep == "/" or plain.startswith("\\\\") else f"\\\\?\\{plain}"


def _is_running_on_windows(pid: int) -> bool:
    # os.kill would send ctrl+c there
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        return True
    kernel = load("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, pid)
    if not handle:
        return bool(ctypes.get_last_error() == _ACCESS_DENIED)  # type: ignore[attr-defined]
    try:
        return bool(kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == _STILL_RUNS)
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
