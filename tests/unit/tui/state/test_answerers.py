"""Models that a word can name."""

from __future__ import annotations

from aimltui.tui.state.answerers import Answerer, named, parted_names, with_current


def test_the_model_in_use_can_be_named_also_where_the_server_does_not_list_it() -> None:
    listed = [Answerer("large", "large", "home")]
    assert with_current(listed, "large", None) == listed
    assert with_current(listed, None, None) == listed
    both = with_current(listed, "tiny", "home")
    assert named("tiny", both) == Answerer("tiny", "tiny", "home")
    assert named("tiny", listed) is None


def test_the_name_of_an_assistant_may_have_several_words() -> None:
    assistants = [
        Answerer(name, name, is_assistant=True) for name in ("Editor", "Code Reviewer", "Code Reviewer 2")
    ]
    words = ["@code", "Reviewer", "2", "@Editor", "@Code", "Reviewer", "gpt-5", "@Edit"]
    assert list(parted_names(words, assistants)) == [
        "@code Reviewer 2",
        "@Editor",
        "@Code Reviewer",
        "gpt-5",
        "@Edit",
    ]
    assert list(parted_names(["@", "a"], [])) == ["@", "a"]
