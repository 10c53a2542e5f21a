"""Comparing models on servers that cannot copy threads, and comparisons that end before they have begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unreachable, Unsupported
from aimltui.tui.controllers.comparison import Comparison
from aimltui.tui.controllers.messages import ComparisonStarted
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.answerers import Answerer
from aimltui.tui.state.attached_files import with_files
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.branches import CopyThread
from aimltui.wire.threads import Thread
from tests.support.builders import until
from tests.support.fake_transport import FakeTransport

MODELS = (Answerer("oak", "oak"), Answerer("elm", "elm", "home"))


class Screen:
    """Notes the comparison that begins."""

    def __init__(self) -> None:
        self.comparison: Comparison | None = None

    def post(self, message: Message) -> None:
        if isinstance(message, ComparisonStarted):
            self.comparison = message.comparison

    @property
    def problem(self) -> str:
        return self.comparison.columns[1].problem if self.comparison is not None else ""


@asynccontextmanager
async def working(server: FakeTransport, directory: Path) -> AsyncIterator[tuple[Workspace, Screen]]:
    connected = Connected(AssistantsClient(server), "test server", "demo")

    async def connect() -> Connected:
        return connected

    screen = Screen()
    async with asyncio.TaskGroup() as group:

        def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
            group.create_task(work, name=name)

        workspace = Workspace(connected, Startup(connect, DraftStore(directory)), screen.post, spawn)
        await workspace.prepare()
        yield workspace, screen
        await workspace.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unsupported("no"), "This server cannot copy threads, so only one model can answer here."),
        (Unreachable("server:1 does not answer.", "Try again later."), "server:1 does not answer."),
    ],
)
async def test_a_branch_that_cannot_be_made_does_not_hurt_the_first_answer(
    error: Exception, told: str, tmp_path: Path
) -> None:
    server = FakeTransport()
    server.failures["copy_thread"] = [error]
    async with working(server, tmp_path) as (workspace, screen):
        conversation = workspace.current
        conversation.compared = MODELS
        # an assistant that the message is addressed to would answer instead of the models
        workspace.send(with_files("Which?", (), Addressee("asst_1", "Tutor")))
        await until(lambda: screen.problem and not conversation.is_busy)
        assert screen.problem.startswith(told)
        assert screen.comparison is not None
        assert not screen.comparison.is_running
        assert conversation.compared == ()
        assert [run.model for run in server.asked("create_run")] == ["oak"]
        assert server.texts(conversation.thread_id or "")[0] == "Which?"


async def test_a_message_that_cannot_be_sent_still_goes_to_all_models_afterwards(
    tmp_path: Path,
) -> None:
    server = FakeTransport()
    server.failures["create_message"] = [Unreachable("server:1 does not answer.", "Try again later.")]
    async with working(server, tmp_path) as (workspace, screen):
        conversation = workspace.current
        conversation.compared = MODELS
        workspace.send("Which?")
        await until(lambda: not conversation.is_busy)
        assert conversation.compared == MODELS
        assert screen.comparison is None


async def test_what_was_stopped_before_it_began_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeTransport()
    async with working(server, tmp_path) as (workspace, screen):
        conversation = workspace.current
        conversation.compared = MODELS

        def copied(params: CopyThread) -> Thread:
            assert screen.comparison is not None
            screen.comparison.is_stopped = True
            return server.create_thread(params.metadata)

        monkeypatch.setattr(server, "_copy_thread", copied)
        workspace.send("Which?")
        await until(lambda: screen.comparison is not None and screen.comparison.columns[1].conversation)
        await until(lambda: not conversation.is_busy)
        assert [run.model for run in server.asked("create_run")] == ["oak"]
        assert screen.comparison is not None
        assert not screen.comparison.is_running


async def test_each_assistant_answers_as_its_own_thread_would_let_it(tmp_path: Path) -> None:
    server = FakeTransport()
    server.failures["copy_thread"] = [Unsupported("no")]
    editor, critic = (Answerer(f"asst_{name}", name, is_assistant=True) for name in ("Editor", "Critic"))
    async with working(server, tmp_path) as (workspace, screen):
        conversation = workspace.current
        conversation.selection.model = "oak"
        conversation.compared = (editor, critic)
        workspace.send("Which?")
        await until(lambda: screen.problem and not conversation.is_busy)
        (run,) = server.asked("create_run")
        assert (run.assistant_id, run.model) == ("asst_Editor", "demo")
        (copy,) = server.asked("copy_thread")
        assert copy.metadata == {"assistant_id": "asst_Critic", "model": "", "connection": ""}
        assert (conversation.selection.assistant_id, conversation.selection.model) == ("asst_Editor", None)
