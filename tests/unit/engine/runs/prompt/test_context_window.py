from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.accounting.tokens import estimate
from aimltui.engine.runs.prompt.context_window import Item, MessageItem, ToolCallItem, build
from aimltui.engine.runs.tool_calls import Call
from aimltui.wire.messages import PINNED, SUMMARY, CreateMessage, Message, MessageParams
from aimltui.wire.runs import CreateRun, ListRuns
from aimltui.wire.tools import TruncationStrategy
from tests.support.builders import a_thread, an_assistant, collect, messages_of, opened, play, run_of
from tests.support.fake_model import FakeModel

PLENTY = 100_000


def said(
    role: str, text: str | list[dict[str, Any]], *, run_id: str | None = None, own: bool = False
) -> MessageItem:
    content = [{"type": "text", "text": {"value": text}}] if isinstance(text, str) else text
    return MessageItem(
        Message.model_validate({"id": "msg_1", "role": role, "content": content, "run_id": run_id}), own=own
    )


def called(output: str = "out", **given: Any) -> ToolCallItem:
    return ToolCallItem((Call("call_1", "f", "{}", None, output),), "run_1", **given)


def told(items: list[Item], **how: Any) -> list[Any]:
    window = build(items, **({"instructions": None, "budget": PLENTY} | how))
    return [message["content"] for message in window.messages]


def test_instructions_come_first_and_only_if_there_are_any() -> None:
    assert told([said("user", "a")], instructions="Be.") == ["Be.", "a"]
    assert told([said("user", "a")], instructions="") == ["a"]


def test_empty_messages_are_left_out() -> None:
    assert told([said("user", "a"), said("assistant", ""), said("user", "b")]) == ["a", "b"]


def test_citation_marks_are_not_told() -> None:
    assert told([said("assistant", "Yes【4:0†source】, truly【12†a.txt】. 【not this】")]) == [
        "Yes, truly. 【not this】"
    ]


def test_text_and_calls_of_one_turn_are_one_chat_message() -> None:
    window = build(
        [said("assistant", "Let me see.", run_id="run_1"), called()], instructions=None, budget=PLENTY
    )
    assert [(message["role"], message["content"]) for message in window.messages] == [
        ("assistant", "Let me see."),
        ("tool", "out"),
    ]
    assert window.messages[0]["tool_calls"][0]["id"] == window.messages[1]["tool_call_id"]


def test_extra_data_of_the_provider_goes_back_with_the_call() -> None:
    call = Call("call_1", "f", "", {"extra_content": {"sig": "x"}}, "out")
    window = build([ToolCallItem((call,), "run_1")], instructions=None, budget=PLENTY)
    assert window.messages[0]["tool_calls"] == [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"sig": "x"},
        }
    ]


def test_images_are_shown_by_address_and_named_otherwise() -> None:
    url = {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}
    file = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    text = {"type": "text", "text": {"value": "look"}}
    assert told([said("user", [text, file])]) == ["look\n\n[image file-1: the file no longer exists]"]
    assert told([said("assistant", [text, file])]) == ["look\n\n[image: file file-1]"]
    assert told([said("user", [text, url])]) == [[{"type": "text", "text": "look"}, url]]
    assert told([said("assistant", [url])]) == ["[image: https://x/y.png]"]


def test_auto_keeps_the_first_user_message_and_the_newest_and_drops_the_middle() -> None:
    items: list[Item] = [
        said("user" if n % 2 == 0 else "assistant", f"{n} " + "word " * 50) for n in range(21)
    ]
    kept = [text.split()[0] for text in told(items, budget=300)]
    assert kept == ["0", "17", "18", "19", "20"]


def test_auto_never_drops_the_newest_user_message() -> None:
    assert told([said("user", "a " * 500), said("user", "b " * 500)], budget=10) == ["b " * 500]


def pinned(item: MessageItem) -> MessageItem:
    return MessageItem(item.message.model_copy(update={"metadata": {PINNED: "true"}}))


def test_what_is_pinned_is_never_dropped_shortened_or_summarized() -> None:
    long = "word " * 3_000
    items: list[Item] = [
        said("user", "0"),
        pinned(said("assistant", f"1 {long}")),
        said("user", f"2 {long}"),
        pinned(said("user", "3")),
        summary("In short."),
        said("assistant", f"4 {long}"),
        said("user", "5"),
    ]
    whole = build(items, instructions=None, budget=PLENTY).messages
    assert [message["role"] for message in whole] == ["user", "assistant", "user", "assistant", "user"]
    assert "In short." in whole[0]["content"]
    assert [message["content"][:2] for message in whole[1:]] == ["1 ", "3", "4 ", "5"]
    for shortens in (True, False):
        short = build(items, instructions=None, budget=3_500, shortens=shortens).messages
        assert f"1 {long}" in [message["content"] for message in short]
        assert "3" in [message["content"] for message in short]
        assert f"4 {long}" not in [message["content"] for message in short]
    assert told(items, last_messages=1)[-3:] == [f"1 {long}", "3", "5"]


async def test_a_pinned_message_is_told_however_much_was_said_since(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model, default_context_tokens=1_000) as engine:
        thread = await a_thread(engine, "The first question.", "one", "two")
        made = await an_assistant(engine)
        mark = {"metadata": {PINNED: "true"}}
        for n in range(40):
            text = "The word is heron." if n == 0 else f"{n} " + "word " * 130
            await engine.messages.create_message(
                CreateMessage(thread_id=thread.id, role="user", content=text, **(mark if n == 0 else {}))
            )
        await collect(engine.runs.stream_create_run(CreateRun(thread_id=thread.id, assistant_id=made.id)))
        run = await engine.runs.list_runs(ListRuns(thread_id=thread.id))
    got = [message["content"] for message in model.requests[0].messages]
    assert got[:2] == ["The first question.", "The word is heron."]
    assert got[-1].startswith("39 ")
    assert run.data[0].left_out == 43 - len(got)


def summary(text: str) -> MessageItem:
    item = said("assistant", text)
    return MessageItem(item.message.model_copy(update={"metadata": {SUMMARY: "on"}}))


def test_long_outputs_and_then_long_messages_are_shortened_before_any_is_left_out() -> None:
    items: list[Item] = [
        said("user", "First. " + "word " * 3_000),
        said("assistant", "Let me see.", run_id="run_1"),
        called("begin " + "out " * 6_000 + "end"),
        said("assistant", "Short."),
        said("user", "Last? " + "word " * 3_000),
    ]
    everything = build(items, instructions="Be.", budget=PLENTY, shortens=True)
    assert (everything.left_out, everything.shortened) == (0, 0)
    one = build(items, instructions="Be.", budget=9_000, shortens=True)
    assert (one.left_out, one.shortened) == (0, 1)
    contents = [message["content"] for message in one.messages]
    assert contents[3].startswith("begin out")
    assert contents[3].endswith("out end")
    assert " characters are left out here …]" in contents[3]
    both = build(items, instructions="Be.", budget=4_200, shortens=True)
    assert (both.left_out, both.shortened) == (0, 2)
    assert both.tokens <= 4_200
    # what is said last stays whole, and so do the instructions; without the switch nothing is shortened
    assert both.messages[0]["content"] == "Be."
    assert both.messages[-1]["content"] == items[-1].message.text  # type: ignore[union-attr]
    plain = build(items, instructions="Be.", budget=9_000)
    assert (plain.left_out, plain.shortened) == (1, 0)
    assert all("left out here" not in str(message["content"]) for message in plain.messages)


def test_where_shortening_is_not_enough_calls_go_before_words_and_the_oldest_words_first() -> None:
    items: list[Item] = [said("user", "q")]
    for n in range(6):
        items += [called(f"{n} " + "out " * 300, turn=n), said("assistant", f"{n} " + "word " * 200)]
    items += [said("user", "next")]
    window = build(items, instructions=None, budget=1_000, shortens=True)
    told_now = [str(message["content"]).split()[0] for message in window.messages]
    assert told_now == ["q", "2", "3", "4", "5", "next"]
    assert (window.left_out, window.tokens <= 1_000) == (2, True)
    assert not any(message["role"] == "tool" for message in window.messages)


def test_what_is_left_out_does_not_count_as_shortened() -> None:
    items = [said("user", f"{n} " + "word " * 2_000) for n in range(8)] + [said("user", "last")]
    window = build(items, instructions=None, budget=1_000, shortens=True)
    assert len(window.messages) == 3
    assert (window.left_out, window.shortened) == (6, 2)


def test_the_number_of_newest_messages_is_not_touched_by_shortening() -> None:
    items: list[Item] = [said("user", "a"), said("user", "b " * 5_000), said("user", "c")]
    assert told(items, last_messages=2, shortens=True) == ["b " * 5_000, "c"]


def test_a_summary_stands_for_all_before_it_and_is_never_dropped_or_shortened() -> None:
    before = [said("user", "old " * 50), called("x"), said("assistant", "older")]
    after = [said("user", "q1"), said("assistant", "a1 " * 300), said("user", "q2")]
    long = "fact " * 3_000
    window = build(
        [*before, summary("no"), said("user", "more"), summary(long), *after],
        instructions=None,
        budget=3_900,
        shortens=True,
    )
    first = window.messages[0]["content"]
    assert long in first
    assert first.endswith("\n\nq1")
    assert "old" not in str(window.messages)
    assert "no\n" not in str(window.messages)
    assert window.messages[-1]["content"] == "q2"
    # without a question after it, it is told alone; a picture does not hide it
    assert told([summary("S")])[0].count("S") == 1
    url = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    assert [part["type"] for part in told([summary("S"), said("user", [url])])[0]] == ["text", "image_url"]


@pytest.mark.parametrize("shortens", [False, True])
def test_a_summary_stays_where_the_question_after_it_no_longer_fits(shortens: bool) -> None:
    items = [
        summary("S"),
        said("user", "huge " * 3_000),
        said("assistant", "a1 " * 300),
        said("user", "q2"),
        said("assistant", "a2"),
        said("user", "q3"),
    ]
    window = build(items, instructions=None, budget=100, shortens=shortens)
    contents = [str(message["content"]) for message in window.messages]
    assert [message["role"] for message in window.messages] == ["user", "assistant", "user"]
    assert "\nS\n" in contents[0]
    assert contents[0].endswith("\n\nq2")
    assert contents[1:] == ["a2", "q3"]
    assert (window.tokens <= 100, window.left_out) == (True, 2)


def test_a_summary_comes_before_an_answer_whose_question_is_left_out() -> None:
    items = [summary("S"), said("user", "huge " * 3_000), said("assistant", "a1"), said("user", "q2")]
    window = build(items, instructions=None, budget=100)
    contents = [str(message["content"]) for message in window.messages]
    assert [message["role"] for message in window.messages] == ["user", "assistant", "user"]
    assert "\nS\n" in contents[0]
    assert contents[1:] == ["a1", "q2"]


def test_calls_are_never_parted_from_their_outputs() -> None:
    items: list[Item] = [said("user", "q"), called("x " * 200), said("assistant", "a"), said("user", "next")]
    for budget in range(0, 400, 10):
        roles = [m["role"] for m in build(items, instructions=None, budget=budget).messages]
        assert roles.count("tool") == sum(
            "tool_calls" in m for m in build(items, instructions=None, budget=budget).messages
        )
        assert roles[-1] == "user"


def test_what_the_run_itself_did_is_always_told() -> None:
    items: list[Item] = [said("user", "q"), called("x " * 500, own=True)]
    assert told(items, budget=5) == ["q", None, "x " * 500]


def test_last_messages_counts_messages_from_before_the_run() -> None:
    items: list[Item] = [
        said("user", "a"),
        said("assistant", "b"),
        said("user", "c"),
        said("assistant", "d", own=True),
    ]
    assert told(items, last_messages=1) == ["c", "d"]
    assert told(items, last_messages=2) == ["b", "c", "d"]
    assert told(items, last_messages=9) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog.", 9, 13),
        ("def f(x):\n    return x + 1\n", 8, 16),
        ("日本語のテキストです", 8, 12),
        ("Съешь же ещё этих мягких французских булок", 12, 24),
    ],
)
def test_the_estimate_is_near_the_truth(text: str, low: int, high: int) -> None:
    assert low <= estimate(text) <= high


async def test_a_long_thread_is_read_only_as_far_as_it_is_needed(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model, default_context_tokens=2_000) as engine:
        await play(engine, *(f"{n} " + "word " * 100 for n in range(300)))
    kept = [int(message["content"].split()[0]) for message in model.requests[0].messages]
    assert kept[0] == 0
    assert kept[1:] == list(range(kept[1], 300))
    assert 5 < len(kept) < 20


async def test_last_messages_holds_for_a_run(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        strategy = TruncationStrategy(type="last_messages", last_messages=2)
        run = run_of(await play(engine, "a", "b", "c", truncation_strategy=strategy))
        assert len(await messages_of(engine, run.thread_id)) == 4
    assert [message["content"] for message in model.requests[0].messages] == ["b", "c"]


async def test_a_run_says_what_it_left_out_and_shortened(tmp_path: Path) -> None:
    model = FakeModel()
    long = [f"{n} " + "word " * (700 if n < 3 else 100) for n in range(60)]
    async with opened(tmp_path, model, default_context_tokens=3_000) as engine:
        plain = run_of(await play(engine, *long))
        strategy = TruncationStrategy(type="auto", shorten=True)
        short = run_of(await play(engine, *long[:5], truncation_strategy=strategy))
        whole = run_of(await play(engine, "Hi"))
    got = len(model.requests[0].messages)
    assert plain.left_out == 60 - got
    assert plain.shortened is None
    assert (short.left_out, short.shortened) == (None, 1)
    assert "left_out" not in whole.to_json()
    assert plain.truncation_strategy is not None
    assert plain.truncation_strategy.to_json() == {"type": "auto", "last_messages": None}


async def test_a_summary_is_told_however_much_was_said_since(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model, default_context_tokens=1_000) as engine:
        thread = await a_thread(engine, "The first question.", "old " * 9)
        made = await an_assistant(engine)
        for n in range(40):
            how = {"metadata": {SUMMARY: "2"}, "role": "assistant"} if n == 0 else {"role": "user"}
            text = "The word is heron." if n == 0 else f"{n} " + "word " * 130
            await engine.messages.create_message(
                CreateMessage.model_validate({"thread_id": thread.id, "content": text, **how})
            )
        await collect(engine.runs.stream_create_run(CreateRun(thread_id=thread.id, assistant_id=made.id)))
        run = await engine.runs.list_runs(ListRuns(thread_id=thread.id))
    got = model.requests[0].messages
    assert "heron" in got[0]["content"]
    assert "The first question." not in str(got)
    assert got[-1]["content"].startswith("39 ")
    assert run.data[0].left_out == 39 - len(got)


async def test_a_summary_tells_the_beginning_of_a_thread_of_four_times_the_context_until_it_is_deleted(
    tmp_path: Path,
) -> None:
    model = FakeModel()
    async with opened(tmp_path, model, default_context_tokens=2_000) as engine:
        thread = await a_thread(engine, *(f"{n} " + "word " * 130 for n in range(60)))
        made = await an_assistant(engine)

        async def say(text: str) -> None:
            await engine.messages.create_message(
                CreateMessage(thread_id=thread.id, role="user", content=text)
            )
            wanted = CreateRun(thread_id=thread.id, assistant_id=made.id)
            await collect(engine.runs.stream_create_run(wanted))

        kept = await engine.messages.create_message(
            CreateMessage(
                thread_id=thread.id, role="assistant", content="The word is heron.", metadata={SUMMARY: "on"}
            )
        )
        await say("What is the word?")
        (asked,) = model.requests[0].messages
        assert "heron" in asked["content"]
        # other clients see everything; undone, the messages are told again
        assert len(await messages_of(engine, thread.id)) == 63
        await engine.messages.delete_message(MessageParams(thread_id=thread.id, message_id=kept.id))
        await say("And now?")
    assert "heron" not in str(model.requests[1].messages)
    assert model.requests[1].messages[0]["content"].startswith("0 word")
