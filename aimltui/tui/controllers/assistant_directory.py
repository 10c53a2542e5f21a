"""AssistantDirectory: the saved assistants, and the one that this program made for itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean_line
from aimltui.tui.state.addressee import Addressee
from aimltui.wire.assistants import Assistant, CreateAssistant, ListAssistants, ModifyAssistant, is_internal
from aimltui.wire.errors import APIError
from aimltui.wire.threads import TRASHED_AT
from aimltui.wire.tools import CodeInterpreterTool, FileSearchTool, Tool

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Answering
    from aimltui.wire.runs import Run

DEFAULT_MARK = "aimltui"
"""Metadata key of the assistant that this program made for itself; its value is `default`."""
DEFAULT_NAME = "Assistant"
DEFAULT_INSTRUCTIONS = (
    "You are a helpful assistant in a terminal. Answer in Markdown. Be clear and concise, say what you do not "
    "know, and put code into fenced blocks with the language's name."
)
TOOLS_MARK = "aimltui_tools"
"""Metadata key of the same assistant: the tools that the program has given it."""

_FOR_FILES: dict[str, type[CodeInterpreterTool] | type[FileSearchTool]] = {
    "code_interpreter": CodeInterpreterTool,
    "file_search": FileSearchTool,
}
"""The tools that files are attached for, by type."""

DefaultTools = Callable[[], Awaitable[tuple[str, ...]]]


class AssistantDirectory:
    """The assistants, as far as they were read.

    Args:
        client: The server.
        default_tools: Tells which tools the program's own assistant may have; see `Connected.default_tools`.
    """

    def __init__(self, client: AssistantsClient, default_tools: DefaultTools | None = None) -> None:
        self._client = client
        self._default_tools = default_tools
        self._default_id: str | None = None
        self._assistants: dict[str, Assistant] = {}
        self.saved: list[Assistant] = []
        """Those that can be chosen, the newest first."""
        self.trashed: list[Assistant] = []
        """Those in the trash."""
        self.names: dict[str, str] = {}
        """Assistant id to name; views read it."""
        self.on_read: Callable[[], None] = lambda: None
        """Called whenever the assistants were read."""
        self._unknown: set[str] = set()
        """Assistants that the server was asked for and does not have."""

    @property
    def default(self) -> Assistant | None:
        """The program's own assistant, if it was read or made."""
        return self._assistants.get(self._default_id or "")

    @property
    def all(self) -> list[Assistant]:
        """The assistants that were read or made and are not in the trash, the newest first."""
        return [one for one in self._assistants.values() if not (one.metadata or {}).get(TRASHED_AT)]

    async def need(self, to: Addressee) -> None:
        """Make sure that the assistant that a message is addressed to exists.

        Raises:
            NotSent: It does not.
            APIError: The server refused.
            TransportError: There was no answer.
        """
        if to.assistant_id not in self._assistants:
            await self.read()
        if to.assistant_id not in self._assistants:
            # imported late: it brings what the transcript shows, which the command line has no use for
            from aimltui.tui.controllers.run_plan import NotSent

            raise NotSent(
                "The assistant no longer exists",
                f"The message is addressed to {clean_line(to.name)}, which was deleted.",
                "Send the text again without the name, or choose another assistant after an @.",
                (),
            )

    async def read(self) -> list[Assistant]:
        """Read all assistants.

        Returns:
            Those that are not in the trash, the newest first.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        listing = every(self._client.assistants.list, ListAssistants(limit=100, order="desc"))
        found = [item async for item in listing]
        self._assistants = {assistant.id: assistant for assistant in found}
        self.trashed = [one for one in found if (one.metadata or {}).get(TRASHED_AT)]
        self.saved = [one for one in found if not (one.metadata or {}).get(TRASHED_AT)]
        self.names.update({assistant.id: assistant.name or assistant.id for assistant in found})
        mine = [a.id for a in found if (a.metadata or {}).get(DEFAULT_MARK) == "default"]
        self._default_id = mine[-1] if mine else None
        self.on_read()
        return self.saved

    def find(self, assistant_id: str) -> Assistant | None:
        """An assistant as it was read last; None if it is not known."""
        return self._assistants.get(assistant_id)

    async def that_answered(self, runs: Sequence[Run]) -> str | None:
        """The assistant that goes on in a thread for which nobody chose one, such as another program's thread.

        Args:
            runs: The runs of the thread, the oldest first, without those of messages that were addressed to one.

        Returns:
            The assistant of the last run; None if the program's own answered before, or the assistant was deleted.
        """
        ids = [run.assistant_id for run in runs if run.assistant_id]
        if not ids or self._default_id in ids:
            return None
        if ids[-1] not in self._assistants and ids[-1] not in self._unknown:
            self._unknown.add(ids[-1])
            with suppress(APIError, TransportError):
                await self.read()
        last = self._assistants.get(ids[-1])
        return None if last is None or self.is_default(last.id) or is_internal(last) else last.id

    def is_default(self, assistant_id: str) -> bool:
        """Whether it is the program's own assistant."""
        return assistant_id == self._default_id

    def id_of(self, conversation: Answering) -> str | None:
        """The assistant that answers in the conversation; None if it does not exist yet."""
        return conversation.selection.assistant_id or self._default_id

    def name_of(self, conversation: Answering) -> str:
        """The name of the assistant that answers in the conversation."""
        return self.names.get(self.id_of(conversation) or "", DEFAULT_NAME)

    def chosen(self, conversation: Answering) -> Assistant | None:
        """The assistant that was chosen for the conversation; None if it is the program's own, or was not read."""
        chosen = self._assistants.get(conversation.selection.assistant_id or "")
        return None if chosen is None or self.is_default(chosen.id) else chosen

    def metadata_of(self, conversation: Answering) -> Mapping[str, str]:
        """The metadata of the assistant that answers in the conversation, as far as it was read."""
        return self.metadata(self.id_of(conversation) or "")

    def metadata(self, assistant_id: str) -> Mapping[str, str]:
        """The metadata of an assistant, as far as it was read."""
        found = self._assistants.get(assistant_id)
        return (found.metadata or {}) if found is not None else {}

    def tools_of(self, assistant_id: str) -> frozenset[str]:
        """The types of an assistant's tools, as far as it was read."""
        known = self._assistants.get(assistant_id)
        return frozenset(tool.type for tool in known.tools) if known is not None else frozenset()

    def all_tools_of(self, assistant_id: str) -> list[Tool] | None:
        """An assistant's tools; None if it was not read."""
        known = self._assistants.get(assistant_id)
        return list(known.tools) if known is not None else None

    async def tools_with(self, assistant_id: str, needs: frozenset[str]) -> list[Tool] | None:
        """An assistant's tools and those of these types that it lacks; None if it was not read and needs no more.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        if needs and assistant_id not in self._assistants:
            await self.read()
        own = self.all_tools_of(assistant_id)
        if own is None and not needs:
            return None
        has = {tool.type for tool in own or ()}
        return [
            *(own or ()),
            *(_FOR_FILES[kind](type=kind) for kind in sorted(needs - has) if kind in _FOR_FILES),
        ]

    def tools_changed(self, default_tools: DefaultTools | None) -> None:
        """Ask for the tools of the program's own assistant again before the next run."""
        self._default_tools = default_tools

    async def modify(self, params: ModifyAssistant) -> None:
        """Change an assistant.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        self._assistants[params.assistant_id] = await self._client.assistants.modify(params)

    async def need_default(self, model: str) -> str:
        """The id of the program's own assistant, which is made if there is none yet.

        Args:
            model: The model of a new one.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        if self._default_id is None:
            await self.read()
        ask, self._default_tools = self._default_tools, None
        tools = await ask() if ask is not None else None
        if self._default_id is None:
            self._default_id = await self._make_default(model, tools)
        elif tools is not None:
            await self._equip(self._assistants[self._default_id], tools)
        return self._default_id

    async def _make_default(self, model: str, tools: tuple[str, ...] | None) -> str:
        made = await self._client.assistants.create(
            CreateAssistant(
                model=model,
                name=DEFAULT_NAME,
                instructions=DEFAULT_INSTRUCTIONS,
                tools=_tools(tools or ()),
                metadata={DEFAULT_MARK: "default", **_marked(tools)},
            )
        )
        self._assistants[made.id] = made
        self.names[made.id] = DEFAULT_NAME
        return made.id

    async def _equip(self, assistant: Assistant, tools: tuple[str, ...]) -> None:
        """Give the program's own assistant its tools, once: what the user changed after that stays."""
        before = (assistant.metadata or {}).get(TOOLS_MARK)
        if before == _marked(tools)[TOOLS_MARK]:
            return
        ours = {*tools, *(before or "").split()}
        others = [tool for tool in assistant.tools if tool.type not in ours]
        await self.modify(
            ModifyAssistant(
                assistant_id=assistant.id, tools=[*others, *_tools(tools)], metadata=_marked(tools)
            )
        )

    def forget(self, assistant_id: str) -> bool:
        """Remove an assistant that the server no longer has; True if a new one can take its place."""
        self._assistants.pop(assistant_id, None)
        if assistant_id != self._default_id:
            return False
        self._default_id = None
        return True


def _tools(types: Sequence[str]) -> list[Tool]:
    return [CodeInterpreterTool(type=kind) for kind in types if kind == "code_interpreter"]


def _marked(tools: tuple[str, ...] | None) -> dict[str, str]:
    return {TOOLS_MARK: " ".join(tools)} if tools is not None else {}
