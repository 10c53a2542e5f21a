from __future__ import annotations

import pytest

from aimltui.tui.state.entries import (
    Appended,
    ErrorEntry,
    GuideEntry,
    MessageEntry,
    NoticeEntry,
    QueuedEntry,
    RunEntry,
    StepEntry,
)
from aimltui.tui.state.entry_list import joined
from aimltui.tui.state.thread_view import Snapshot, ThreadView
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.messages import Message
from tests.support.mirror import Mirror
from tests.support.run_scenes import SCENES, START, Act, End, Hold, Ids, Player, Say

NAMES = {"asst_1": "Corn expert"}


def user(message_id: str, text: str, at: int = START) -> Message:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return Message.model_validate(
        {"id": message_id, "role": "user", "content": content, "created_at": at, "thread_id": "thread_1"}
    )


class Talk:
    """A conversation seen live by a view and a mirror, and kept as a server would."""

    def __init__(self) -> None:
        self.ids = Ids()
        self.view = ThreadView(NAMES)
        self.mirror = Mirror()
        self.messages: list[Message] = []
        self.players: list[Player] = []

    def say(self, text: str, at: int = START) -> None:
        message = user(self.ids("msg_"), text, at)
        pending, changes = self.view.add_pending(text)
        self.mirror.apply(changes)
        self.messages.append(message)
        self.mirror.apply(self.view.settle_pending(pending, message))

    def run(self, acts: tuple[Act, ...], at: int = START, batch: int = 1) -> Player:
        player = Player("thread_1", ids=self.ids, now=at)
        self.players.append(player)
        waiting = []
        for number, event in enumerate(player.play(acts)):
            assert not isinstance(event, Hold)
            waiting += self.view.apply(event)
            if number % batch == 0:
                self.mirror.apply(joined(waiting))
                waiting = []
        self.mirror.apply(joined(waiting))
        self.messages += player.messages.values()
        return player

    def snapshot(self) -> Snapshot:
        runs = [player.run for player in self.players]
        steps = {player.run.id: list(player.steps.values()) for player in self.players}
        return Snapshot(self.messages, runs, steps)

    def reopened(self) -> ThreadView:
        return ThreadView.from_snapshot(self.snapshot(), NAMES)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("batch", [1, 7])
def test_what_is_seen_live_is_what_is_read_back(name: str, batch: int) -> None:
    talk = Talk()
    talk.say("Hello")
    talk.run(SCENES[name], batch=batch)
    assert talk.view.entries == talk.reopened().entries
    assert talk.mirror.entries == talk.view.entries


def test_a_whole_conversation_within_one_second_keeps_its_order() -> None:
    talk = Talk()
    for name in SCENES:
        talk.say(f"Now {name}")
        talk.run(SCENES[name])
    assert talk.view.entries == talk.reopened().entries
    assert talk.mirror.entries == talk.view.entries


def test_a_cancelled_run_keeps_its_text_and_says_why_it_ends() -> None:
    talk = Talk()
    talk.say("Hello")
    player = talk.run((Say(("Half",), ""),))
    for event in player.cancelled():
        talk.mirror.apply(talk.view.apply(event))
    talk.messages[-1] = player.messages[talk.messages[-1].id]
    answer, line = talk.view.entries[1:]
    assert isinstance(answer, MessageEntry)
    assert (answer.text, answer.streaming, answer.incomplete_reason) == ("Half", False, "run_cancelled")
    assert isinstance(line, RunEntry)
    assert line.status == "cancelled"
    assert talk.view.entries == talk.reopened().entries


def test_the_parts_of_a_run_stand_in_the_order_in_which_it_made_them() -> None:
    talk = Talk()
    talk.say("One and one?")
    talk.run(SCENES["said, did, said"])
    kinds = [type(entry) for entry in talk.view.entries]
    assert kinds == [MessageEntry, MessageEntry, StepEntry, MessageEntry, RunEntry]


def test_a_failure_is_a_card_between_the_answer_and_the_receipt() -> None:
    talk = Talk()
    talk.say("Hello")
    talk.run(SCENES["failed in the middle"])
    question, answer, card, line = talk.view.entries
    assert isinstance(card, ErrorEntry)
    assert "did not accept the API key" in card.detail
    assert card.remedy
    assert card.request_id == "req_123"
    assert isinstance(answer, MessageEntry)
    assert answer.text == "Half an"
    assert isinstance(line, RunEntry)
    assert line.status == "failed"
    assert isinstance(question, MessageEntry)


def test_the_receipt_holds_tokens_cost_and_time() -> None:
    talk = Talk()
    talk.run(SCENES["answer"])
    line = talk.view.entries[-1]
    assert isinstance(line, RunEntry)
    assert (line.prompt_tokens, line.completion_tokens, line.cost_usd) == (21, 9, 0.0043)
    assert line.started_at is not None
    assert line.ended_at == line.started_at + 2.5


def test_an_answer_bears_its_assistants_name() -> None:
    talk = Talk()
    talk.run(SCENES["answer"])
    assert isinstance(talk.view.entries[0], MessageEntry)
    assert talk.view.entries[0].author == "Corn expert"


def test_a_citation_has_a_place_in_the_text_and_a_number() -> None:
    talk = Talk()
    talk.run(SCENES["citation"])
    entry = talk.view.entries[0]
    assert isinstance(entry, MessageEntry)
    (citation,) = entry.citations
    assert entry.text[citation.start : citation.end] == "【4:0†source】"
    assert citation.number == 1


def test_a_notice_goes_when_the_run_goes_on() -> None:
    talk = Talk()
    player = Player("thread_1", ids=talk.ids)
    events = [event for event in player.play((Say(("At last",)), End())) if isinstance(event, StreamEvent)]
    for event in events[:3]:
        talk.mirror.apply(talk.view.apply(event))
    notice = StreamEvent("aimltui.notice", Notice(run_id=player.run.id, text="Trying again."))
    talk.mirror.apply(talk.view.apply(notice))
    assert [type(entry) for entry in talk.mirror.entries] == [NoticeEntry, RunEntry]
    for event in events[3:]:
        talk.mirror.apply(talk.view.apply(event))
    assert not [entry for entry in talk.mirror.entries if isinstance(entry, NoticeEntry)]


@pytest.mark.parametrize(("kind", "level"), [("reading", "info"), ("retry", "warning")])
def test_that_a_file_is_read_is_no_warning(kind: str, level: str) -> None:
    talk = Talk()
    notice = Notice(run_id="run_1", kind=kind, text="Indexing a.txt (3 %)")
    talk.mirror.apply(talk.view.apply(StreamEvent("aimltui.notice", notice)))
    (entry,) = talk.mirror.entries
    assert isinstance(entry, NoticeEntry)
    assert entry.level == level


def test_queued_messages_stay_at_the_end() -> None:
    talk = Talk()
    talk.say("Hello")
    talk.mirror.apply(talk.view.add_local(QueuedEntry("q1", "and then")))
    talk.run(SCENES["code"])
    talk.mirror.apply(talk.view.add_local(ErrorEntry("e1", "No")))
    assert [entry.id for entry in talk.view.entries][-1] == "q1"
    assert talk.mirror.entries == talk.view.entries


def test_following_a_run_from_its_start_again_shows_it_once() -> None:
    talk = Talk()
    talk.say("Hello")
    player = talk.run((Say(("Half", " an")), End()))
    again = ThreadView.from_snapshot(talk.snapshot(), NAMES)
    mirror = Mirror(again.entries)
    again.begin_run()
    for event in player.log:
        mirror.apply(again.apply(event))
    assert again.entries == talk.view.entries
    assert mirror.entries == again.entries


def test_reconciling_with_what_is_there_changes_nothing() -> None:
    talk = Talk()
    for name in SCENES:
        talk.say(name)
        talk.run(SCENES[name])
    assert talk.view.reconcile(talk.snapshot()) == []


def test_reconciling_brings_what_another_window_did_and_keeps_what_is_local() -> None:
    talk = Talk()
    talk.say("Hello")
    talk.run(SCENES["answer"])
    other = ThreadView.from_snapshot(talk.snapshot(), NAMES)
    mirror = Mirror(other.entries)
    mirror.apply(other.add_local(ErrorEntry("local:1", "No connection")))
    mirror.apply(other.add_local(QueuedEntry("local:2", "later")))
    talk.say("More", START + 9)
    talk.run(SCENES["code"], START + 9)
    changes = other.reconcile(talk.snapshot())
    assert changes is not None
    mirror.apply(changes)
    assert mirror.entries == other.entries
    assert [e for e in other.entries if not e.id.startswith("local:")] == talk.view.entries
    assert other.entries[-1].id == "local:2"
    assert [e.id for e in other.entries].index("local:1") == 3


def test_a_snapshot_of_the_newest_part_keeps_the_older_part() -> None:
    talk = Talk()
    for number in range(4):
        talk.say(f"Number {number}", START + number)
        talk.run(SCENES["answer"], START + number)
    whole = talk.snapshot()
    newest = Snapshot(whole.messages[4:], whole.runs[2:], whole.steps_by_run, has_more=True)
    assert talk.view.reconcile(newest) == []
    assert len(talk.view.entries) == 12


def test_older_messages_go_before_all_others() -> None:
    talk = Talk()
    for number in range(4):
        talk.say(f"Number {number}", START + number)
        talk.run(SCENES["code"], START + number)
    whole = talk.snapshot()
    view = ThreadView.from_snapshot(
        Snapshot(whole.messages[4:], whole.runs[2:], whole.steps_by_run, True), NAMES
    )
    mirror = Mirror(view.entries)
    mirror.apply(view.prepend(Snapshot(whole.messages[:4], whole.runs[:2], whole.steps_by_run)))
    assert view.entries == talk.view.entries
    assert mirror.entries == view.entries


def test_the_active_run_is_the_newest_and_only_while_it_is_active() -> None:
    talk = Talk()
    talk.run((Say(("Half",), ""),))
    assert talk.view.runs.active is not None
    talk.run((End(),))
    assert talk.view.runs.active is None


def test_pieces_of_one_message_are_joined_and_keep_their_place() -> None:
    changes = [Appended("a", "1"), Appended("a", "2"), Appended("b", "3"), Appended("a", "4")]
    assert joined(changes) == [Appended("a", "12"), Appended("b", "3"), Appended("a", "4")]


def test_guides_stand_at_the_top_and_are_replaced() -> None:
    view, mirror = ThreadView(), Mirror()
    assert view.facts.is_blank
    mirror.apply(view.show_guides([GuideEntry("guide", "Welcome")]))
    assert view.facts.is_blank
    mirror.apply(view.add_pending("Hi")[1])
    assert not view.facts.is_blank
    mirror.apply(view.show_guides([GuideEntry("choice", "Look"), GuideEntry("other", "Set up")]))
    assert mirror.ids[:2] == ["choice", "other"]
    mirror.apply(view.show_guides(()))
    assert [type(entry) for entry in mirror.entries] == [MessageEntry]
