"""What terminals say they can do with pictures, and what they are sent."""

from __future__ import annotations

import base64
import re
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.strip import Strip

from aimltui.tui.driver.parser import TerminalParser
from aimltui.tui.pictures import kitty, terminal
from aimltui.tui.pictures.abilities import GRAPHICS_QUESTION, QUESTION, Abilities, may_be_asked
from aimltui.tui.pictures.files import file_sequence
from aimltui.tui.pictures.terminal import TerminalPictures
from aimltui.tui.terminal import TerminalAnswer
from aimltui.tui.widgets.transcript.canvas import PicturePart
from aimltui.tui.widgets.transcript.sharp import LONG_REST_S, REST_S, SharpPictures, Spot
from tests.support.pictures import plot, thumbnail

GRAPHICS = "\x1b_Gi=31;OK\x1b\\"
DARK = (16, 18, 24)


def asked(*answers: str) -> Abilities:
    """What is known after these answers."""
    found = Abilities()
    for answer in answers:
        found.take(answer)
    return found


@pytest.mark.parametrize(
    ("answers", "placeholders", "viewer"),
    [
        (("\x1bP>|kitty(0.35.2)\x1b\\", "\x1b[?62;c", GRAPHICS), True, "kitty"),
        (("\x1bP>|kitty(0.26.5)\x1b\\", "\x1b[?62;c", GRAPHICS), False, "kitty"),
        (("\x1bP>|kitty(0.35.2)\x1b\\", "\x1b[?62;c", "\x1b_Gi=31;EINVAL:no\x1b\\"), False, None),
        (("\x1bP>|ghostty 1.1.3\x1b\\", "\x1b[?62;22c", GRAPHICS), True, "kitty"),
        (("\x1bP>|Konsole 22.12.3\x1b\\", "\x1b[?62;1;4c", GRAPHICS), False, "kitty"),
        (("\x1bP>|iTerm2 3.5.10\x1b\\", "\x1b[?62;4c"), False, "iterm2"),
        (("\x1bP>|foot(1.13.1)\x1b\\", "\x1b[?62;4;22c"), False, "sixel"),
        (("\x1b[?63;1;2;4c",), False, "sixel"),
        (("\x1bP>|tmux 3.3a\x1b\\", "\x1b[?1;2c"), False, None),
        (("\x1b[?64;14;24c",), False, None),
        ((), False, None),
    ],
)
def test_a_terminal_draws_as_it_answers(
    answers: tuple[str, ...], placeholders: bool, viewer: str | None
) -> None:
    found = asked(*answers)
    assert (found.has_placeholders, found.viewer) == (placeholders, viewer)


def test_the_pixels_of_a_cell_are_learned_and_zeros_are_none() -> None:
    assert asked("\x1b[6;20;9t").cell == (9, 20)
    assert asked("\x1b[6;0;0t").cell is None


@pytest.mark.parametrize(
    ("environment", "may"),
    [
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, False),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "xterm", "STY": "1.x"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_only_the_terminal_itself_is_asked(environment: dict[str, str], may: bool) -> None:
    assert may_be_asked(environment) is may


def test_no_answer_is_taken_for_keys_however_it_is_cut_in_pieces() -> None:
    answers = ["\x1bP>|kitty(0.35.2)\x1b\\", "\x1b[6;20;9t", "\x1b[?62;4c", GRAPHICS]
    stream = "".join(answers)
    for cut in range(1, len(stream)):
        parser = TerminalParser()
        came = [*parser.feed(stream[:cut]), *parser.feed(stream[cut:])]
        assert all(isinstance(message, TerminalAnswer) for message in came), (cut, came)
        assert [message.sequence for message in came if isinstance(message, TerminalAnswer)] == answers


def terminal_that_answers(*answers: str) -> tuple[TerminalPictures, list[str], list[str]]:
    """A terminal that was asked and has answered; what was written to it, and what changed."""
    written: list[str] = []
    changes: list[str] = []
    found = TerminalPictures(written.append, lambda: changes.append("changed"), lambda: True, first=0x10000)
    found.ask()
    for answer in answers:
        found.take(answer)
    return found, written, changes


def test_the_question_for_graphics_goes_only_to_terminals_that_are_known_to_understand_it() -> None:
    found, written, changes = terminal_that_answers("\x1bP>|kitty(0.35.2)\x1b\\", "\x1b[?62;c", GRAPHICS)
    found.ask()
    assert written == [QUESTION, GRAPHICS_QUESTION]
    assert changes == ["changed"]
    _, written, changes = terminal_that_answers("\x1bP>|XTerm(379)\x1b\\", "\x1b[?64;4c")
    assert written == [QUESTION]
    assert changes == ["changed"]
    _, written, changes = terminal_that_answers("\x1b[?64c")
    assert (written, changes) == ([QUESTION], [])


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    changes: list[str] = []
    found = TerminalPictures(changes.append, lambda: changes.append("changed"), lambda: False)
    found.ask()
    for answer in ("\x1bP>|kitty(0.35.2)\x1b\\", "\x1b[?62;4c", GRAPHICS):
        found.take(answer)
    assert changes == []
    assert found.abilities.viewer is None


def test_a_picture_is_sent_in_pieces_once_and_deleted_at_the_end() -> None:
    found, written, _ = terminal_that_answers()
    picture = thumbnail(plot(320, 180))
    placed = found.place(picture, 40, 11)
    assert found.place(picture, 40, 11) is placed
    assert found.place(picture, 20, 6) is not placed
    written.clear()
    placed.send()
    placed.send()
    (sent,) = written
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert "".join(f"\x1b_G{head};{body}\x1b\\" for head, body in pieces) == sent
    assert pieces[0][0] == "a=T,q=2,f=100,t=d,i=65537,c=40,r=11,U=1," + pieces[0][0][-3:]
    assert [head[-3:] for head, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
    assert all(len(body) <= 4096 for _, body in pieces)
    assert base64.b64decode("".join(body for _, body in pieces)) == picture.png
    found.delete()
    found.delete()
    assert written[1:] == ["\x1b_Ga=d,d=I,i=65537,q=2\x1b\\"]


def test_a_file_is_sent_as_large_as_its_cells() -> None:
    assert file_sequence(b"\x89PNG", 40, 11) == (
        "\x1b]1337;File=inline=1;size=4;width=40;height=11;preserveAspectRatio=0;doNotMoveCursor=1:iVBORw==\x07"
    )


def test_a_sixel_is_drawn_only_where_the_pixels_of_a_cell_are_known() -> None:
    found, _, _ = terminal_that_answers("\x1b[?62;4c")
    assert (found.abilities.viewer, found.viewer) == ("sixel", None)
    found.take("\x1b[6;18;9t")
    assert (found.viewer, found.cell) == ("sixel", (9, 18))


def test_the_terminal_remembers_no_more_pictures_than_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_MOST_SENT", 2)
    found, written, _ = terminal_that_answers()
    first, second, third = (found.place(thumbnail(plot(16, 8)), 2, 1) for _ in range(3))
    for placed in (first, second, first, third):
        placed.send()
    assert written[-1] == kitty.deletion(second.number)
    second.send()
    assert written[-1] == kitty.deletion(first.number)


def test_the_text_that_stands_for_a_picture_is_as_wide_as_it_and_each_cell_says_its_place() -> None:
    rows = kitty.placeholder_rows(0x123456, 100, 14, DARK)
    assert len(rows) == 14
    assert [[cell_len(cell.text) for cell in row] for row in rows] == [[1] * 100] * 14
    assert len({cell.text for row in rows for cell in row}) == 1400
    style = rows[0][0].style
    assert style is not None
    assert str(style) == "#123456 on #101218"
    before, cut, _ = Strip(rows[1]).divide([2, 4, 100])
    assert cut.text == f"{kitty.PLACEHOLDER}\u030d\u030e{kitty.PLACEHOLDER}\u030d\u0310"
    assert before.text == f"{kitty.PLACEHOLDER}\u030d\u0305{kitty.PLACEHOLDER}\u030d\u030d"


def covered(*, is_growing: bool = False) -> tuple[SharpPictures, SimpleNamespace, list[str], list[float]]:
    """Pictures over a window of 80x40, the window, what was written, and after how long it is looked at again."""
    found, written, _ = terminal_that_answers(
        "\x1bP>|kitty(0.26.5)\x1b\\", "\x1b[6;20;10t", "\x1b[?62;c", GRAPHICS
    )
    waits: list[float] = []
    pane = SimpleNamespace(
        app=SimpleNamespace(terminal_pictures=found, is_headless=True),
        screen=SimpleNamespace(size=Size(80, 40)),
        region=Region(0, 1, 80, 36),
        set_timer=lambda delay, callback: waits.append(delay),
    )
    sharp = SharpPictures(cast("Any", pane), lambda y: None, lambda: True, lambda: is_growing)
    part = PicturePart(thumbnail(plot(64, 36)), 6, 2, DARK, 2, 0)
    spots = Spot(part, 2, 2, 5), Spot(part, 2, 2, 30)
    sharp._shown = {spot: found.draw(b"", spot.x, spot.y, 6, 2) for spot in spots}
    sharp._sent_at = time.monotonic()
    written.clear()
    return sharp, pane, written, waits


def test_a_picture_below_a_screen_that_has_become_smaller_is_taken_away() -> None:
    sharp, pane, written, _ = covered()
    kept, gone = sharp._shown.values()
    pane.screen.size = Size(80, 20)
    sharp._paints([Region(0, 18, 80, 1)])
    assert written == [kitty.deletion(gone)]
    pane.app.terminal_pictures.delete()
    assert written[1:] == [kitty.deletion(kept)], "what is still drawn when the program ends"


@pytest.mark.parametrize(("is_growing", "rest_s"), [(True, LONG_REST_S), (False, REST_S)])
def test_only_an_answer_that_is_being_written_keeps_a_picture_away_for_long(
    is_growing: bool, rest_s: float
) -> None:
    sharp, pane, _, waits = covered(is_growing=is_growing)
    sharp._paints([pane.region])
    assert waits == [rest_s]
