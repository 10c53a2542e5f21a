"""The program around a Python in WebAssembly on a system without POSIX: host and keeper in one process.

Lines of JSON on its standard input tell it what to do, and when they end, the program is gone, and it ends, too. On its
output it sends pieces: a letter for what it is, four bytes of length, and the content. It bounds what the guest uses;
when that is too much, it ends, and its exit status says why. Nothing is lost by that: the guest could not go on in any
case, and there are no other processes.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, NoReturn

from aimltui.engine.tools.code_interpreter.files import without_descriptors as bypath
from aimltui.engine.tools.code_interpreter.guests import wasm_host
from aimltui.engine.tools.code_interpreter.limits import Limits

STDOUT, STDERR, EVENTS, FROZEN = b"o", b"e", b"k", b"f"
"""What a piece is: printed, complained, the kernel program's answers, or the word that the guest waits."""
OVER_TIME, OVER_CPU, OVER_FILES, OVER_DISK, NO_MEASURE, NO_ROOM, INTERRUPTED = range(64, 71)
"""Exit statuses; the guest itself cannot have one of them."""
_TICK_S = 0.05
_LEAST_FREE = 128 << 20
_PIECE = 65536
_TOGETHER_S = 0.01
"""Output of so much time may go out together."""


def main() -> None:
    """Serve until somebody says that it is over."""
    told = sys.stdin.buffer
    sys.stdout = sys.stderr
    Host(json.loads(told.readline()), told).run()


class Host:
    """One guest.

    Args:
        plan: What `wasm_host` needs, and the limits.
        told: The lines of JSON.
    """

    def __init__(self, plan: Mapping[str, Any], told: BinaryIO) -> None:
        self._plan = plan
        self._told = told
        self._limits = Limits(**plan["limits"])
        self._asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        self._writing = threading.Lock()
        self._kept, self._kept_kind = bytearray(), STDOUT
        self._has_kept = threading.Event()
        self._quiet_until = 0.0
        self._state = threading.Lock()
        self._is_waiting = self._is_over = False
        self._is_busy = threading.Event()
        self._until = self._cpu_until = float("inf")
        self._most: tuple[int, ...] = ()
        self._allow()

    def run(self) -> NoReturn:
        """Run the guest to its end."""
        plan = self._plan
        lent = wasm_host.Lent(
            plan["compiled"],
            plan["kernel"],
            plan["data"],
            plan["temporary"],
            self._limits.address_space_bytes,
            plan["environment"],
            self._read,
            self._answer,
            partial(self._print, STDOUT),
            partial(self._print, STDERR),
            self._limits.file_bytes,
        )
        engine = wasm_host.make_engine()
        # not before all libraries are there: on Windows one that is loaded may wait for who reads the standard input
        for work in (self._obey, self._watch, self._let_go_now_and_then):
            threading.Thread(target=work, daemon=True).start()
        status = wasm_host.run(engine, lent)
        with self._writing:
            self._let_go()
        os._exit(1 if status else 0)

    def _obey(self) -> None:
        for line in self._told:
            command = json.loads(line)
            match command["do"]:
                case "begin":
                    self._until = time.monotonic() + command["wall_s"]
                    self._cpu_until = time.process_time() + command["cpu_s"]
                    self._allow()
                    self._is_busy.set()
                case "cell":
                    payload = json.dumps(command["message"]).encode()
                    with self._state:
                        self._is_waiting = False
                    self._asked.put(len(payload).to_bytes(4, "big") + payload)
                case "end":
                    self._is_busy.clear()
                    self._measure()
                    with self._state:
                        self._is_over = True
                        self._tell_if_still()
                case "interrupt":
                    # also where it waits for something: nothing else would wake it
                    os._exit(INTERRUPTED)
        os._exit(0)

    def _tell_if_still(self) -> None:
        if self._is_over and self._is_waiting:
            self._is_over = False
            self._say(FROZEN, b"")

    def _watch(self) -> None:
        while True:
            self._is_busy.wait()
            started = time.monotonic()
            if started > self._until:
                os._exit(OVER_TIME)
            if time.process_time() > self._cpu_until:
                os._exit(OVER_CPU)
            self._measure()
            # many files take long to look at
            time.sleep(max(_TICK_S, 4 * (time.monotonic() - started)))

    def _measure(self) -> None:
        """End where there are too many files, or too large ones, unless they were there before: those can be deleted."""
        found = self._found()
        for most, now, status in zip(self._most, found, (OVER_FILES, OVER_DISK, OVER_DISK), strict=True):
            if now > most:
                os._exit(status)
        if shutil.disk_usage(self._plan["data"]).free < _LEAST_FREE:
            os._exit(NO_ROOM)

    def _allow(self) -> None:
        limits = (self._limits.files, self._limits.disk_bytes, self._limits.file_bytes)
        self._most = tuple(map(max, limits, self._found()))

    def _found(self) -> tuple[int, int, int]:
        """How many files there are, their size in all, and the largest one's."""
        count = used = largest = 0
        try:
            for directory in (self._plan["data"], self._plan["temporary"]):
                for name, known in bypath.walk(directory):
                    count, used, largest = count + 1, used + known.st_size, max(largest, known.st_size)
                    if name.count("/") >= bypath.DEEPEST:
                        os._exit(NO_MEASURE)
        except OSError:
            os._exit(NO_MEASURE)
        return count, used, largest

    def _read(self, most: int) -> bytes:
        if not self._rest:
            with self._state:
                self._is_waiting = self._asked.empty()
                self._tell_if_still()
            self._rest = self._asked.get()
        piece, self._rest = self._rest[:most], self._rest[most:]
        return piece

    def _answer(self, piece: bytes) -> int:
        self._say(EVENTS, piece)
        return len(piece)

    def _print(self, what: bytes, piece: bytes) -> None:
        """Text goes out at once after a silence; what follows it closely goes out together."""
        with self._writing:
            if what != self._kept_kind or len(self._kept) > _PIECE:
                self._let_go()
            self._kept_kind = what
            self._kept += piece
            if time.monotonic() > self._quiet_until:
                self._let_go()
            else:
                self._has_kept.set()

    def _let_go_now_and_then(self) -> None:
        while True:
            self._has_kept.wait()
            time.sleep(_TOGETHER_S)
            with self._writing:
                self._let_go()

    def _let_go(self) -> None:
        self._has_kept.clear()
        if self._kept:
            kept, self._kept = bytes(self._kept), bytearray()
            _write(self._kept_kind, kept)
        self._quiet_until = time.monotonic() + _TOGETHER_S

    def _say(self, what: bytes, content: bytes) -> None:
        with self._writing:
            self._let_go()
            _write(what, content)


def _write(what: bytes, content: bytes) -> None:
    for start in range(0, max(1, len(content)), _PIECE):
        piece = content[start : start + _PIECE]
        rest = memoryview(what + len(piece).to_bytes(4, "big") + piece)
        while rest:
            try:
                rest = rest[os.write(1, rest) :]
            except OSError:
                # nobody reads any more
                os._exit(0)
