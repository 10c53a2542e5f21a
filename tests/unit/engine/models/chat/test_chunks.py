from __future__ import annotations

import random
from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.models.chat.chunks import ChunkReader
from tests.support.scenes import delta


def read(*payloads: Any) -> list[ChatChunk]:
    """The chunks in payloads; those of nothing but text read the same in the short way and in the long one."""
    reader = ChunkReader()
    chunks = [chunk for chunk in map(reader.read, payloads) if chunk is not None]
    assert read_shortly(*payloads) == chunks
    return chunks


def read_shortly(*payloads: Any) -> list[ChatChunk]:
    """The chunks in payloads, as the answer to a request is read."""
    reader, chunks = ChunkReader(), list[ChatChunk]()
    for payload in payloads:
        text = reader.text_in(payload)
        found = reader.read(payload) if text is None else reader.read_text(text)
        if found is not None:
            chunks.append(ChatChunk(found) if isinstance(found, str) else found)
    return chunks


def test_text_reads_the_same_in_the_short_way_wherever_a_tag_is_cut() -> None:
    numbers = random.Random(19)
    pieces = (
        "a",
        "`",
        "```",
        "<",
        "</",
        "think",
        ">",
        "<think>",
        "</think>",
        "\n",
        " b ",
        "\ud83d",
        "\ude00",
        "é",
    )
    for _ in range(2_000):
        said = [numbers.choice(pieces) for _ in range(numbers.randrange(1, 12))]
        payloads = [delta(one) for one in said]
        assert all(ChunkReader().text_in(payload) == one for payload, one in zip(payloads, said, strict=True))
        read(*payloads)


def calls_in(*calls: dict[str, Any]) -> list[ToolCallDelta]:
    return [call for chunk in read(*(delta(tool_calls=[c]) for c in calls)) for call in chunk.tool_calls]


def function(name: str = "", arguments: Any = "", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


def test_text_reasoning_and_refusal_go_to_their_own_fields() -> None:
    assert read(
        delta("a"),
        delta(reasoning_content="b"),
        delta(reasoning="c", reasoning_details=[{"text": "c"}]),
        delta(refusal="d"),
        delta(finish="stop"),
    ) == [
        ChatChunk(text="a"),
        ChatChunk(reasoning="b"),
        ChatChunk(reasoning="c"),
        ChatChunk(refusal="d"),
        ChatChunk(finish_reason="stop"),
    ]


def test_content_may_be_a_list_of_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image", "url": "x"}, "b", None]
    assert read({"choices": [{"delta": {"content": parts}}]}) == [ChatChunk(text="ab")]


def test_fragments_of_calls_are_told_apart_by_index() -> None:
    assert calls_in(
        function("f", index=0, id="a"), function(arguments="{", index=0), function("g", index=1, id="b")
    ) == [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments="{"), ToolCallDelta(1, "b", "g")]


def test_a_missing_index_means_the_latest_call() -> None:
    got = calls_in(
        function("f", id="a"), function(arguments="{}"), function("g", id="b"), function(arguments="[]")
    )
    assert [(call.index, call.arguments) for call in got] == [(0, ""), (0, "{}"), (1, ""), (1, "[]")]


def test_calls_that_all_claim_index_0_are_told_apart_by_their_ids() -> None:
    got = calls_in(function("f", "{}", index=0, id="a"), function("g", "{}", index=0, id="b"))
    assert [call.index for call in got] == [0, 1]


def test_an_id_that_is_repeated_or_invented_for_each_fragment_makes_no_new_call() -> None:
    repeated = calls_in(function("f", index=0, id="a"), function("", "{", index=0, id="a"))
    invented = calls_in(function("f", index=0, id="a"), function("", "{", index=0, id="zzz"))
    assert [call.index for call in repeated + invented] == [0, 0, 0, 0]


def test_two_calls_with_one_id_are_told_apart_by_their_indices() -> None:
    got = calls_in(
        function("f", index=0, id="a"),
        function("g", index=1, id="a"),
        function("", "{0", index=0, id="a"),
        function("", "{1", index=1, id="a"),
        function("", "}", index=0),
    )
    assert [(call.index, call.arguments) for call in got] == [
        (0, ""),
        (1, ""),
        (0, "{0"),
        (1, "{1"),
        (0, "}"),
    ]


def test_an_absurd_index_becomes_the_next_place() -> None:
    assert calls_in(function("f", index=10**12, id="a"))[0].index == 0


def test_arguments_that_come_as_an_object_become_json_text() -> None:
    assert calls_in(function("f", {"city": "Köln"}, index=0))[0].arguments == '{"city": "Köln"}'


def test_opaque_provider_data_of_a_call_is_kept() -> None:
    extra = {"google": {"thought_signature": "abc"}}
    assert calls_in(function("f", index=0, extra_content=extra))[0].extra == {"extra_content": extra}


def test_usage_grows_and_a_later_one_replaces_an_earlier_one() -> None:
    tokens = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 8},
    }
    chunks = read({"choices": [], "usage": tokens}, {"meta": {"usage": {"usd_spent": 0.5}}})
    assert [chunk.usage for chunk in chunks] == [
        ChatUsage(100, 20, 120, 64, 8, None),
        ChatUsage(100, 20, 120, 64, 8, 0.5),
    ]


def test_the_same_usage_twice_is_told_once() -> None:
    tokens = {"prompt_tokens": 1, "completion_tokens": 2}
    assert len(read({"usage": tokens}, {"usage": tokens})) == 1
    assert read({"usage": tokens})[0].usage == ChatUsage(1, 2, 3)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        [],
        {"prompt_tokens": "7"},
        {"prompt_tokens": True},
        {"prompt_tokens": -1},
        {"prompt_tokens": float("nan")},
        {"prompt_tokens": 10**400},
        {"prompt_tokens_details": 5},
    ],
)
def test_nonsense_in_usage_is_left_out(usage: Any) -> None:
    assert read({"choices": [], "usage": usage}) == []


@pytest.mark.parametrize("spent", [None, "abc", -1, float("inf"), True, {}, "1e999"])
def test_a_nonsensical_cost_is_no_cost(spent: Any) -> None:
    assert read({"meta": {"usage": {"usd_spent": spent}}}) == []


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None, 5, "x"]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": []}]},
        {"choices": [{"delta": {"content": 5, "tool_calls": 7, "refusal": None}}]},
        {"choices": [{"delta": {"tool_calls": [None, 3]}}]},
        {"choices": [{"index": 1, "delta": {"content": "the second choice"}}]},
        {"choices": [{"delta": {}, "finish_reason": 5}]},
        {"meta": None},
        {"meta": {"usage": 3}},
    ],
)
def test_shapes_that_say_nothing_are_passed_over(payload: Any) -> None:
    assert read(payload) == []


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b", "", "c"],
        ["<think>one", " two</th", "ink>\n\nthree", " four"],
        ["a thought", " goes on</think>", "text"],
        ["\ud83d", "\ude00 and \ud83d", "x"],
        ["", ""],
    ],
)
@pytest.mark.parametrize("is_inside", [False, True])
def test_chunks_of_text_alone_are_read_as_those_with_more(texts: list[str], is_inside: bool) -> None:
    seen = []
    for more in ({}, {"x_unknown": 1}):
        reader = ChunkReader(starts_in_thought=is_inside)
        chunks = [reader.read({**delta(text), **more}) for text in texts]
        seen.append((chunks, reader.held_back(), reader.has_content, reader.opens_thought, reader.closing()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "more",
    [{"usage": {"prompt_tokens": 1, "completion_tokens": 2}}, {"citations": ["https://example.com/a"]}],
)
def test_what_a_chunk_has_besides_its_text_is_not_overlooked(more: dict[str, Any]) -> None:
    reader = ChunkReader()
    (chunk, closing) = reader.read({**delta("a"), **more}), reader.closing()
    assert chunk is not None
    assert (chunk.text, chunk.usage is not None, closing is not None) == (
        "a",
        "usage" in more,
        "citations" in more,
    )
