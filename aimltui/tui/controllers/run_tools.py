"""RunTools: which tools a run gets besides its assistant's: for files, the user's functions, those of MCP servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.tui.controllers.messages import NoticePosted
from aimltui.wire.assistants import LOCAL_TOOLS
from aimltui.wire.runs import MOST_RUN_TOOLS
from aimltui.wire.tools import FunctionTool, Tool

if TYPE_CHECKING:
    from aimltui.local_tools.host import LocalTools
    from aimltui.local_tools.memory import Owner
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory


class RunTools:
    """Adds the tools that run beside the client.

    Args:
        local: Those tools; None if there are none.
        assistants: Knows the assistants' tools.
        post: Sends a message to the screen.
        most: The most tools of a run.
    """

    def __init__(
        self,
        local: LocalTools | None,
        assistants: AssistantDirectory,
        post: Callable[[TextualMessage], object],
        most: int = MOST_RUN_TOOLS,
    ) -> None:
        self._local = local
        self._assistants = assistants
        self._post = post
        self._most = most
        self._told: set[str] = set()
        """Sentences that are told once."""

    async def start(self, assistant_id: str | None) -> None:
        """Start in the background what a run of an assistant will need.

        Args:
            assistant_id: The assistant; None is the program's own, which does not exist yet.
        """
        if self._local is not None:
            await self._local.refresh()
            self._local.start(is_own=self._is_own(assistant_id))

    async def tools_of(
        self, assistant_id: str, needs: frozenset[str] = frozenset(), *, with_web: bool = False
    ) -> tuple[Tool, ...] | None:
        """An assistant's tools with those for files and those beside the client; None if it has all of them.

        Args:
            assistant_id: The assistant.
            needs: The types of the tools that the thread's files need.
            with_web: Whether the tools for the web are among them.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        local = self._local
        own = await self._assistants.tools_with(assistant_id, needs)
        if own is None:
            return None
        has_more = len(own) > len(self._assistants.all_tools_of(assistant_id) or ())
        if local is None:
            return tuple(own) if has_more else None
        await self.start(assistant_id)
        is_own = self._is_own(assistant_id)
        taken = {tool.function.name for tool in own if isinstance(tool, FunctionTool)}
        skills = self._skills_of(local, assistant_id)
        owner = self.owner(assistant_id)
        more = local.definitions(is_own=is_own, taken=taken, skills=skills, with_web=with_web, owner=owner)
        for name in local.logged_out(is_own=is_own):
            self._tell(f"MCP server {name} needs a login, so its tools are missing. Log in under /mcp.")
        for name in local.unlisted(is_own=is_own):
            self._tell(f"MCP server {name} is still starting. Its tools come with your next message.")
        if (surplus := len(own) + len(more) - self._most) > 0:
            left_out = [tool["function"]["name"] for tool in more[-surplus:]]
            self._tell(f"A run may have {self._most} tools, so these are left out: {', '.join(left_out)}.")
            more = more[:-surplus]
        return (*own, *map(FunctionTool.model_validate, more)) if more or has_more else None

    def owner(self, assistant_id: str | None) -> Owner | None:
        """The assistant as the owner of notes; None if nothing is remembered."""
        from aimltui.local_tools.memory import Owner

        if self._local is None or self._local.memory is None:
            return None
        if assistant_id is None or self._assistants.is_default(assistant_id):
            return Owner()
        found = self._assistants.find(assistant_id)
        return Owner(assistant_id, (found.name or "") if found is not None else "")

    async def notes_of(self, assistant_id: str) -> str:
        """What a run gets of the notes with its instructions; empty for nothing."""
        owner = self.owner(assistant_id)
        if self._local is None or self._local.memory is None or owner is None:
            return ""
        return await self._local.memory.instructions(owner)

    def _skills_of(self, local: LocalTools, assistant_id: str) -> list[str]:
        """The names of an assistant's skills."""
        from aimltui.local_tools.skills.switch import names_on

        if local.skills is None:
            return []
        for problem in local.skills.own_problems:
            self._tell(f"A skill is left out. {problem.sentence}")
        metadata = self._assistants.metadata(assistant_id)
        is_own = self._assistants.is_default(assistant_id)
        return names_on(metadata, local.skills.skills, is_own=is_own)

    def _is_own(self, assistant_id: str | None) -> bool:
        """Whether an assistant gets the tools as the program's own one does."""
        if assistant_id is None or self._assistants.is_default(assistant_id):
            return True
        found = self._assistants.find(assistant_id)
        return found is not None and (found.metadata or {}).get(LOCAL_TOOLS) == "on"

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._post(NoticePosted(sentence, True))
