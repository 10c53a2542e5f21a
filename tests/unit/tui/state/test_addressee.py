"""The assistant that one message is addressed to: how it is found, and how drafts and messages remember it."""

from __future__ import annotations

import pytest

from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.state.addressee import Addressee, addressee_in, candidates, matching, metadata_of
from aimltui.tui.state.attached_files import AttachedFile, addressee_of, in_words, parted, with_files
from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.state.pastes import clean_input
from aimltui.tui.state.thread_view import Snapshot, ThreadView
from aimltui.tui.storage.drafts import joined
from aimltui.wire.messages import Message
from aimltui.wire.runs import Run

READER = Addressee("asst_reader", "Contract reader")
REPORT = AttachedFile("/tmp/report.txt", "report.txt", 3, "file_search")
HOSTILE = ['"]}\x02\x03', "two\nlines", "\x1b[31mred", "契約リーダー", "[b]bold[/b]", "\u202eabc", " "]


def found(query: str, *names: str) -> list[str]:
    offered = candidates((f"asst_{place}", name, "m") for place, name in enumerate(names))
    return [one.name for one in matching(offered, query)]


def test_an_assistant_is_found_by_the_beginning_of_its_name_or_of_a_word_in_it() -> None:
    names = ("Contract reader", "Writer", "契約 リーダー")
    assert found("", *names) == list(names)
    assert found("cont", *names) == ["Contract reader"]
    assert found("READ", *names) == ["Contract reader"]
    assert found("contract r", *names) == ["Contract reader"]
    assert found("契約", *names) == found("リー", *names) == ["契約 リーダー"]
    assert found("eader", *names) == found("contract x", *names) == []


def test_an_at_alone_leaves_room_for_files() -> None:
    names = [f"Reader {number}" for number in range(9)]
    assert (len(found("", *names)), len(found("r", *names))) == (4, 9)


def test_equal_names_can_be_told_apart() -> None:
    known = candidates(
        [("asst_aaaa1111", "Expert", "m"), ("asst_bbbb2222", "expert", "m"), ("x", "Other", "m")]
    )
    assert [one.name for one in known] == ["Expert (1111)", "expert (2222)", "Other"]
    assert [one.name for one in candidates([("asst_1", "", "m"), ("asst_2", "\x07", "m")])] == [
        "asst_1",
        "asst_2",
    ]


@pytest.mark.parametrize("name", ["Contract reader", *HOSTILE])
def test_a_draft_keeps_its_addressee(name: str) -> None:
    to = Addressee("asst_1", name)
    draft = with_files("Check this\n", [REPORT], to)
    assert addressee_of(draft) == to
    assert parted(draft) == ("Check this", (REPORT,))
    assert parted(with_files("Check this\n", [], to)) == ("Check this", ())
    # where drafts are joined, as when a queue comes back, the first addressee stays
    assert addressee_of(joined(["plain", draft, with_files("more", [], READER)])) == to
    assert "\x02" not in in_words(draft).replace(name, "")


def test_no_paste_can_address_a_message() -> None:
    assert addressee_of(clean_input(with_files("Hello", [], READER))) is None
    for broken in ('{"to": 1}', '{"to": [1, 2]}', '{"to": ["a"]}', "[]", "{", '"to"'):
        assert addressee_of(f"\x02{broken}\x03Hello") is None
        assert parted(f"\x02{broken}\x03Hello") == ("Hello", ())


async def test_the_queue_and_the_thread_keep_it() -> None:
    conversation = Conversation("thread_1", {}, lambda _: None)
    conversation.enqueue(with_files("Check", [], READER))
    assert addressee_of(conversation.dequeue() or "") == READER
    assert conversation.last_addressee is None
    message = Message(id="msg_1", role="user", metadata=metadata_of(READER))
    assert addressee_in(message.metadata) == READER
    conversation.view.take_message(message)
    assert conversation.last_addressee == READER
    conversation.view.take_message(Message(id="msg_2", role="user"))
    assert conversation.last_addressee is None
    assert len(metadata_of(Addressee("asst_1", "x" * 999))["to_assistant_name"]) <= 512


def test_a_deleted_assistant_keeps_its_name_in_the_transcript() -> None:
    runs = [
        Run(id="run_1", assistant_id="asst_gone", assistant_name="Contract reader", status="completed"),
        Run(id="run_2", assistant_id="asst_here", assistant_name="Old name", status="completed"),
    ]
    messages = [
        Message(id=f"msg_{n}", role="assistant", run_id=run.id, assistant_id=run.assistant_id, created_at=n)
        for n, run in enumerate(runs, 1)
    ]
    view = ThreadView.from_snapshot(Snapshot(messages, runs), {"asst_here": "New name"})
    authors = [entry.author for entry in view.entries if isinstance(entry, MessageEntry)]
    assert authors == ["Contract reader", "New name"]
