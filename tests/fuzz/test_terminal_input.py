"""Whatever a terminal sends, the program goes on, and still shows the next key that is typed.

`AIMLTUI_FUZZ_SEQUENCES` says how many sequences are sent (2,000 if it is not set; the full size is 100,000), and
`AIMLTUI_FUZZ_SEED` which ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

from aimltui.tui.driver.paste_reader import PASTE_IDLE_S
from tests.fuzz.sequences import sequences
from tests.support.terminal import ROOT

COUNT = int(os.environ.get("AIMLTUI_FUZZ_SEQUENCES", "2000"))
SEED = int(os.environ.get("AIMLTUI_FUZZ_SEED", "20261129"))
PER_PROGRAM = 2_000
"""Sequences for one start of the program."""
PER_LOOK = 500
"""Sequences between two looks at the screen."""
PATIENCE_S = 120.0
MOST_ATTEMPTS = 10
"""How often a word is typed: each attempt leaves one dialog at least."""
LOOKS = 4
"""How often in a row the program must be found asleep, 50 ms apart, to be taken as one that waits for keys."""
SIZES = [(80, 24), (1, 1), (120, 40), (20, 5), (200, 60), (2, 40), (80, 1)]

_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\\\))")

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300 + COUNT // 10)]


class Fuzzed:
    """The program in a pseudo-terminal that sends anything and reads nothing until it looks."""

    def __init__(self, data: Path) -> None:
        self.size = SIZES[0]
        self.status: int | None = None
        self._last = bytearray()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            environment = {**os.environ, "TERM": "xterm-256color", "EDITOR": "true", "BROWSER": "true"}
            os.chdir(ROOT)
            arguments = [sys.executable, "-m", "tests.fuzz.program", "--demo", "--data-dir", str(data)]
            os.execve(sys.executable, arguments, environment)
        os.set_blocking(self.fd, False)
        self.resize(SIZES[0])

    def resize(self, size: tuple[int, int]) -> None:
        """The window changes its size."""
        self.size = size
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def send(self, data: bytes) -> None:
        """Send all of it, while what the program paints is thrown away."""
        end = time.monotonic() + PATIENCE_S
        while data and self.is_alive():
            assert time.monotonic() < end, "the program reads no more"
            _, writable, _ = select.select([], [self.fd], [], 0.01)
            if writable:
                data = data[os.write(self.fd, data[:1024]) :]
            self.read()

    def read(self, seconds: float = 0.0) -> bytes:
        """What the program paints within a time."""
        painted = bytearray()
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                piece = os.read(self.fd, 65536)
            except BlockingIOError:
                continue
            except OSError:
                piece = b""
            if not piece:
                self.is_alive()
                break
            painted += piece
        self._last = (self._last + painted)[-20_000:]
        return bytes(painted)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def echoes(self, word: str) -> None:
        """Type a word until it stands on the screen; the first time should do, unless a dialog was in front."""
        painted = b""
        for attempt in range(MOST_ATTEMPTS):
            self.resize((101 + attempt, 30))
            # a paste without an end takes all that comes before a pause
            self._until_idle()
            self.read(1.2 * PASTE_IDLE_S)
            for _ in range(8):
                # out of every dialog; what follows the key keeps it from being alt with the next one, and what comes at
                # once after a paste without an end is taken for the rest of it
                self.send(b"\x1b\x1b[I")
                self.read(0.03)
            self._until_idle()
            for letter in f"{word} ":
                self.send(letter.encode())
                painted += self.read(0.05)
            painted += self._until_idle()
            if word in _SEQUENCE.sub(b"", painted).decode(errors="replace"):
                return
            assert self.is_alive(), f"it ended with {self.status}:\n{self._last.decode(errors='replace')}"
            painted = b""
        raise AssertionError(f"{word!r} is not shown; painted last: {bytes(self._last)!r}")

    def _until_idle(self) -> bytes:
        """What is painted until the program has handled all that was sent, however slow the machine is."""
        painted = bytearray()
        end = time.monotonic() + PATIENCE_S
        asleep = 0
        while asleep < LOOKS and self.is_alive():
            assert time.monotonic() < end, "the program does not come to rest"
            piece = self.read(0.05)
            painted += piece
            asleep = 0 if piece or self._is_busy() else asleep + 1
        return bytes(painted)

    def _is_busy(self) -> bool:
        """Whether one of its threads runs or waits for a processor (Linux tells it; elsewhere only painting counts)."""
        for task in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                if task.read_text(errors="replace").rpartition(")")[2].split()[0] in "RD":
                    return True
        return False

    def end(self) -> None:
        """End it, however it stands."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def test_whatever_is_sent_the_program_goes_on_and_takes_the_next_key(tmp_path: Path) -> None:
    source = random.Random(SEED)
    program: Fuzzed | None = None
    log: list[bytes] = []
    try:
        for number, sequence in enumerate(sequences(SEED, COUNT)):
            if number % PER_PROGRAM == 0:
                if program is not None:
                    program.end()
                program, log = Fuzzed(tmp_path / str(number)), []
                program.echoes("ready")
            assert program is not None
            log.append(sequence)
            cut = source.randrange(len(sequence) + 1) if source.random() < 0.1 else len(sequence)
            program.send(sequence[:cut])
            if cut < len(sequence):
                program.read(source.choice([0.0, 0.02, 0.15]))
                program.send(sequence[cut:])
            if source.random() < 0.02:
                program.resize(source.choice(SIZES))
            if (number + 1) % PER_LOOK == 0 or number + 1 == COUNT:
                program.echoes(f"key{number + 1}x")
    except AssertionError as error:
        raise AssertionError(
            f"seed {SEED}, after {len(log)} sequences, the last ones {log[-30:]}: {error}"
        ) from error
    finally:
        if program is not None:
            program.end()


def test_the_sequences_of_a_seed_are_always_the_same() -> None:
    assert list(sequences(1, 500)) == list(sequences(1, 500))
    assert list(sequences(1, 500)) != list(sequences(2, 500))
