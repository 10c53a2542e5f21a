"""Reads files in processes with limits of time and memory: documents are hostile input."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from aimltui.engine.extraction.document import Document
from aimltui.engine.extraction.frames import HEADER, MAX_FRAME, Assembly, Garbled
from aimltui.engine.extraction.limits import (
    INVALID_FILE,
    READING_FAILED,
    ReadingLimits,
    Stopped,
    Unreadable,
)

Progress = Callable[[int, int], None]
"""Called with the parts that were read (pages, sheets) and their number, 0 if that is unknown."""

_PIECE = 1 << 18
_STOP_S = 2.0
"""Seconds for the process to end by itself."""
_PASSED: Final = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "PYTHONPATH",
    "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV",
)  # fmt: skip
"""Variables that the process gets; keys are not among them."""


class ReaderProcesses:
    """Reads each file in a new process, forked from one that starts with the first file. For worker threads.

    Args:
        limits: What each process may use.
    """

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        self._lock = threading.Lock()
        self._host: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_closed = False

    def read(
        self,
        path: Path,
        filename: str,
        progress: Progress = lambda done, total: None,
        encoding: str = "",
    ) -> Document:
        """Read the text of a file.

        Args:
            path: The file.
            filename: Its name, whose suffix helps to tell its type.
            progress: Told while the file is read.
            encoding: The encoding of a text; empty to recognise it.

        Raises:
            Unreadable: The file has no readable text; the message says why.
            Stopped: The processes were closed.
            OSError: The file cannot be read.
        """
        with path.open("rb") as source:
            return self._read(source, {"filename": filename, "encoding": encoding}, progress)

    def read_content(self, content: bytes, kind: str) -> Document:
        """Read the text of bytes in memory whose type is known.

        Args:
            content: The whole file.
            kind: `page` or `plain`; no other reader meets the content.

        Raises:
            Unreadable: There is no readable text; the message says why.
            Stopped: The processes were closed.
            OSError: The content cannot be given to the process.
        """
        with tempfile.TemporaryFile() as source:
            source.write(content)
            source.flush()
            return self._read(
                source, {"filename": "", "encoding": "", "kind": kind}, lambda done, total: None
            )

    def _read(self, source: IO[bytes], about: dict[str, Any], progress: Progress) -> Document:
        asked = {**about, **asdict(self._limits)}
        failed: subprocess.Popen[bytes] | None = None
        for _ in range(2):
            assembly = Assembly()
            host = self._ready(failed)
            document = self._ask(source.fileno(), asked, progress, assembly)
            if document is not None:
                return document
            if self._is_closed:
                raise Stopped
            if assembly.is_started:
                break
            # the process that forks had ended, as it does after a while without work
            failed = host
        raise Unreadable(INVALID_FILE, READING_FAILED)

    def close(self) -> None:
        """End all processes. Who waits for a document gets `Stopped`."""
        with self._lock:
            self._is_closed = True
            self._end()

    def _ask(
        self, source: int, asked: dict[str, Any], progress: Progress, assembly: Assembly
    ) -> Document | None:
        """Return the document; None if the process ended without an answer."""
        incoming, outgoing = os.pipe()
        try:
            try:
                self._request(asked, source, outgoing)
            finally:
                os.close(outgoing)
            for line in _lines(incoming):
                answer = assembly.take(line)
                if isinstance(answer, Document):
                    return answer
                if answer is not None:
                    progress(*answer)
        except Garbled:
            assembly.is_started = True
        finally:
            os.close(incoming)
        return None

    def _request(self, asked: dict[str, Any], source: int, outgoing: int) -> None:
        content = json.dumps(asked).encode()
        with self._lock:
            if self._control is None:
                raise Stopped
            # a process that has just ended: nothing begins, and the caller tries again
            with suppress(BrokenPipeError, ConnectionResetError):
                socket.send_fds(self._control, [HEADER.pack(len(content))], [source, outgoing])
                self._control.sendall(content)

    def _ready(self, failed: subprocess.Popen[bytes] | None) -> subprocess.Popen[bytes]:
        """Return the process that forks, another one than that which failed."""
        with self._lock:
            if self._is_closed:
                raise Stopped
            if self._host is None or self._host is failed or self._host.poll() is not None:
                self._end()
                self._host = self._start()
            return self._host

    def _start(self) -> subprocess.Popen[bytes]:
        ours, theirs = socket.socketpair()
        with theirs:
            host = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "aimltui.engine.extraction.host", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env={name: os.environ[name] for name in _PASSED if name in os.environ},
            )
        self._control = ours
        return host

    def _end(self) -> None:
        if self._control is not None:
            # it ends with its socket, and ends the processes that read files
            self._control.close()
            self._control = None
        if self._host is not None:
            try:
                self._host.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._host.pid, signal.SIGKILL)
                self._host.wait()
            self._host = None


def _lines(descriptor: int) -> Iterator[bytes]:
    """Yield the lines of a pipe.

    Raises:
        Garbled: A line is too long.
    """
    pending = bytearray()
    while piece := os.read(descriptor, _PIECE):
        pending += piece
        *lines, rest = pending.split(b"\n")
        yield from map(bytes, lines)
        pending = rest
        if len(pending) > MAX_FRAME:
            raise Garbled
