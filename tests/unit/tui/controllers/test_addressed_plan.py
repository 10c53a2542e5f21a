"""What a run gets whose message is addressed to another assistant: its model, its connection, no choice of the thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.assistants import Assistant
from tests.support.fake_transport import FakeTransport

OWN = Assistant(id="asst_own", name="Assistant", model="demo", metadata={"aimltui": "default"})
READER = Assistant(id="asst_reader", name="Contract reader", model="gpt-9")
TRASHED = Assistant(id="asst_old", name="Old", model="gpt-9", metadata={"aimltui.trashed_at": "1"})
TO_READER = Addressee(READER.id, "Contract reader")


async def test_an_addressed_assistant_answers_with_its_own_model(tmp_path: Path) -> None:
    server = FakeTransport()
    server.assistants = {one.id: one for one in (OWN, READER, TRASHED)}

    async def connect() -> Connected:
        raise AssertionError("the workspace has its server")

    workspace = Workspace(
        Connected(AssistantsClient(server), "fake", "demo"),
        Startup(connect, DraftStore(tmp_path)),
        lambda _message: None,
        lambda work, _group: work.close(),
    )
    assert await workspace.prepare() is None
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
