"""Thoughts in tags are told from the answer however they are cut, and do not go back to the model."""

from __future__ import annotations

import random

import pytest

from aimltui.engine.models.chat.chunks import ChunkReader
from aimltui.engine.models.chat.history import CONTINUE, NO_ANSWER, adapted
from aimltui.engine.models.chat.thought_tags import Parted, ThoughtTags, without_thought
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.compat.quirks import Quirks
from tests.support.chats import answered, asking, serving, text_in
from tests.support.scenes import Scene, delta, stream


def parted(text: str, size: int, *, starts_inside: bool = False) -> Parted:
    tags = ThoughtTags(starts_inside=starts_inside)
    found = [tags.feed(text[place : place + size]) for place in range(0, len(text), size)] + [tags.finish()]
    thought, text = "", ""
    for part in found:
        if part.ends_thought:
            thought, text = thought + text, ""
        thought, text = thought + part.thought, text + part.text
    return Parted(thought, text)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("content", "thought", "text"),
    [
        ("<think>a < b</think>\n\nanswer", "a < b", "answer"),
        ("\n <THINKING>x</thinking>yes", "x", "yes"),
        ("<thought>one</thought>\n<think>two</think>three", "onetwo", "three"),
        ("<think></think>only", "", "only"),
        ("<think>never closed", "never closed", ""),
        ("  plain text", "", "  plain text"),
        ("<thinker> is a word", "", "<thinker> is a word"),
        ("<b>bold</b>", "", "<b>bold</b>"),
        ("see `<think>` in code", "", "see `<think>` in code"),
        ("hm, so\n</think>\n\nanswer", "hm, so\n", "answer"),
        ("hm</think>answer </think> more", "hm", "answer </think> more"),
        ("hm</think>", "hm", ""),
        ("</THINKING>yes", "", "yes"),
        ("hm</think>\n<think>more</think>yes", "hmmore", "yes"),
        ("`</think>` ends it, ``` </think> ``` too", "", "`</think>` ends it, ``` </think> ``` too"),
        ("write <think> and </think>", "", "write <think> and </think>"),
        ("a < b </th", "", "a < b </th"),
        ("<", "", "<"),
        ("", "", ""),
    ],
)
def test_a_thought_is_told_from_the_answer(content: str, thought: str, text: str, size: int) -> None:
    assert parted(content, size) == Parted(thought, text)


def test_text_is_parted_the_same_however_it_is_cut() -> None:
    numbers = random.Random(7)
    pieces = ("a", "`", "<", "/", "think", ">", "<think>", "</think>", "</thought>", "\n", " so ", "|")
    for _ in range(2_000):
        text = "".join(numbers.choice(pieces) for _ in range(numbers.randrange(1, 14)))
        assert len({parted(text, size) for size in (1, 2, 3, 5, 8, 1000)}) == 1, text


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_template_that_opens_the_thought_sends_the_closing_tag_alone(size: int) -> None:
    assert parted("deep thought</think>\n42", size, starts_inside=True) == Parted("deep thought", "42")


def test_without_a_closing_tag_all_of_it_was_the_answer() -> None:
    assert parted("just an answer", 4, starts_inside=True).text == "just an answer"


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("<think>secret</think>\nfour", "four"),
        ("secret</think>\n\nfour", "four"),
        ("`</think>` closes it", "`</think>` closes it"),
        ("plain", "plain"),
    ],
)
def test_a_thought_does_not_go_back_to_the_model(said: str, back: str) -> None:
    assert without_thought(said) == back


def test_neighbouring_answers_are_joined_and_none_stands_at_the_end() -> None:
    said = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "content": "b"},
    ]
    assert adapted(said, Quirks()) == [
        said[0],
        {"role": "assistant", "content": "a\n\nb"},
        {"role": "user", "content": CONTINUE},
    ]


def test_an_answer_that_was_only_a_thought_is_not_sent_empty() -> None:
    said = [{"role": "assistant", "content": "<think>x</think>"}, {"role": "user", "content": "q"}]
    assert adapted(said, Quirks())[0]["content"] == NO_ANSWER


def test_an_answer_that_closes_an_unopened_thought_is_noticed() -> None:
    reader = ChunkReader()
    reader.read({"choices": [{"delta": {"content": "hm</think>yes"}}]})
    reader.held_back()
    assert reader.opens_thought


async def test_a_wrong_guess_about_the_template_is_taken_back() -> None:
    lessons = Lessons()
    literal = Scene((stream(delta("The tag </think> ends it."), delta(finish="stop")),))
    plain = Scene((stream(delta("Just so."), delta(finish="stop")),))
    async with serving(literal, lessons=lessons) as (server, model):
        await answered(model, asking())
        assert lessons.of("test", "test/fast") == {"opens_thought": True}
        server.scene = plain
        chunks = await answered(model, asking())
        assert text_in(chunks) == "Just so."
        assert lessons.of("test", "test/fast") == {"opens_thought": False}
        chunks = await answered(model, asking())
    assert [chunk.reasoning for chunk in chunks if chunk.reasoning] == []


def test_a_server_that_separates_thoughts_itself_writes_tags_as_text() -> None:
    reader = ChunkReader()
    reader.read({"choices": [{"delta": {"reasoning_content": "hm"}}]})
    chunk = reader.read({"choices": [{"delta": {"content": "it ends at </think> here"}}]})
    assert chunk is not None
    assert (chunk.text, chunk.ends_thought) == ("it ends at </think> here", False)


def test_two_halves_of_a_character_in_two_chunks_are_one_character() -> None:
    reader = ChunkReader()
    first = reader.read({"choices": [{"delta": {"content": "a\ud83d"}}]})
    second = reader.read({"choices": [{"delta": {"content": "\ude00b"}}]})
    assert first is not None
    assert second is not None
    assert first.text + second.text == "a\U0001f600b"


def test_a_half_without_its_other_half_is_a_replacement_character_at_the_end() -> None:
    reader = ChunkReader()
    reader.read({"choices": [{"delta": {"content": "a\ud83d"}}]})
    held = reader.held_back()
    assert held is not None
    assert held.text == "�"


def test_thinking_parts_of_a_content_list_are_a_thought() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]
    chunk = ChunkReader().read({"choices": [{"delta": {"content": content}}]})
    assert chunk is not None
    assert (chunk.reasoning, chunk.text) == ("hm", "yes")
