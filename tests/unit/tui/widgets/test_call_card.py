"""The lines of the card about a call."""

from __future__ import annotations

from aimltui.tui.widgets.call_card import line_content


def test_a_line_that_is_too_long_is_cut_once() -> None:
    line = (
        ("  Friend: ", "key"),
        ("one of: Monica, Rachel, Joey", "plain"),
        ("  Choose your friend", "muted"),
    )
    assert line_content(line, 80).plain == "  Friend: one of: Monica, Rachel, Joey  Choose your friend"
    assert line_content(line, 45).plain == "  Friend: one of: Monica, Rachel, Joey  Choo…"
    assert line_content(line, 30).plain == "  Friend: one of: Monica…"
