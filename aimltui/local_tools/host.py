"""LocalTools: all tools beside the client, the rules for their calls, and who gets them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from aimltui.common.dataclass import dataclass
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.types import CallResult, LocalTool, Problem, ToolSource

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.source import McpSource
    from aimltui.local_tools.memory import Memory, Owner
    from aimltui.local_tools.skills.source import SkillSource
    from aimltui.local_tools.web.source import WebSource

log = logging.getLogger(__name__)

Policy = Literal["ask", "allow", "deny"]
Verdict = Literal["run", "ask", "refuse"]

REFUSED = "The user's settings do not allow calls of this function."


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about calls."""

    policy: Policy = "ask"
    by_name: Mapping[str, str] = field(default_factory=dict)
    """A policy for one function, by its name."""
    offer: Literal["own", "all", "off"] = "own"
    """Which assistants get the tools: the program's own, all, or none."""


class LocalTools:
    """Knows the tools of several sources, calls them, and decides whether the user must be asked.

    Args:
        sources: Where tools come from; the first that has a name wins.
        approvals: What the user has allowed.
        rules: What the settings say.
        servers: The MCP servers; they are one of the sources.
        skills: The skills; they are one of the sources, the last.
        web: The tools for the web; they are one of the sources, before the servers.
        memory: The notes; they are one of the sources. None: nothing is remembered.
    """

    def __init__(
        self,
        sources: Sequence[ToolSource],
        approvals: Approvals,
        rules: Rules,
        servers: McpSource | None = None,
        skills: SkillSource | None = None,
        web: WebSource | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.servers = servers
        self.skills = skills
        self.web = web
        self.memory = memory
        more: list[ToolSource | None] = [web, memory, servers, skills]
        self._sources: tuple[ToolSource, ...] = (*sources, *(one for one in more if one is not None))
        self._approvals = approvals
        self._rules = rules

    @property
    def tools(self) -> list[LocalTool]:
        """All tools, each name once."""
        found: dict[str, LocalTool] = {}
        for source in self._sources:
            for tool in source.tools:
                found.setdefault(tool.name, tool)
        return list(found.values())

    @property
    def problems(self) -> list[Problem]:
        """What is not usable, and why."""
        return [problem for source in self._sources for problem in source.problems]

    async def refresh(self) -> None:
        """Take over what has changed; something slow is not waited for."""
        await asyncio.gather(*(source.refresh() for source in self._sources))

    def start(self, *, is_own: bool) -> None:
        """Begin in the background what takes long, if a run of an assistant gets the tools.

        Args:
            is_own: Whether it is the program's own assistant.
        """
        if self._is_offered(is_own):
            for source in self._sources:
                source.start()

    def unlisted(self, *, is_own: bool) -> list[str]:
        """The servers that are starting, so that a run of an assistant does not get their tools yet."""
        return self.servers.unlisted if self.servers is not None and self._is_offered(is_own) else []

    def logged_out(self, *, is_own: bool) -> list[str]:
        """The servers that want a login, so that a run of an assistant does not get their tools."""
        is_offered = self.servers is not None and self._is_offered(is_own)
        return (
            [row.name for row in self.servers.rows if row.needs_login] if self.servers and is_offered else []
        )

    def find(self, name: str, arguments: str = "") -> LocalTool | None:
        """The tool with a name, as it is asked about for a call with these arguments."""
        tool = next((tool for tool in self.tools if tool.name == name), None)
        if tool is None or tool.kind != "web" or self.web is None:
            return tool
        try:
            return self.web.about(tool, read_arguments(arguments))
        except BadArguments:
            return tool

    def definitions(
        self,
        *,
        is_own: bool,
        taken: Collection[str],
        skills: Sequence[str] = (),
        with_web: bool = False,
        owner: Owner | None = None,
    ) -> list[dict[str, Any]]:
        """The definitions that a run of an assistant gets in addition to its own tools.

        Args:
            is_own: Whether it is the program's own assistant.
            taken: The names of the functions that the assistant defines itself.
            skills: The names of the assistant's skills.
            with_web: Whether it gets the tools for the web.
            owner: The assistant that may propose notes; None: it may not.
        """
        is_offered = self._is_offered(is_own)
        # an assistant has the skills that are switched on for it, whatever is said about functions
        loader = self.skills.offer(skills) if self.skills is not None else None
        notes = self.memory.offer(owner) if self.memory is not None and owner is not None else None
        found = [
            tool
            for tool in self.tools
            if (with_web if tool.kind == "web" else is_offered and tool.kind not in ("skill", "memory"))
        ]
        return [
            tool.definition()
            for tool in (*found, *(one for one in (loader, notes) if one is not None))
            if tool.name not in taken and not self._is_denied(tool)
        ]

    def verdict(self, tool: LocalTool | None, thread_id: str) -> Verdict:
        """Whether a call runs, is put to the user, or is refused."""
        if tool is None:
            # a function of an assistant that nothing here can run: the user can give the output
            return "refuse" if self._rules.policy == "deny" else "ask"
        if self._is_denied(tool):
            return "refuse"
        rule = self._rules.by_name.get(tool.name)
        if tool.kind == "skill" and rule is None:
            # it only reads what the user has switched on
            return "run"
        if tool.kind == "schema" or not tool.is_trusted:
            return "ask"
        if rule is not None:
            return "run" if rule == "allow" else "ask"
        if not tool.may_always:
            return "ask"
        is_allowed = self._rules.policy == "allow" or self._approvals.allows(tool.fingerprint, thread_id)
        return "run" if is_allowed else "ask"

    def may_always(self, tool: LocalTool) -> bool:
        """Whether the user may allow all calls of a tool on the card; the settings can ask for each one."""
        return tool.may_always and tool.kind != "schema" and tool.name not in self._rules.by_name

    async def trust(self, tool: LocalTool) -> LocalTool:
        """Trust the source of a tool in the form that was shown; returns the tool as it is then."""
        for source in self._sources:
            if tool in source.tools:
                await source.trust(tool)
        now = self.find(tool.name)
        return now if now is not None and now.source == tool.source else tool

    async def allow(self, tool: LocalTool, thread_id: str | None = None) -> None:
        """Allow all calls of a tool in its present form: everywhere, or in one thread."""
        if thread_id is None:
            await asyncio.to_thread(self._approvals.allow, tool.fingerprint, tool.name)
        else:
            await asyncio.to_thread(self._approvals.allow_in_thread, tool.fingerprint, tool.name, thread_id)

    async def call(self, tool: LocalTool, arguments: dict[str, Any], thread_id: str = "") -> CallResult:
        """Run a tool. Whatever happens, there is a text for the model; only cancelling raises.

        Args:
            tool: The tool.
            arguments: The arguments.
            thread_id: The thread of the run, for skills.
        """
        if tool.kind == "skill" and self.skills is not None:
            return await self.skills.load(arguments, thread_id)
        if tool.kind == "web" and self.web is not None:
            return await self.web.call(tool, arguments)
        source = next((source for source in self._sources if tool in source.tools), None)
        if source is None:
            return CallResult(
                f"The function {tool.name} has changed since this call was shown, so it was not run.", False
            )
        try:
            return await source.call(tool, arguments)
        except Exception as error:
            log.exception("a tool could not be called")
            return CallResult(f"The function could not be run: {type(error).__name__}: {error}", False)

    async def aclose(self) -> None:
        """End everything that was started."""
        await asyncio.gather(*(source.aclose() for source in self._sources), return_exceptions=True)

    def _is_offered(self, is_own: bool) -> bool:
        return self._rules.offer == "all" or (self._rules.offer == "own" and is_own)

    def _is_denied(self, tool: LocalTool) -> bool:
        return self._rules.by_name.get(tool.name, self._rules.policy) == "deny"


class BadArguments(Exception):
    """The arguments of a call are not a JSON object. The text is for the model and for the user."""


def read_arguments(text: str) -> dict[str, Any]:
    """The arguments of a call as the model wrote them; an empty text means none.

    Raises:
        BadArguments: The text is not a JSON object.
    """
    try:
        read = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise BadArguments(
            f"The arguments are not valid JSON ({error}). Call it again with a JSON object."
        ) from error
    if not isinstance(read, dict):
        raise BadArguments("The arguments must be a JSON object with a value for each parameter.")
    return read
