"""The line filter removes what could drive the terminal from painted lines, and nothing else; the plain one also colours and frames."""

from __future__ import annotations

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from aimltui.tui.line_filters import AsciiLineFilter, PlainLineFilter, SafeLineFilter


def test_the_line_filter_takes_harm_out_of_text_and_leaves_control_segments() -> None:
    control = Segment("\x1b_Gx\x1b\\", None, [(ControlType.BELL,)])
    segments = [
        Segment("a\x1b]0;x\x07b"),
        control,
        Segment("c\u202ed\ud800", Style(bold=True)),
        Segment("\x85e\t"),
    ]
    found = SafeLineFilter().apply(segments, Color(0, 0, 0))
    assert [segment.text for segment in found] == ["a]0;xb", "\x1b_Gx\x1b\\", "cd\ufffd", "e"]
    assert found[2].style == Style(bold=True)


def test_the_line_filter_drops_a_link_that_carries_an_escape() -> None:
    (found,) = SafeLineFilter().apply([Segment("x", Style(link="http://a\x1b\\\x1b]0;y"))], Color(0, 0, 0))
    assert found.style is not None
    assert found.style.link is None


def test_the_line_filter_returns_a_harmless_line_as_it_is() -> None:
    segments = [Segment("a"), Segment("b", Style(bold=True))]
    assert SafeLineFilter().apply(segments, Color(0, 0, 0)) is segments


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (["Message Assistant…", "    "], ["Message Assistant...", "  "]),
        (["Message Assistant…    enter sends"], ["Message Assistant...  enter sends"]),
        (["a long ti…", "  24 Nov"], ["a long ti~", "  24 Nov"]),
        (["the end…"], ["the end~"]),
    ],
)
def test_an_ellipsis_becomes_three_dots_where_spaces_follow_it(line: list[str], shown: list[str]) -> None:
    segments = [Segment(text, Style(bgcolor="red")) for text in line]
    assert [text for text, _, _ in AsciiLineFilter().apply(segments, Color(0, 0, 0))] == shown


def test_plain_lines_have_no_colours_and_no_frames() -> None:
    ground = Style(color="red", bgcolor="white", bold=True)
    line = [
        Segment("▌ a ┼ | ", Style(color="red")),
        Segment("marked", ground),
        Segment("plain", Style(bgcolor="default", italic=True)),
        Segment("none"),
        Segment("│", None, [(ControlType.BELL,)]),
    ]
    found = PlainLineFilter().apply(line, Color(0, 0, 0))
    assert [segment.text for segment in found] == ["  a   | ", "marked", "plain", "none", "│"]
    styles = [segment.style for segment in found]
    assert all(style is None or (style.color, style.bgcolor) == (None, None) for style in styles)
    assert [bool(style and style.reverse) for style in styles] == [False, True, False, False, False]
    assert styles[1] is not None
    assert styles[1].bold
