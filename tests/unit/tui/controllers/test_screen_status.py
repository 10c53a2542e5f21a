"""What the bars of the main screen say follows from the workspace and from what the widgets know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.commands.derived import STATE_WORDS
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.screen_status import (
    ScreenFacts,
    can_send_again,
    command_words,
    endpoint_text,
    model_text,
    placeholder,
    status_of,
)
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.status import Status
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import Run
from tests.support.fake_transport import FakeTransport


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    connected = Connected(AssistantsClient(FakeTransport()), "test server", "demo")

    async def connect() -> Connected:
        return connected

    return Workspace(connected, Startup(connect, DraftStore(tmp_path)), lambda _: None, lambda *_: None)


def take(conversation: Conversation, status: Any, **more: Any) -> None:
    """Let the conversation have a run with this status."""
    run = Run(
        id="run_1",
        thread_id="thread_1",
        assistant_id="asst_1",
        model="demo",
        status=status,
        created_at=100,
        **more,
    )
    conversation.view.apply(StreamEvent(event=f"thread.run.{status}", data=run))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ScreenFacts(), set()),
        (ScreenFacts(list_has_focus=True, is_following=False), {"list", "away"}),
        (ScreenFacts(has_mark=True, block=frozenset({"text"})), {"marked"}),
        (ScreenFacts(letters_act=True), set()),
        (
            ScreenFacts(has_mark=True, letters_act=True, block=frozenset({"text", "saves"})),
            {"marked", "letters", "text", "saves"},
        ),
    ],
)
def test_before_there_is_a_connection_only_the_widgets_count(facts: ScreenFacts, words: set[str]) -> None:
    # a temporary thread may be asked for: that waits
    assert command_words(facts, None) == words | {"memory"}


def test_the_open_thread_and_its_run_count_too(workspace: Workspace) -> None:
    conversation = workspace.current
    assert command_words(ScreenFacts(), workspace) == set()
    conversation.thread_id = "thread_1"
    take(conversation, "in_progress")
    assert command_words(ScreenFacts(), workspace) == {"thread", "running"}
    take(conversation, "failed")
    assert command_words(ScreenFacts(), workspace) == {"thread", "unanswered"} <= STATE_WORDS


@pytest.mark.parametrize(
    ("status", "expected"), [("failed", True), ("cancelled", True), ("completed", False)]
)
def test_only_a_run_without_a_complete_answer_is_sent_again(
    workspace: Workspace, status: str, expected: bool
) -> None:
    take(workspace.current, status)
    assert can_send_again(workspace.current) is expected


def test_the_run_stands_in_the_status_line_only_while_its_own_line_is_out_of_view(
    workspace: Workspace,
) -> None:
    take(workspace.current, "in_progress", started_at=110)
    assert status_of(ScreenFacts(), workspace, 117.9) == Status()
    away = status_of(ScreenFacts(is_following=False, new_lines=3), workspace, 117.9)
    assert (away.run, away.seconds, away.is_away, away.new_lines) == ("running", 7, True, 3)
    workspace.current.is_stopping = True
    assert status_of(ScreenFacts(), workspace, 117.9).run == "stopping"


def test_a_message_on_its_way_is_being_sent(workspace: Workspace) -> None:
    workspace.current.is_sending = True
    status = status_of(ScreenFacts(hint="hello"), workspace, 100)
    assert (status.hint, status.run, status.seconds) == ("hello", "sending", None)


def test_header_and_prompt_name_who_answers(workspace: Workspace) -> None:
    assert (model_text(workspace), endpoint_text(workspace, "offline-demo")) == ("demo", "test server")
    workspace.models.set_default("")
    assert model_text(workspace) == "…", "it is being looked for"
    workspace.models.is_settled = True
    assert model_text(workspace) == ""
    assert placeholder("Ada", is_narrow=True) == "Message Ada…"
    assert placeholder("Ada", is_narrow=False) == "Message Ada…    enter sends, ctrl+j new line"
    assert placeholder("\x1b[31mA" + "d" * 60, is_narrow=True) == f"Message A{'d' * 38}…"
