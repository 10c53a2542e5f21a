"""The switch for the web: off without a word, the thread before its assistant, and what a run gets."""

from __future__ import annotations

from pathlib import Path

from aimltui.client.client import AssistantsClient
from aimltui.engine.files.web_page import WebPage
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.web.source import WebSource
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.controllers.run_follower import _create_run
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.assistants import Assistant
from aimltui.wire.models import Model
from tests.support.fake_transport import FakeTransport

OWN = Assistant(id="asst_own", name="Assistant", model="demo", metadata={"aimltui": "default"})
NEWS = Assistant(id="asst_news", name="News", model="demo", metadata={"web": "on"})
SEARCHING = Model(id="sonar", abilities=["streaming", "web_search"])


async def no_page(url: str) -> WebPage:
    raise AssertionError(f"{url} was read")


async def test_the_web_is_off_until_it_is_switched_on(tmp_path: Path) -> None:
    server = FakeTransport()
    server.assistants = {one.id: one for one in (OWN, NEWS)}
    server.models = [Model(id="demo"), SEARCHING]
    posted: list[object] = []

    async def connect() -> Connected:
        raise AssertionError("the workspace has its server")

    tools = LocalTools([], Approvals(None), Rules(), web=WebSource(no_page))
    workspace = Workspace(
        Connected(AssistantsClient(server), "fake", "demo", local_tools=tools),
        Startup(connect, DraftStore(tmp_path)),
        posted.append,
        lambda work, _group: work.close(),
    )
    assert await workspace.prepare() is None
    await workspace.models.list_models()
    conversation, web = workspace.current, workspace.web

    async def given() -> tuple[list[str], str | None]:
        plan = await workspace.planner.plan(conversation)
        run = _create_run(plan)
        return [tool.function.name for tool in plan.tools or () if tool.type == "function"], run.web

    assert await given() == ([], None)
    await web.choose(conversation, "on")
    assert await given() == (["fetch_page"], None)
    assert (server.threads[conversation.thread_id or ""].metadata or {})["web"] == "on"
    notice = posted[-1]
    assert isinstance(notice, NoticePosted)
    assert "searxng_url" in notice.text

    # a model that searches by itself needs no tools for it
    conversation.selection.model = "sonar"
    assert await given() == ([], "on")
    await web.choose(conversation, "off")
    assert await given() == ([], None)

    # an assistant's word holds in threads without one
    conversation.selection.model, conversation.selection.assistant_id = None, NEWS.id
    assert await given() == ([], None)
    await workspace.selections.choose_web(conversation, "")
    assert await given() == (["fetch_page"], None)
