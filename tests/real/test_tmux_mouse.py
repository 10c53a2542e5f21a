"""The mouse inside tmux, with and without its own mouse support: the wheel scrolls the transcript, `copy` copies.

Opt-in: `AIMLTUI_REAL_TERMINALS=1`, as in `tests.real.terminals`; needs tmux alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.terminals import WANTED
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="opt-in: AIMLTUI_REAL_TERMINALS=1"),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="not installed: tmux"),
    pytest.mark.timeout(300),
]


@pytest.mark.parametrize("mouse", ["on", "off"])
def test_the_wheel_and_a_click_arrive_through_tmux(mouse: str, tmp_path: Path) -> None:
    (tmp_path / "tmux.conf").write_text(f"set -g mouse {mouse}\n")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(tmp_path / "tmux.conf")]
    program = [sys.executable, "-m", "aimltui", "--demo", "--data-dir", str(tmp_path / "data")]
    env = {"AIMLTUI_CONFIG_DIR": str(tmp_path / "config"), "TMUX": ""}
    try:
        with Terminal([*tmux, "new-session", *program], size=(100, 30), env=env) as terminal:
            terminal.wait_for("essage Assistant")
            terminal.type("show me markdown")
            terminal.press("enter")
            terminal.wait_for("completed")
            terminal.wait_idle()
            lines = terminal.text.split("\n")
            row = next(at for at, line in enumerate(lines) if "python · copy" in line)
            terminal.click(lines[row].index("copy"), row)
            terminal.wait_for("Copied 2 lines")
            shown = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True).stdout
            assert shown == 'def greet(name: str) -> str:\n    return f"Hello, {name}!"'
            for _ in range(4):
                terminal.wheel("up", 40, 10)
            terminal.wait_for("more below")
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)
