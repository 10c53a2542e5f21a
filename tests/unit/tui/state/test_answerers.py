"""Models that a word can name."""

from __future__ import annotations

from aimltui.tui.state.answerers import Answerer, named, with_current


def test_the_model_in_use_can_be_named_also_where_the_server_does_not_list_it() -> None:
    listed = [Answerer("large", "large", "home")]
    assert with_current(listed, "large", None) == listed
    assert with_current(listed, None, None) == listed
    both = with_current(listed, "tiny", "home")
    assert named("tiny", both) == Answerer("tiny", "tiny", "home")
    assert named("tiny", listed) is None
