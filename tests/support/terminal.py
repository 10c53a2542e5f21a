"""A real program in a real pseudo-terminal, read as a person would read it: from the screen's cells."""

from __future__ import annotations

import errno
import os
import re
import select
import signal
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import ptyprocess
import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 100.0
"""How long a wait may take before it counts as failed: generous, since the machine may be busy."""

RUNNING = ("esc Stop", "●")
"""What the screen shows while something runs."""

KEYS = {
    "enter": "\r",
    "tab": "\t",
    # a report that the window has the focus keeps the next key from being alt and that key
    "escape": "\x1b\x1b[I",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "alt+up": "\x1b[1;3A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "f1": "\x1bOP",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f3": "\x1bOR",
    "shift+enter": "\x1b[13;2u",
    "alt+enter": "\x1b\r",
}
# sequences that a terminal swallows and pyte would print: kitty keyboard, private CSI, DCS/APC/PM strings
_SWALLOWED = re.compile(rb"\x1b\[[<>=?][0-9;]*u|\x1b\[>[0-9;]*[a-zA-Z]|\x1b[_P^][^\x1b]*\x1b\\", re.S)


class Terminal:
    """A program at work on a screen of `columns` x `rows` cells.

    Every wait is bounded and fails with the screen as it then stood.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str] | None = None,
        background: str | None = None,
    ) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self.raw = bytearray()
        self._stream = pyte.ByteStream(self.screen)
        self._background = background
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        self._process = ptyprocess.PtyProcess.spawn(
            list(arguments), cwd=str(ROOT), env=environment, dimensions=(rows, columns)
        )
        # what is closed here is dead already
        self._process.delayafterclose = 0
        self._rows: dict[int, str] = {}
        self._shown = ""
        self.exit_status: int | None = None
        self.last_output = time.monotonic()

    @classmethod
    def aimltui(cls, *arguments: str, **options: object) -> Terminal:
        """The program itself, from this checkout."""
        return cls([sys.executable, "-m", "aimltui", *arguments], **options)  # type: ignore[arg-type]

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.isalive():
            self._process.kill(signal.SIGKILL)
            self._process.wait()
        self._process.close(force=True)

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self._process.pid)

    @property
    def text(self) -> str:
        """The screen, line by line, without trailing blanks."""
        # asked for at every look, while most of the time little or nothing was painted
        if self.screen.dirty:
            for row in self.screen.dirty:
                cells = self.screen.buffer[row]
                # the cell behind a wide character is empty
                self._rows[row] = "".join(cells[x].data for x in range(self.screen.columns)).rstrip()
            self.screen.dirty.clear()
            self._shown = "\n".join(self._rows[row] for row in range(self.screen.lines))
        return self._shown

    @property
    def prompt(self) -> str:
        """What stands in a prompt of one line: over the footer, below all messages."""
        return "\n".join(self.text.splitlines()[-4:-1])

    def type(self, text: str) -> None:
        """Key by key."""
        for character in text:
            self.send(character)
            self._pump(0.005)

    def press(self, *names: str) -> None:
        """Keys by name: `enter`, `ctrl+n`, ..."""
        for name in names:
            self.send(_key(name))
            self._pump(0.02)

    def paste(self, text: str) -> None:
        """A bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def wheel(self, direction: str, column: int, row: int) -> None:
        """One notch of the mouse wheel."""
        self.send(f"\x1b[<{64 if direction == 'up' else 65};{column + 1};{row + 1}M")

    def click(self, column: int, row: int) -> None:
        """The left button, down and up."""
        self.send(f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m")

    def resize(self, columns: int, rows: int) -> None:
        """The window changes its size."""
        self.screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def wait_for(self, text: str) -> None:
        """Until `text` stands on the screen."""
        self.wait_until(lambda: text in self.text, f"{text!r} to appear")

    def wait_gone(self, text: str) -> None:
        """Until `text` no longer stands on the screen."""
        self.wait_until(lambda: text not in self.text, f"{text!r} to go away")

    def wait_quiet(self, seconds: float = 0.4) -> None:
        """Until nothing was painted for a while."""
        self.wait_until(lambda: time.monotonic() - self.last_output > seconds, "the screen to come to rest")

    def wait_idle(self) -> None:
        """Until neither the open thread nor one of the list shows a run."""
        self.wait_until(lambda: not any(sign in self.text for sign in RUNNING), "the end of all runs")

    def quit(self) -> None:
        """End the program by ctrl+q once nothing runs: before that it asks first."""
        self.wait_idle()
        self.press("ctrl+q")
        assert self.wait_exit() == 0

    def wait_exit(self) -> int:
        """Until the program has ended; its exit status, negative for a signal."""
        end = time.monotonic() + PATIENCE_S
        while self.exit_status is None and time.monotonic() < end:
            self._pump(0.05)
        assert self.exit_status is not None, f"the program did not end; the screen:\n{self.text}"
        return self.exit_status

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Until a condition holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.exit_status is None or holds(), (
                f"waited for {what}, but the program ended with {self.exit_status}; the screen:\n{self.text}"
            )
            assert time.monotonic() < end, f"waited in vain for {what}; the screen:\n{self.text}"
            self._pump(0.02)

    def kill(self) -> None:
        """SIGKILL: no farewell."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_exit()

    def send(self, text: str | bytes) -> None:
        """Bytes as a terminal sends them, all in one go."""
        os.write(self._process.fd, text.encode() if isinstance(text, str) else text)

    def echoes(self) -> bool:
        """Whether the terminal echoes and gathers lines, as a shell has it."""
        flags = termios.tcgetattr(self._process.fd)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def hang_up(self) -> None:
        """Close the window: the program loses its terminal and ends."""
        self._process.fileobj.close()
        end = time.monotonic() + PATIENCE_S
        while self._process.isalive():
            assert time.monotonic() < end, "the program went on without its terminal"
            select.select([], [], [], 0.02)

    def _pump(self, seconds: float) -> None:
        ready, _, _ = select.select([self._process.fd], [], [], seconds)
        data = b""
        if ready:
            try:
                data = os.read(self._process.fd, 65536)
            except OSError as error:
                if error.errno != errno.EIO:  # EIO: the other side is closed
                    raise
        if data:
            self._take(data)
        elif ready or not self._process.isalive():
            self._process.wait()
            status, signal_number = self._process.exitstatus, self._process.signalstatus
            self.exit_status = -signal_number if signal_number else status

    def _take(self, data: bytes) -> None:
        self.raw += data
        self.last_output = time.monotonic()
        if b"\x1b[6n" in data:
            self.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")
        if b"\x1b]11;?" in data and self._background:
            self.send(f"\x1b]11;{self._background}\x1b\\")
        if b"\x1b[c" in data:
            self.send("\x1b[?62;22c")
        self._stream.feed(_SWALLOWED.sub(b"", data))


def _key(name: str) -> str:
    if name in KEYS:
        return KEYS[name]
    if name.startswith("ctrl+") and len(name) == 6:
        return chr(ord(name[5]) & 0x1F)
    if len(name) == 1:
        return name
    raise ValueError(f"no key is called {name!r}")
