"""LocalFunctions: the functions, MCP servers, skills and web tools of this machine in runs of the command line."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from aimltui.cli.tool_commands import places_of
from aimltui.client.errors import TransportError
from aimltui.common.dataclass import dataclass
from aimltui.local_tools.host import REFUSED, BadArguments, LocalTools, read_arguments
from aimltui.local_tools.memory import Owner
from aimltui.local_tools.types import LocalTool
from aimltui.wire.assistants import LOCAL_TOOLS, Assistant
from aimltui.wire.errors import APIError
from aimltui.wire.runs import MOST_RUN_TOOLS, CreateRun, RequiredToolCall, Run, ToolOutput
from aimltui.wire.threads import WEB
from aimltui.wire.tools import FunctionTool, Tool

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.engine.tools.builtin import BuiltinTools

Decision = Literal["once", "thread", "no"]
START_S = 20.0
"""Seconds to wait for the tools of an MCP server that was never started before."""
_REJECTED = "The user refused this call, so it was not run."


class AskedCall(NamedTuple):
    """A call that needs a decision of the user."""

    call: RequiredToolCall
    tool: LocalTool | None
    """None: nothing here can run it."""
    may_always: bool


@dataclass(frozen=True, slots=True)
class RunOf:
    """What decides which tools a run gets."""

    assistant: Assistant
    is_own: bool
    """Whether it is the program's own assistant."""
    web: str = ""
    """`on` or `off` if the thread says so."""

    @property
    def gets_local(self) -> bool:
        """Whether it gets the tools as the program's own assistant does."""
        return self.is_own or (self.assistant.metadata or {}).get(LOCAL_TOOLS) == "on"

    @property
    def owner(self) -> Owner:
        """The assistant as the owner of notes."""
        return Owner() if self.is_own else Owner(self.assistant.id, self.assistant.name or "")

    @property
    def has_web(self) -> bool:
        """Whether the model may use the web."""
        return (self.web or (self.assistant.metadata or {}).get(WEB, "")) == "on"


class LocalFunctions:
    """Offers the tools to runs, and answers their calls as far as no decision is missing.

    Args:
        local: The tools.
        client: The engine.
    """

    def __init__(self, local: LocalTools, client: AssistantsClient) -> None:
        self.local = local
        self._client = client

    async def added(self, wanted: CreateRun, about: RunOf) -> CreateRun:
        """Return the parameters of a run with the tools of this machine.

        Args:
            wanted: The parameters without them.
            about: Who answers.
        """
        local = self.local
        await local.refresh()
        local.start(is_own=about.gets_local)
        await self._started(is_own=about.gets_local)
        own: Sequence[Tool] = about.assistant.tools if wanted.tools is None else wanted.tools
        searches = about.has_web and await self._searches_itself(wanted, about.assistant)
        owner = about.owner if local.memory is not None else None
        found = local.definitions(
            is_own=about.gets_local,
            taken={tool.function.name for tool in own if isinstance(tool, FunctionTool)},
            skills=_skills_of(local, about),
            with_web=about.has_web and not searches,
            owner=owner,
        )
        if owner is not None and local.memory is not None:
            wanted = _with_notes(wanted, await local.memory.instructions(owner))
        functions = map(FunctionTool.model_validate, found[: max(0, MOST_RUN_TOOLS - len(own))])
        changes = {"tools": [*own, *functions]} if found else {}
        return wanted.model_copy(update=changes | ({"web": "on"} if searches else {}))

    async def _started(self, *, is_own: bool) -> None:
        """Wait for servers whose tools are not known yet: a command has no next message in which they could come."""
        servers = self.local.servers
        names = self.local.unlisted(is_own=is_own)
        if servers is None or not names:
            return
        waiting = [asyncio.ensure_future(servers.settled(name)) for name in names]
        _, late = await asyncio.wait(waiting, timeout=START_S)
        for one in late:
            one.cancel()

    async def _searches_itself(self, wanted: CreateRun, assistant: Assistant) -> bool:
        model = wanted.model or assistant.model
        try:
            page = await self._client.list_models()
        except (APIError, TransportError):
            return False
        return any(
            row.id == model
            and wanted.connection in (None, row.connection)
            and "web_search" in (row.abilities or ())
            for row in page.data
        )

    def asked(self, run: Run) -> list[AskedCall]:
        """The calls that a run waits for and that need a decision."""
        found = []
        for call in _calls_of(run):
            tool = self.local.find(call.function.name, call.function.arguments)
            if tool is not None and tool.kind == "schema":
                tool = None
            if self.local.verdict(tool, run.thread_id) == "ask":
                may_always = tool is not None and self.local.may_always(tool)
                found.append(AskedCall(call, tool, may_always))
        return found

    async def outputs(self, run: Run, decisions: Mapping[str, Decision] | None = None) -> list[ToolOutput]:
        """Run the calls that a run waits for, and return their outputs.

        Args:
            run: It waits.
            decisions: The user's decisions by the ids of the calls; a call that lacks one is not run.
        """
        decisions = decisions or {}
        return [
            ToolOutput(
                tool_call_id=call.id, output=await self._output(run, call, decisions.get(call.id, "no"))
            )
            for call in _calls_of(run)
        ]

    async def _output(self, run: Run, call: RequiredToolCall, decision: Decision) -> str:
        tool = self.local.find(call.function.name, call.function.arguments)
        verdict = self.local.verdict(tool, run.thread_id)
        if verdict == "refuse":
            return REFUSED
        if tool is None or tool.kind == "schema":
            return f"The function {call.function.name} cannot be run here: this program has no function of this name."
        if verdict == "ask":
            if decision == "no":
                return _REJECTED
            tool = await self.local.trust(tool)
            if decision == "thread" and tool.is_trusted:
                await self.local.allow(tool, run.thread_id)
        try:
            arguments = read_arguments(call.function.arguments)
        except BadArguments as error:
            return str(error)
        return (await self.local.call(tool, arguments, run.thread_id)).text


@asynccontextmanager
async def opened(
    options: argparse.Namespace, client: AssistantsClient, tools: BuiltinTools
) -> AsyncIterator[LocalFunctions]:
    """Yield the tools that the settings name, and end what they started.

    Args:
        options: The flags of the command.
        client: The engine.
        tools: The engine's own tools, into whose sandbox skills copy their files.
    """
    from aimltui.bootstrap.local_tools import fetch_page, local_tools
    from aimltui.engine.tools.code_interpreter.bring_in import bring_in

    async def copy_in(thread_id: str, files: Mapping[str, bytes]) -> str:
        return await bring_in(tools.sessions, thread_id, files)

    places = places_of(options)
    local = local_tools(
        places.settings, places.config_file, places.state_dir, read_page=fetch_page, is_demo=options.demo
    )
    if local.skills is not None:
        local.skills.copy_in = copy_in
    try:
        yield LocalFunctions(local, client)
    finally:
        await local.aclose()


def _with_notes(wanted: CreateRun, notes: str) -> CreateRun:
    given = [part for part in (notes, wanted.additional_instructions or "") if part]
    return wanted.model_copy(update={"additional_instructions": "\n\n".join(given) or None})


def _skills_of(local: LocalTools, about: RunOf) -> list[str]:
    from aimltui.local_tools.skills.switch import names_on

    if local.skills is None:
        return []
    return names_on(about.assistant.metadata, local.skills.skills, is_own=about.is_own)


def _calls_of(run: Run) -> list[RequiredToolCall]:
    return run.required_action.submit_tool_outputs.tool_calls if run.required_action is not None else []
