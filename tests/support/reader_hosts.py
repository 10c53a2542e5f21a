"""Hands the process that forks the readers of files from one engine of the tests to the next.

A user has one engine; the tests have thousands, and each would start such an interpreter for its first file. What the
tests judge is the same: the process keeps nothing of a file or of an engine.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aimltui.engine.extraction.processes import ReaderProcesses

_FRESH_S = 30.0
"""Seconds without a request after which a process is not used again: it ends by itself after 60."""


class SharedHosts:
    """Replaces how `ReaderProcesses` starts and ends its process."""

    def __init__(self) -> None:
        self._free: list[tuple[float, subprocess.Popen[bytes], socket.socket]] = []
        self._reading: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._read, self._start, self._end = (
            ReaderProcesses._read,
            ReaderProcesses._start,
            ReaderProcesses._end,
        )

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Share the processes; those that are free end with it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ReaderProcesses, "_read", lambda readers, *given: self.read(readers, *given))
            patch.setattr(ReaderProcesses, "_start", lambda readers: self.start(readers))
            patch.setattr(ReaderProcesses, "_end", lambda readers: self.end(readers))
            yield
        while self._free:
            self._drop(*self._free.pop()[1:])

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Do it as the program does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ReaderProcesses, "_read", self._read)
            patch.setattr(ReaderProcesses, "_start", self._start)
            patch.setattr(ReaderProcesses, "_end", self._end)
            yield

    def read(self, readers: ReaderProcesses, *given: Any) -> Any:
        with self._lock:
            self._reading[id(readers)] += 1
        try:
            return self._read(readers, *given)
        finally:
            with self._lock:
                self._reading[id(readers)] -= 1

    def start(self, readers: ReaderProcesses) -> subprocess.Popen[bytes]:
        while self._free:
            since, host, control = self._free.pop()
            if time.monotonic() - since < _FRESH_S and host.poll() is None:
                readers._control = control
                return host
            self._drop(host, control)
        return self._start(readers)

    def end(self, readers: ReaderProcesses) -> None:
        host, control = readers._host, readers._control
        # one that reads for an engine which closes has to end
        if host is None or control is None or host.poll() is not None or self._reading[id(readers)]:
            self._end(readers)
            return
        readers._host = readers._control = None
        self._free.append((time.monotonic(), host, control))

    def _drop(self, host: subprocess.Popen[bytes], control: socket.socket) -> None:
        readers = ReaderProcesses()
        readers._host, readers._control = host, control
        self._end(readers)
