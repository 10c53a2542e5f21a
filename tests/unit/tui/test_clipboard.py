"""Copying reaches every clipboard there is, and only what was confirmed is called copied."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path

import pytest

from aimltui.tui import clipboard
from aimltui.tui.clipboard import CopyResult, copy_with_tools, system_commands, terminal_copy


def a_tool(
    folder: Path, name: str, body: str = 'printf "%s " "$@" > "$0.arguments"; /bin/cat > "$0.took"'
) -> Path:
    """A program that stands for a tool of the system: it writes down what it gets."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def world(folder: Path, **variables: str) -> dict[str, str]:
    return {"PATH": str(folder), **variables}


def took(folder: Path, name: str) -> str | None:
    path = folder / f"{name}.took"
    return path.read_text() if path.exists() else None


@pytest.mark.parametrize(
    ("tool", "variables"),
    [
        ("xclip", {"DISPLAY": ":9"}),
        ("xsel", {"DISPLAY": ":9"}),
        ("wl-copy", {"WAYLAND_DISPLAY": "wayland-9"}),
    ],
)
async def test_a_tool_of_the_system_takes_the_text_and_says_so(
    tmp_path: Path, tool: str, variables: dict[str, str]
) -> None:
    a_tool(tmp_path, tool)
    result = await copy_with_tools("all:\n\techo é", world(tmp_path, **variables))
    assert took(tmp_path, tool) == "all:\n\techo é"
    assert result.by_system
    assert result.sentence("2 lines") == "Copied 2 lines."


async def test_without_a_display_no_tool_is_asked(tmp_path: Path) -> None:
    a_tool(tmp_path, "xclip")
    result = await copy_with_tools("text", world(tmp_path))
    assert took(tmp_path, "xclip") is None
    assert not result.by_system


async def test_what_nobody_confirmed_is_sent_and_not_copied(tmp_path: Path) -> None:
    for tool in ("xclip", "xsel", "wl-copy"):
        a_tool(tmp_path, tool, "exit 1")
    result = await copy_with_tools("text", world(tmp_path, DISPLAY=":9", WAYLAND_DISPLAY="w"))
    assert result == CopyResult()
    assert result.sentence("4 characters").startswith("Sent 4 characters to the terminal's clipboard.")
    assert "copied" not in result.sentence("4 characters")


async def test_the_next_tool_is_asked_if_one_fails(tmp_path: Path) -> None:
    a_tool(tmp_path, "xclip", "/bin/cat > /dev/null; exit 1")
    a_tool(tmp_path, "xsel")
    result = await copy_with_tools("text", world(tmp_path, DISPLAY=":9"))
    assert took(tmp_path, "xsel") == "text"
    assert result.by_system


async def test_a_tool_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "TOOL_TIMEOUT_S", 0.2)
    a_tool(tmp_path, "xclip", "exec /bin/sleep 60")
    async with asyncio.timeout(30):
        assert not (await copy_with_tools("text", world(tmp_path, DISPLAY=":9"))).by_system


async def test_a_tool_that_stays_to_hold_the_clipboard_holds_up_nothing(tmp_path: Path) -> None:
    a_tool(tmp_path, "xclip", '/bin/cat > "$0.took"; /bin/sleep 60 & exit 0')
    async with asyncio.timeout(30):
        assert (await copy_with_tools("text", world(tmp_path, DISPLAY=":9"))).by_system


async def test_in_tmux_its_buffer_is_loaded_and_its_terminal_told(tmp_path: Path) -> None:
    a_tool(tmp_path, "tmux")
    result = await copy_with_tools("text", world(tmp_path, TMUX="/tmp/tmux-0/default,1,0"))
    assert took(tmp_path, "tmux") == "text"
    assert (tmp_path / "tmux.arguments").read_text() == "load-buffer -w - "
    assert (result.by_system, result.by_tmux) == (False, True)
    assert "tmux" in result.sentence("4 characters")


async def test_an_older_tmux_without_that_flag_still_gets_the_text(tmp_path: Path) -> None:
    a_tool(tmp_path, "tmux", '[ "$2" = -w ] && exit 1; /bin/cat > "$0.took"')
    result = await copy_with_tools("text", world(tmp_path, TMUX="/tmp/tmux-0/default,1,0"))
    assert took(tmp_path, "tmux") == "text"
    assert result.by_tmux


def test_over_a_network_the_far_machines_clipboard_is_not_taken_for_ones_own() -> None:
    assert system_commands({}, "darwin") == [("pbcopy",)]
    assert system_commands({"SSH_CONNECTION": "::1 1 ::1 22"}, "darwin") == []
    assert [
        command[0]
        for command in system_commands({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "x"}, "linux")
    ]


def test_the_terminal_is_asked_by_osc_52() -> None:
    assert terminal_copy("text é", {}) == f"\x1b]52;c;{base64.b64encode('text é'.encode()).decode()}\x07"


def test_gnu_screen_hands_it_on_in_pieces() -> None:
    text = "a long text " * 200
    sent = terminal_copy(text, {"STY": "1.pts"})
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, re.DOTALL)
    assert sent == "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    assert max(map(len, pieces)) <= 512
    assert "".join(pieces) == terminal_copy(text, {})


@pytest.mark.parametrize(
    ("program", "key"), [("iTerm.app", "option"), ("Apple_Terminal", "fn"), ("x", "shift")]
)
async def test_the_key_that_selects_with_the_terminal_is_the_terminals(program: str, key: str) -> None:
    result = await copy_with_tools("text", {"TERM_PROGRAM": program})
    assert f"{key}+drag" in result.sentence("4 characters")
