from __future__ import annotations

import asyncio

from aimltui.engine.events.deltas import ARGUMENTS, CALL, TEXT, CallHead, Delta
from aimltui.engine.events.log import EventLog
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import Run
from tests.support.builders import collect, names, text_of

STATE = StreamEvent("thread.run.in_progress", Run(id="run_1"))


def delta(value: str, message: str = "msg_1") -> Delta:
    return Delta(message, TEXT, 0, value)


async def test_a_slow_follower_gets_neighbouring_deltas_as_one_and_every_state() -> None:
    log = EventLog()
    for value in "abc":
        log.emit(delta(value))
    log.publish([StreamEvent(STATE.event, STATE.data, log.next_index)])
    for value in "de":
        log.emit(delta(value))
    log.emit(delta("f", "msg_2"))
    log.close()
    events = await collect(log.follow())
    assert [event.index for event in events] == [2, 3, 5, 6, None]
    assert text_of(events) == "abcdef"


async def test_a_quick_follower_gets_every_delta() -> None:
    log = EventLog()
    following = log.follow()
    seen = []
    for value in "abc":
        log.emit(delta(value))
        seen.append(await anext(following))
    assert [event.index for event in seen] == [0, 1, 2]
    await following.aclose()


async def test_followers_do_not_disturb_one_another() -> None:
    log = EventLog()
    slow, gone = log.follow(), log.follow()
    log.emit(delta("a"))
    await anext(gone)
    await gone.aclose()
    waiting = asyncio.ensure_future(collect(slow))
    log.emit(delta("b"))
    log.close()
    assert text_of(await waiting) == "ab"


async def test_a_follower_may_begin_in_the_middle() -> None:
    log = EventLog(5)
    for value in "abc":
        log.emit(delta(value))
    log.close()
    assert text_of(await collect(log.follow(5))) == "bc"
    assert text_of(await collect(log.follow(7))) == ""
    assert text_of(await collect(log.follow(2))) == "abc"


async def test_a_follower_that_has_read_further_in_the_database_gets_nothing_twice() -> None:
    """An event is stored before the log publishes it, so a follower may begin after an index that the log lacks."""
    log = EventLog()
    log.publish([StreamEvent(STATE.event, STATE.data, 0)])
    following = log.follow(2)
    waiting = asyncio.ensure_future(collect(following))
    await asyncio.sleep(0)
    log.publish([StreamEvent(STATE.event, STATE.data, index) for index in (1, 2, 3)])
    log.close()
    assert [event.index for event in await waiting] == [3, None]


async def test_heads_of_calls_are_never_merged_and_their_arguments_are() -> None:
    log = EventLog()
    for slot in (0, 1):
        log.emit(Delta("step_1", CALL, slot, CallHead(f"call_{slot}", "f"), True))
    for value in ("{", "}"):
        log.emit(Delta("step_1", ARGUMENTS, 1, value))
    log.close()
    events = await collect(log.follow())
    calls = [event.data.delta.step_details["tool_calls"][0] for event in events[:-1]]  # type: ignore[union-attr]
    assert [call.get("id") for call in calls] == ["call_0", "call_1", None]
    assert calls[2] == {"index": 1, "type": "function", "function": {"arguments": "{}"}}


async def test_nothing_comes_after_the_end() -> None:
    log = EventLog()
    log.close()
    log.emit_transient(STATE)
    assert names(await collect(log.follow())) == ["done"]
