"""The parts in which a long thread is summarized, and the marks of what a summary replaces."""

from __future__ import annotations

from pathlib import Path

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.tui.controllers.compaction import Compaction, parts_of
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.run_plan import Plan
from aimltui.tui.state.entries import MessageEntry, NoticeEntry
from aimltui.tui.state.summary_marks import with_replaced
from aimltui.wire.messages import Message
from aimltui.wire.threads import ListThreads
from tests.support.builders import a_thread, an_assistant, opened
from tests.support.fake_model import FakeModel, says


def said(number: int, text: str, role: str = "user") -> Message:
    content = [{"type": "text", "text": {"value": text}}]
    return Message.model_validate({"id": f"msg_{number}", "role": role, "content": content})


def test_a_long_conversation_is_cut_between_messages_and_no_word_is_lost() -> None:
    messages = tuple(said(n, f"{n} " + "word " * (20 + 40 * (n % 2)), "user") for n in range(40))
    whole = parts_of(messages, 10**9)
    assert len(whole) == 1
    parts = parts_of(messages, 700)
    assert all(len(part) <= 700 for part in parts)
    assert "".join("".join(parts).split()) == "".join(whole[0].split())
    assert all(part.startswith("User: ") for part in parts)
    assert parts_of((said(1, "x" * 2_000),), 700)[0] == "User: " + "x" * 694
    assert parts_of((), 700) == []


async def test_a_thread_of_four_times_the_context_is_summarized_in_parts_from_its_beginning(
    tmp_path: Path,
) -> None:
    model = FakeModel(*(says(f"Summary {n}.") for n in range(1, 60)))
    async with opened(tmp_path, model, default_context_tokens=2_000) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        first = "The code word is heron."
        thread = await a_thread(engine, first, *(f"{n} " + "word " * 130 for n in range(60)))
        assistant = await an_assistant(engine)

        async def plan(_: Conversation) -> Plan:
            return Plan(thread.id, assistant.id, "fake")

        async def reload(_: Conversation) -> None:
            pass

        conversation = Conversation(thread.id, {}, lambda _: None)
        compaction = Compaction(client, plan, reload, lambda: 1.0)
        reading = await compaction.read(conversation)
        assert reading.count == 61
        texts = [text async for text in compaction.summarize(conversation, reading)]
        count = len(model.requests)
        assert count > 3
        assert first in model.requests[0].messages[-1]["content"]
        # each part is read with the summary of those before it
        assert "Summary 1." in model.requests[1].messages[-1]["content"]
        assert texts[-1] == f"Summary {count}."
        await compaction.save(conversation, reading, texts[-1])
        again = await compaction.read(conversation)
        assert (len(again.messages), again.count) == (1, 0)
        assert len((await client.threads.list(ListThreads(limit=100))).data) == 1


def test_what_a_summary_replaces_is_marked_and_nothing_else() -> None:
    def message(number: int, *, is_summary: bool = False) -> MessageEntry:
        return MessageEntry(f"msg_{number}", "user", "You", is_summary=is_summary)

    entries = [
        message(1),
        message(2, is_summary=True),
        NoticeEntry("local:1", ""),
        message(3),
        message(4, is_summary=True),
        message(5),
    ]
    marked = with_replaced(entries)
    assert [getattr(one, "is_replaced", None) for one in marked] == [True, True, None, True, False, False]
    # undone, they are as before; an older part is replaced by what comes after it
    assert with_replaced([*marked[:4], marked[5]])[3:] == [message(3), message(5)]
    assert all(one.is_replaced for one in with_replaced([message(1)], has_later=True))  # type: ignore[union-attr]
