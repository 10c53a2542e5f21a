"""RunPlanner: finds what the next run is asked with. It makes the thread if there is none yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.assistant_files import AssistantFiles
from aimltui.tui.controllers.conversation import Addressed, Answering, Conversation
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.run_plan import Plan
from aimltui.tui.controllers.run_tools import RunTools
from aimltui.tui.controllers.selection_keeper import SelectionKeeper
from aimltui.tui.controllers.thread_directory import ThreadDirectory
from aimltui.tui.controllers.thread_files import tools_of_thread
from aimltui.tui.controllers.tool_switch import ToolSwitch
from aimltui.tui.controllers.web_switch import WebSwitch
from aimltui.tui.startup import Connected
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.run_options import metadata_of
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TEMPORARY, TOOLS, WEB


class RunPlanner:
    """Makes the plan of a run.

    Args:
        connected: The server.
        demo_model: The model that needs no connection; None if there is none.
        assistants: The assistants.
        assistant_files: The assistants that are files.
        models: Which model answers.
        directory: Makes threads.
        selections: Saves what was chosen for a thread.
        tools: The switch of the hosted tools.
        web: The switch of the web.
        run_tools: The tools that run beside this client.
        thread_made: Called when a conversation has got its thread.
    """

    def __init__(
        self,
        connected: Connected,
        demo_model: str | None,
        *,
        assistants: AssistantDirectory,
        assistant_files: AssistantFiles,
        models: ModelSelection,
        directory: ThreadDirectory,
        selections: SelectionKeeper,
        tools: ToolSwitch,
        web: WebSwitch,
        run_tools: RunTools,
        thread_made: Callable[[Conversation], object],
    ) -> None:
        self._connected = connected
        self._demo_model = demo_model
        self._assistants = assistants
        self._assistant_files = assistant_files
        self._models = models
        self._directory = directory
        self._selections = selections
        self._tools = tools
        self._web = web
        self._run_tools = run_tools
        self._thread_made = thread_made
        self.before_run: Callable[[frozenset[str]], Awaitable[None]] | None = None
        """Called before each run with the types of the assistant's tools; it may ask the user something first."""

    async def plan(
        self, conversation: Conversation, needs: frozenset[str] = frozenset(), to: Addressee | None = None
    ) -> Plan:
        """The thread (made if there is none yet), the assistant, the model and the tools of the next run."""
        await self._assistant_files.refresh()
        answering: Answering = conversation
        if to is not None:
            await self._assistants.need(to)
            answering = Addressed.by(conversation, to.assistant_id)
        model = await self._models.need_model(answering)
        assistant_id = await self._models.need_assistant(answering, model)
        needs |= await tools_of_thread(self._connected.client, conversation.thread_id)
        await self._ask_before_run(answering, self._assistants.tools_of(assistant_id) | needs)
        if self._has_connections() and model != self._demo_model and answering is conversation:
            await self._selections.remember_connection(conversation)
        thread_id = conversation.thread_id or await self._make_thread(conversation)
        connection = self._models.sent_connection(answering)
        sent = self._tools.sent(answering)
        own = await self._run_tools.tools_of(assistant_id, needs, with_web=self._web.gives_tools(answering))
        own = self._tools.kept(answering, assistant_id, own)
        options = conversation.options.plan(is_addressed=to is not None)
        if notes := await self._run_tools.notes_of(assistant_id):
            given = options.get("additional_instructions")
            options = {**options, "additional_instructions": f"{notes}\n\n{given}" if given else notes}
        return Plan(
            thread_id,
            assistant_id,
            model,
            connection,
            own,
            sent,
            self._web.sent(answering),
            self._models.sent_options(options),
            # a server that knows the one extension of runs knows the other
            shortens=self._connected.has_tool_switch,
        )

    async def _ask_before_run(self, answering: Answering, tools: frozenset[str]) -> None:
        if self.before_run is None:
            return
        switch = self._tools.of(answering)
        is_off = switch == "off" or (switch == "auto" and self._models.has_no_tools(answering))
        await self.before_run(frozenset() if is_off else tools)

    def _has_connections(self) -> bool:
        connections = self._connected.connections
        return connections is not None and bool(connections.rows())

    async def _make_thread(self, conversation: Conversation) -> str:
        chosen = conversation.selection
        metadata: dict[str, Any] = {
            MODEL: chosen.model,
            CONNECTION: chosen.connection,
            ASSISTANT: chosen.assistant_id,
            TOOLS: chosen.tools,
            WEB: chosen.web,
            TEMPORARY: "true" if conversation.is_temporary else None,
        }
        given = {key: value for key, value in metadata.items() if value}
        thread = await self._directory.create(given | metadata_of(conversation.options.thread))
        conversation.thread_id = thread.id
        self._thread_made(conversation)
        conversation.buffer.notify()
        return thread.id
