from __future__ import annotations

import asyncio

import pytest

from aimltui.tui.controllers.change_buffer import BEHIND_S, ChangeBuffer
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.open_conversations import OpenConversations
from aimltui.tui.controllers.pending_decisions import PendingDecisions
from aimltui.tui.state.entries import Appended, Removed


class Receiver:
    def __init__(self, frame_s: float) -> None:
        self.announced = asyncio.Event()
        self.count = 0
        self.box = ChangeBuffer(self._announce, frame_s)

    def _announce(self) -> None:
        self.count += 1
        self.announced.set()

    async def drain(self) -> object:
        await asyncio.wait_for(self.announced.wait(), 60)
        self.announced.clear()
        return self.box.drain()


async def test_the_first_change_is_announced_at_once() -> None:
    receiver = Receiver(60)
    receiver.box.add([Appended("a", "x")])
    assert receiver.count == 1
    assert await receiver.drain() == [Appended("a", "x")]


async def test_what_comes_before_it_is_taken_is_announced_once_and_joined() -> None:
    receiver = Receiver(60)
    for _ in range(1_000):
        receiver.box.add([Appended("a", "x")])
    assert receiver.count == 1
    assert await receiver.drain() == [Appended("a", "x" * 1_000)]


async def test_after_a_frame_the_rest_comes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver(600)
    receiver.box.add([Appended("a", "1")])
    await receiver.drain()
    receiver.box.add([Appended("a", "2")])
    receiver.box.add([Removed("a")])
    assert receiver.count == 1
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 600)
    assert await receiver.drain() == [Appended("a", "2"), Removed("a")]
    assert receiver.count == 2


async def test_conversations_side_by_side_share_the_frames_of_one() -> None:
    # the frame of one is over at once, that of so many lasts a minute
    for conversations, announced in ((1, 2), (60_000_000_000, 1)):
        receiver = Receiver(1e-9)
        receiver.box.share_frames(conversations)
        receiver.box.add([Appended("a", "1")])
        await receiver.drain()
        receiver.box.add([Appended("a", "2")])
        assert receiver.count == announced
        receiver.box.close()


async def test_a_key_press_does_not_wait_for_the_frame() -> None:
    receiver = Receiver(60)
    receiver.box.add([Appended("a", "1")])
    await receiver.drain()
    receiver.box.add([Appended("a", "2")], at_once=True)
    assert receiver.count == 2


async def test_showing_anew_makes_what_came_before_unimportant() -> None:
    receiver = Receiver(60)
    receiver.box.add([Appended("a", "1")])
    receiver.box.add(None)
    receiver.box.add([Appended("a", "2")])
    assert await receiver.drain() is None
    assert receiver.box.drain() == []


async def test_a_closed_outbox_says_nothing_more() -> None:
    receiver = Receiver(0.01)
    receiver.box.add([Appended("a", "1")])
    await receiver.drain()
    receiver.box.add([Appended("a", "2")])
    receiver.box.close()
    await asyncio.sleep(0.03)
    assert receiver.count == 1


async def test_text_of_a_conversation_behind_the_screen_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)
    receiver = Receiver(1e-9)
    receiver.box.is_behind = True
    receiver.box.add([Appended("a", "1")])
    receiver.box.drain()
    now += BEHIND_S / 2
    receiver.box.add([Appended("a", "2")])
    assert receiver.count == 1
    now += BEHIND_S
    receiver.box.close()
    receiver.box.add([Appended("a", "3")])
    assert receiver.count == 2
    assert receiver.box.drain() == [Appended("a", "23")]
    receiver.box.is_behind = False
    now += 1e-6
    receiver.box.add([Appended("a", "4")])
    assert receiver.count == 3


async def test_the_conversation_on_the_screen_is_not_behind_it_and_a_left_one_is() -> None:
    decisions = PendingDecisions(None, None)  # type: ignore[arg-type]
    conversations = OpenConversations(
        lambda thread_id, _is_temporary: Conversation(thread_id, {}, lambda _: None),
        lambda _: None,  # type: ignore[arg-type,return-value]
        decisions,
    )
    first = conversations.show("thread_1")
    first.is_sending = True
    assert not first.buffer.is_behind
    second = conversations.show("thread_2")
    assert (first.buffer.is_behind, second.buffer.is_behind) == (True, False)
    assert conversations.show("thread_1") is first
    assert not first.buffer.is_behind
    first.shown_beside = lambda _changes: None
    conversations.show_new()
    assert not first.buffer.is_behind
