"""The process that forks a process for each file to read, and what such a process does.

Starting an interpreter for each file would cost more than most files; a fork costs a few milliseconds. No byte of a
document is read before the fork. The engine sends requests over a socket, with two descriptors: the file, and a pipe
for the answer. The process ends with the socket.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, BinaryIO, Final

from aimltui.engine.extraction.extract import extract, suffix_of
from aimltui.engine.extraction.frames import HEADER, encode, frames
from aimltui.engine.extraction.limits import INVALID_FILE, OUT_OF_MEMORY, READING_FAILED, Budget, Unreadable

_IDLE_S = 60.0
"""Seconds without a request after which the process ends; the engine starts another when it needs one."""
_DOCUMENT, _ANSWER, _LIFE = 3, 4, 5
_MAX_WRITTEN = 256 * 1024 * 1024
"""The limit for a file that a reading process writes, in bytes: pictures of pages for tesseract."""
_WIDEST = 256
"""Descriptors that a process may have on every system; the host has a handful."""
_PRELOADED: Final = {
    "pdf": "pypdfium2",
    "xlsx": "python_calamine",
    "xlsm": "python_calamine",
    "xls": "python_calamine",
    "ods": "python_calamine",
    "eml": "aimltui.engine.extraction.mail",
    "mbox": "aimltui.engine.extraction.mail",
    "rtf": "striprtf.striprtf",
}
"""Packages that are imported before the fork by the file's suffix, so that the next file of this type has them."""


def main(arguments: list[str]) -> int:
    """Serve requests from the socket with this descriptor until it closes."""
    with socket.socket(fileno=int(arguments[0])) as control:
        control.settimeout(None)
        _Host(control).serve()
    return 0


class _Host:
    """Forks a process for each request."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._answers: dict[int, tuple[int, int]] = {}
        """For each pipe that closes with a process: the process, and the pipe of its answer."""

    def serve(self) -> None:
        while True:
            ready = self._selector.select(None if self._answers else _IDLE_S)
            if not ready and not self._answers:
                return
            for key, _ in ready:
                if key.fileobj is not self._control:
                    self._bury(key.fd)
                elif not self._accept():
                    for pid, _ in self._answers.values():
                        _kill(pid)
                    return

    def _accept(self) -> bool:
        header, descriptors, _, _ = socket.recv_fds(self._control, HEADER.size, 2)
        if len(header) < HEADER.size or len(descriptors) < 2:
            return False
        (length,) = HEADER.unpack(header)
        content = b""
        while len(content) < length:
            piece = self._control.recv(length - len(content))
            if not piece:
                return False
            content += piece
        self._fork(json.loads(content), *descriptors)
        return True

    def _fork(self, request: dict[str, Any], document: int, answer: int) -> None:
        with suppress(ImportError):
            importlib.import_module(_PRELOADED.get(suffix_of(request["filename"]), "json"))
        life, held = os.pipe()
        pid = os.fork()
        if pid == 0:
            _read_and_exit(request, document, answer, held)
        os.close(document)
        os.close(held)
        self._selector.register(life, selectors.EVENT_READ)
        self._answers[life] = (pid, answer)

    def _bury(self, life: int) -> None:
        self._selector.unregister(life)
        os.close(life)
        pid, answer = self._answers.pop(life)
        _, status = os.waitpid(pid, 0)
        # what it has started, tesseract for example
        _kill(pid)
        with suppress(OSError):
            os.write(answer, encode({"ended": os.waitstatus_to_exitcode(status)}))
        os.close(answer)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _read_and_exit(request: dict[str, Any], document: int, answer: int, held: int) -> None:
    """Read a file in the new process. It never returns."""
    status = 1
    try:
        os.setpgid(0, 0)
        _keep_only(document, answer, held)
        _limit(request)
        with os.fdopen(_ANSWER, "wb") as target, os.fdopen(_DOCUMENT, "rb") as source:
            _answer(request, source, target)
        status = 0
    except BrokenPipeError:
        # the engine no longer waits
        status = 0
    finally:
        os._exit(status)


def _keep_only(document: int, answer: int, held: int) -> None:
    """Close what belongs to the other files and to the engine."""
    # first out of the way of the final numbers
    aside = range(_WIDEST - 3, _WIDEST)
    for descriptor, place in zip((document, answer, held), aside, strict=True):
        os.dup2(descriptor, place)
    for place, number in zip(aside, (_DOCUMENT, _ANSWER, _LIFE), strict=True):
        os.dup2(place, number, inheritable=False)
    os.closerange(_LIFE + 1, _WIDEST)


def _limit(request: dict[str, Any]) -> None:
    """Set the limits that the kernel enforces."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    total = int(request["total_s"] + request["grace_s"]) + 1
    for kind, most in (
        (resource.RLIMIT_CPU, total),
        (resource.RLIMIT_AS, int(request["memory_bytes"])),
        (resource.RLIMIT_FSIZE, _MAX_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows some of them only by name
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def _answer(request: dict[str, Any], source: BinaryIO, target: BinaryIO) -> None:
    def say(frame: dict[str, Any]) -> None:
        target.write(encode(frame))
        target.flush()

    clock = _Clock(request["seconds"], request["total_s"], request["grace_s"])

    def report(done: int, total: int) -> None:
        spend.extend(clock.start())
        if clock.is_due() or done == total:
            say({"read": [done, total]})

    spend = Budget(clock.start(), report=report)
    say({"started": True})
    try:
        document = extract(source, request["filename"], spend, request["encoding"], request.get("kind", ""))
        for frame in frames(document):
            say(frame)
    except Unreadable as refusal:
        say({"refused": [refusal.code, refusal.message]})
    except MemoryError:
        say({"refused": [INVALID_FILE, OUT_OF_MEMORY]})
    except BrokenPipeError:
        raise
    except OSError as trouble:
        say({"trouble": trouble.strerror or str(trouble)})
    except Exception:
        # whatever a hostile document causes in a reader
        say({"refused": [INVALID_FILE, READING_FAILED]})


class _Clock:
    """The time limits of a file, also for code that cannot be interrupted."""

    def __init__(self, seconds: float, total_s: float, grace_s: float) -> None:
        self._seconds = seconds
        self._grace_s = grace_s
        self._end = time.monotonic() + total_s
        self._told = 0.0

    def start(self) -> float:
        """Begin the time without progress once more; return its end by `time.monotonic`."""
        now = time.monotonic()
        end = min(now + self._seconds, self._end)
        signal.setitimer(signal.ITIMER_REAL, max(0.1, end - now + self._grace_s))
        return end

    def is_due(self) -> bool:
        """Return whether progress was told long enough ago to tell it again."""
        now = time.monotonic()
        if now - self._told < 0.2:
            return False
        self._told = now
        return True


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
