"""Real terminals on an X server without a screen: the program in them, keys as from a keyboard, the clipboard read back.

Needs the Debian packages xvfb, xdotool, xclip, bsdutils (`script`) and the terminals: xterm, kitty, konsole, tmux, screen;
rxvt-unicode, stterm, mlterm and zutty are tried where they are installed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

from tests.support.terminal import ROOT

WANTED = bool(os.environ.get("AIMLTUI_REAL_TERMINALS"))
TOOLS = ("Xvfb", "xdotool", "xclip", "script")
PATIENCE_S = 60.0

COMMANDS: dict[str, list[str]] = {
    "xterm": ["xterm", "-e"],
    "kitty": ["kitty", "--config", "NONE"],
    "konsole": ["dbus-run-session", "konsole", "--nofork", "-e"],
    "urxvt": ["urxvt", "-e"],
    "st": ["st", "-e"],
    "mlterm": ["mlterm", "-e"],
    "zutty": ["zutty", "-e"],
    "tmux": [
        "xterm",
        "-xrm",
        "*metaSendsEscape: true",
        "-e",
        "tmux",
        "-L",
        "aimltui-test",
        "-f",
        "/dev/null",
        "new-session",
    ],
    "screen": ["xterm", "-e", "screen", "-c", "/dev/null"],
}
_SWALLOWED = re.compile(
    rb"\x1b\[[<>=?][0-9;]*u|\x1b\[>[0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[_P^][^\x1b]*\x1b\\", re.S
)


def missing(name: str) -> str:
    """What is not installed for a terminal; empty if nothing is missing."""
    needed = [*TOOLS, COMMANDS[name][0], *(part for part in (name, "konsole") if part in COMMANDS[name])]
    return ", ".join(tool for tool in needed if shutil.which(tool) is None)


@contextmanager
def x_server() -> Iterator[str]:
    """An X server without a screen; its display's name."""
    reading, writing = os.pipe()
    arguments = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1200x800x24", "-nolisten", "tcp"]
    process = subprocess.Popen(arguments, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


class RealTerminal:
    """A terminal with a program in it.

    Args:
        name: One of `COMMANDS`.
        display: The X server's.
        folder: For what the program writes.
        command: The program and its arguments; None is aimltui's demo.
        after: A program to start in the terminal when the first one has ended.
        hidden: Variables that the program is not told, such as `DISPLAY`.
    """

    def __init__(
        self,
        name: str,
        display: str,
        folder: Path,
        *,
        command: Sequence[str] | None = None,
        after: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        self._output, self._input = folder / "output", folder / "input"
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        kept = {
            key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "PYTHONPATH", "USER")
        }
        self._environment = {
            **kept,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "DISPLAY": display,
            "XDG_RUNTIME_DIR": str(runtime),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "SCREENDIR": str(runtime),
            "TMUX_TMPDIR": str(runtime),
            "SHELL": "/bin/sh",
        }
        demo = [sys.executable, "-m", "aimltui", "--demo", "--data-dir", str(folder / "data")]
        inner = shlex.join(["env", *(f"-u{variable}" for variable in hidden), *(command or demo)])
        recorded = ["script", "-q", "-f", "-O", str(self._output), "-I", str(self._input), "-c", inner]
        run = folder / "run.sh"
        run.write_text(f"cd {shlex.quote(str(ROOT))}\n{shlex.join(recorded)}\n{shlex.join(after)}\n")
        self._process = subprocess.Popen(
            [*COMMANDS[name], "/bin/sh", str(run)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """Close the window, and end what would go on without it: `script`, tmux and screen have sessions of their own."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pid in self._own_processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _own_processes(self) -> list[int]:
        """The processes that were started in this terminal: they have its folder in their environment."""
        mark = f"XDG_RUNTIME_DIR={self._environment['XDG_RUNTIME_DIR']}".encode()
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found

    def focus(self) -> None:
        """Have keys go to the terminal's window; call it once it is there."""
        found = self._xdotool("search", "--onlyvisible", "--name", ".*").split()
        # the first one is the root window
        self._xdotool("windowfocus", found[1])

    def key(self, *names: str) -> None:
        """Press keys, named as xdotool has it: `shift+Return`, `alt+b`."""
        for name in names:
            self._xdotool("key", "--clearmodifiers", name)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        """Type letters."""
        self._xdotool("type", "--delay", "30", text)

    def set_clipboard(self, text: str, selection: str = "clipboard") -> None:
        """Copy in another program."""
        subprocess.run(
            ["xclip", "-selection", selection, "-in"],
            input=text.encode(),
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def clipboard(self) -> str:
        """What another program would paste."""
        result = subprocess.run(
            ["xclip", "-selection", "clipboard", "-out"],
            env=self._environment,
            capture_output=True,
            check=False,
            timeout=20,
        )
        return result.stdout.decode()

    def run(self, *arguments: str) -> str:
        """What a program prints that can reach the terminal's display and sockets."""
        result = subprocess.run(
            arguments, env=self._environment, capture_output=True, text=True, check=False, timeout=20
        )
        return result.stdout

    def _xdotool(self, *arguments: str) -> str:
        return self.run("xdotool", *arguments)

    @property
    def sent(self) -> bytes:
        """What the terminal sent to the program."""
        return _body(self._input)

    @property
    def painted(self) -> bytes:
        """What the program sent to the terminal."""
        return _body(self._output)

    @property
    def text(self) -> str:
        """The program's screen."""
        if not self._output.exists():
            return ""
        size = re.search(rb'COLUMNS="(\d+)" LINES="(\d+)"', self._output.read_bytes()[:400])
        columns, rows = (int(size[1]), int(size[2])) if size else (80, 24)
        screen = pyte.Screen(columns, rows)
        pyte.ByteStream(screen).feed(_SWALLOWED.sub(b"", self.painted))
        return "\n".join(line.rstrip() for line in screen.display)

    def wait_for(self, text: str) -> None:
        """Until a text stands on the program's screen."""
        self.wait_until(lambda: text in self.text, f"{text!r} to appear")

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Until a condition holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, (
                f"waited in vain for {what}:\n{self.text}\nsent: {self.sent[-300:]!r}"
            )
            time.sleep(0.1)


def _body(file: Path) -> bytes:
    """What `script` has recorded, without its own first line."""
    if not file.exists():
        return b""
    return file.read_bytes().partition(b"\n")[2]
