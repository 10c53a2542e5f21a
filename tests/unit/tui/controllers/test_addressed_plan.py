"""Who answers: the assistant that a message is addressed to, with its own model, or the one that answered before."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.addressee import TO_ASSISTANT, Addressee
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.assistants import Assistant
from aimltui.wire.threads import ASSISTANT
from tests.support.fake_transport import FakeTransport

OWN = Assistant(id="asst_own", name="Assistant", model="demo", metadata={"aimltui": "default"})
READER = Assistant(id="asst_reader", name="Contract reader", model="gpt-9")
TRASHED = Assistant(id="asst_old", name="Old", model="gpt-9", metadata={"aimltui.trashed_at": "1"})
CHAT = Assistant(id="asst_chat", name="Chat", model="gpt-9")
RESPONSES = Assistant(id="asst_resp", name="Responses", model="gpt-9", metadata={"aimltui.responses": "true"})
TO_READER = Addressee(READER.id, "Contract reader")


async def prepared(server: FakeTransport, directory: Path) -> Workspace:
    async def connect() -> Connected:
        raise AssertionError("the workspace has its server")

    workspace = Workspace(
        Connected(AssistantsClient(server), "fake", "demo"),
        Startup(connect, DraftStore(directory)),
        lambda _message: None,
        lambda work, _group: work.close(),
    )
    assert await workspace.prepare() is None
    return workspace


async def test_an_addressed_assistant_answers_with_its_own_model(tmp_path: Path) -> None:
    server = FakeTransport()
    server.assistants = {one.id: one for one in (OWN, READER, TRASHED)}
    workspace = await prepared(server, tmp_path)
    assert [one.name for one in workspace.assistants.all] == ["Assistant", "Contract reader"]
    conversation = workspace.current
    conversation.selection.model = "claude-sonnet-4"

    async def planned(to: Addressee | None) -> tuple[str, str | None]:
        plan = await workspace.planner.plan(conversation, to=to)
        return plan.assistant_id, plan.model

    assert await planned(None) == (OWN.id, "claude-sonnet-4")
    assert await planned(TO_READER) == (READER.id, "gpt-9")
    # after an error the user chooses another model for this message; the next message has the assistant's own again
    conversation.retry_with = "gpt-4o", None
    assert await planned(TO_READER) == (READER.id, "gpt-4o")
    assert await planned(None) == (OWN.id, "claude-sonnet-4")
    workspace.send("Hello")
    assert await planned(TO_READER) == (READER.id, "gpt-9")
    assert conversation.selection.model == "claude-sonnet-4"
    with pytest.raises(NotSent, match="Gone"):
        await planned(Addressee("asst_gone", "Gone\x1b[31m"))


@pytest.mark.parametrize(
    ("answered_by", "chosen", "addressed_to", "goes_on"),
    [
        (["asst_reader"], None, None, "asst_reader"),
        (["asst_old", "asst_reader"], None, None, "asst_reader"),
        (["asst_new"], None, None, "asst_new"),
        (["asst_reader"], "asst_own", None, "asst_own"),
        (["asst_own", "asst_reader"], None, None, "asst_own"),
        (["asst_reader"], None, "asst_reader", "asst_own"),
        (["asst_deleted"], None, None, "asst_own"),
        (["asst_chat"], None, None, "asst_own"),
        (["asst_resp"], None, None, "asst_own"),
        ([], None, None, "asst_own"),
    ],
)
async def test_the_assistant_that_another_program_used_goes_on_in_its_thread(
    tmp_path: Path, answered_by: list[str], chosen: str | None, addressed_to: str | None, goes_on: str
) -> None:
    """Its instructions and files hold there, too; what was chosen on the screen comes first."""
    server = FakeTransport()
    server.assistants = {one.id: one for one in (OWN, READER, TRASHED, CHAT, RESPONSES)}
    workspace = await prepared(server, tmp_path)
    # made by a program after the screen had read the assistants
    server.assistants["asst_new"] = Assistant(id="asst_new", name="New", model="gpt-9")
    thread = server.create_thread({ASSISTANT: chosen} if chosen else None)
    to = {TO_ASSISTANT: addressed_to} if addressed_to else None
    for assistant_id in answered_by:
        server.end_elsewhere(server.begin_elsewhere(thread.id, "Hello", assistant_id, to))
    conversation = await workspace.open(thread.id)
    assert workspace.assistants.id_of(conversation) == goes_on
    assert (await workspace.planner.plan(conversation)).assistant_id == goes_on
