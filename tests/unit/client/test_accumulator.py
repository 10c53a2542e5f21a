from __future__ import annotations

import pytest

from aimltui.client.accumulator import merge
from aimltui.client.changes import Appended, MessageChanged
from aimltui.wire.events import StreamEvent, decode
from tests.support.folded import Folded
from tests.support.run_scenes import SCENES, Hold, Ids, Player


def played(name: str) -> tuple[Player, list[StreamEvent]]:
    player = Player("thread_1", ids=Ids())
    return player, [event for event in player.play(SCENES[name]) if not isinstance(event, Hold)]


def delta(text: str, message_id: str = "msg_1", index: int = 0) -> StreamEvent:
    content = [{"index": index, "type": "text", "text": {"value": text}}]
    event = decode("thread.message.delta", {"id": message_id, "delta": {"content": content}})
    assert event is not None
    return event


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_folds_into_what_the_server_stored(name: str) -> None:
    player, events = played(name)
    result = Folded(events)
    assert result.run == player.run
    assert result.messages == list(player.messages.values())
    assert result.steps == list(player.steps.values())


@pytest.mark.parametrize("name", ["answer", "code", "citation", "refusal", "two messages"])
def test_the_deltas_alone_give_the_same_content(name: str) -> None:
    player, events = played(name)
    finals = ("thread.message.completed", "thread.run.step.completed")
    result = Folded([event for event in events if event.event not in finals])
    assert [message.content for message in result.messages] == [m.content for m in player.messages.values()]
    assert [step.step_details for step in result.steps] == [s.step_details for s in player.steps.values()]


@pytest.mark.parametrize("name", SCENES)
def test_hearing_every_event_twice_changes_nothing(name: str) -> None:
    player, events = played(name)
    result = Folded([event for event in events for _ in range(2)])
    assert result.messages == list(player.messages.values())
    assert result.steps == list(player.steps.values())


@pytest.mark.parametrize("name", SCENES)
def test_a_server_that_never_announces_anything_is_understood(name: str) -> None:
    player, events = played(name)
    result = Folded([event for event in events if not event.event.endswith((".created", "in_progress"))])
    assert result.run == player.run
    assert {m.id for m in result.messages} >= {
        m.id for m in player.messages.values() if m.status != "in_progress"
    }


def test_what_comes_after_the_last_word_is_passed_over() -> None:
    player, events = played("answer")
    result = Folded([*events, delta("late", "msg_1"), StreamEvent("thread.run.in_progress", events[2].data)])
    assert result.messages[0].text == player.messages["msg_1"].text
    assert result.run is not None
    assert result.run.status == "completed"


def test_a_delta_for_an_unknown_message_makes_it_up() -> None:
    accumulator = Folded()
    first = accumulator.fold(delta("Hel"))
    assert isinstance(first, MessageChanged)
    assert first.message.role == "assistant"
    assert accumulator.fold(delta("lo")) == Appended("msg_1", "lo")
    assert accumulator.messages[0].text == "Hello"


def test_an_announcement_after_the_first_deltas_takes_no_text_back() -> None:
    _, events = played("answer")
    created = next(event for event in events if event.event == "thread.message.created")
    accumulator = Folded([delta("Hello")])
    accumulator.fold(StreamEvent(created.event, created.data))
    assert accumulator.messages[0].text == "Hello"


def test_a_content_index_out_of_all_measure_is_dropped() -> None:
    accumulator = Folded()
    accumulator.fold(delta("a"))
    accumulator.fold(delta("b", index=10**9))
    accumulator.fold(delta("c", index=-1))
    assert accumulator.messages[0].text == "a"


def test_a_gap_between_content_indices_is_survived() -> None:
    accumulator = Folded()
    accumulator.fold(delta("a"))
    accumulator.fold(delta("b", index=2))
    assert [part.text.value for part in accumulator.messages[0].content] == ["a", "", "b"]  # type: ignore[union-attr]


def test_names_and_ids_sent_twice_are_not_doubled() -> None:
    whole = merge(
        {"id": "call_1", "name": "f", "arguments": "{"}, {"id": "call_1", "name": "f", "arguments": "}"}
    )
    assert whole == {"id": "call_1", "name": "f", "arguments": "{}"}


def test_a_long_text_costs_no_copy_a_delta() -> None:
    accumulator = Folded()
    accumulator.fold(delta("x"))
    grown = [accumulator.fold(delta("word ")) for _ in range(20_000)]
    assert all(isinstance(change, Appended) for change in grown)
    assert len(accumulator.messages[0].text) == 100_001


@pytest.mark.parametrize("calls", [True, 5, "x", {"a": 1}, [5], None])
def test_calls_that_are_none_are_passed_over(calls: object) -> None:
    def told(calls: object) -> StreamEvent:
        details = {"type": "tool_calls", "tool_calls": calls}
        event = decode("thread.run.step.delta", {"id": "step_1", "delta": {"step_details": details}})
        assert event is not None
        return event

    call = {"index": 0, "id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "1 + 1"}}
    (step,) = Folded([told(calls), told([call])]).steps
    assert step.step_details.to_json()["tool_calls"][0]["code_interpreter"]["input"] == "1 + 1"
