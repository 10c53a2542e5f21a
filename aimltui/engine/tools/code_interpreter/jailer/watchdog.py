"""Measures what a tree of processes uses, because resource limits apply to single processes only."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Process:
    """One process as `/proc` shows it."""

    pid: int
    is_stopped: bool
    is_dead: bool
    cpu_s: float
    """Processor time in seconds, including that of its reaped children."""
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The disk usage of directories."""

    used_bytes: int
    files: int
    complaint: str | None
    """Why the directories could not be measured completely; None if they could."""


def descendants(pid: int) -> list[int]:
    """The descendants of a process, without itself, parents before children."""
    found: list[int] = []
    todo = [pid]
    while todo:
        for child in _children(todo.pop()):
            found.append(child)
            todo.append(child)
    return found


def look(pid: int) -> Process | None:
    """The state of a process; None if it no longer exists."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    state, ticks = fields[0], sum(int(value) for value in fields[11:15])
    return Process(pid, state in b"Tt", state in b"ZX", ticks / _TICK, int(fields[21]) * _PAGE)


def memory(processes: list[Process], limit_bytes: int) -> int:
    """Bytes of memory that the processes use together; shared pages are counted once only if the limit is exceeded."""
    total = sum(process.resident_bytes for process in processes)
    return total if total <= limit_bytes else sum(_own_memory(process) for process in processes)


def disk(directories: list[str], pids: list[int], most_files: int) -> Usage:
    """The disk usage of the files in directories, including deleted files that are still open."""
    used = files = 0
    complaint = None
    try:
        for directory in directories:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            for size in _sizes(os.open(directory, flags), 0):
                used, files = used + size, files + 1
                if files > most_files:
                    break
    except OSError as error:
        complaint = error.strerror or str(error)
    return Usage(used + sum(_deleted(pids).values()), files, complaint)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may no longer exist."""
    with suppress(OSError):
        os.kill(pid, number)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for task in tasks:
        with suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
            found += [int(child) for child in file.read().split()]
    return found


def _own_memory(process: Process) -> int:
    # a forked process shares most of its pages; reading this is slow and may not be permitted
    with suppress(OSError), open(f"/proc/{process.pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return process.resident_bytes


def _sizes(directory: int, depth: int) -> Iterator[int]:
    """Yield the bytes on the disk of each entry; close the descriptor."""
    if depth > _DEEPEST:
        os.close(directory)
        raise OSError(0, "directories are nested too deeply")
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    known = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield known.st_blocks * 512
                if stat.S_ISDIR(known.st_mode):
                    yield from _sizes(_open_directory(entry.name, directory), depth + 1)
    finally:
        os.close(directory)


def _open_directory(name: str, parent: int) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, dir_fd=parent)


def _deleted(pids: list[int]) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            numbers = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for number in numbers:
            with suppress(OSError):
                known = os.stat(f"/proc/{pid}/fd/{number}")
                if stat.S_ISREG(known.st_mode) and known.st_nlink == 0:
                    found[known.st_dev, known.st_ino] = known.st_blocks * 512
    return found
