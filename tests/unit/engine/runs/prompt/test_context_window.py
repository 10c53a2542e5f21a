from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.accounting.tokens import estimate
from aimltui.engine.runs.prompt.context_window import Item, MessageItem, ToolCallItem, build
from aimltui.engine.runs.tool_calls import Call
from aimltui.wire.messages import Message
from aimltui.wire.tools import TruncationStrategy
from tests.support.builders import messages_of, opened, play, run_of
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
