"""Which assistants and models there are, and which one a conversation uses."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.state.entries import CONNECT, OTHER_MODEL
from aimltui.wire.assistants import Assistant, CreateAssistant, ListAssistants, ModifyAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.models import ModelPage
from aimltui.wire.threads import CONNECTION
from aimltui.wire.tools import CodeInterpreterTool, Tool

log = logging.getLogger(__name__)

DEFAULT_MARK = "aimltui"
"""Metadata key of the assistant that this program made for itself; its value is `default`."""
DEFAULT_NAME = "Assistant"
DEFAULT_INSTRUCTIONS = (
    "You are a helpful assistant in a terminal. Answer in Markdown. Be clear and concise, say what you do not "
    "know, and put code into fenced blocks with the language's name."
)
TOOLS_MARK = "aimltui_tools"
"""Metadata key of the same assistant: the tools that the program has given it."""

MODEL_MARK = "aimltui_model"
"""Metadata key of the same assistant: its model, if the user has made it the default."""
BESIDE_MARK = "aimltui_default_connection"
"""Metadata key beside that: the default connection at that time. Another one has models of its own."""

DefaultTools = Callable[[], Awaitable[tuple[str, ...]]]


class Choices:
    """The models and assistants on offer, as far as they were read.

    Args:
        client: Whom to ask.
        model: The model of threads for which none was chosen; None if none is configured, empty for the first of
            the server's list.
        default_tools: Tells which tools the program's own assistant may have; see `Connected.default_tools`.
        connections: The names of the connections, the default one first.
        is_asked: Whether somebody asked for `model` at the start: then it comes before what was chosen earlier.
    """

    def __init__(
        self,
        client: AssistantsClient,
        model: str | None,
        default_tools: DefaultTools | None = None,
        *,
        connections: Callable[[], Sequence[str]] = tuple,
        is_asked: bool = False,
    ) -> None:
        self._client = client
        self._default_tools = default_tools
        self.names: dict[str, str] = {}
        """Assistant id to name; views read it."""
        self.assistants: dict[str, Assistant] = {}
        self._default_id: str | None = None
        self._model = model
        self._connection: str | None = None
        self.connections = connections
        self._may_recall = not is_asked
        self.is_settled = False
        """Whether the model of threads without a choice is known, or has been looked for."""
        self.page: ModelPage | None = None
        """The models as they were last listed."""

    @property
    def default_model(self) -> str | None:
        """The model of threads for which none was chosen; None if there is none."""
        return self._model or None

    @property
    def is_set_up(self) -> bool:
        """Whether there is a model to talk to."""
        return self._model is not None

    def set_default_model(self, model: str | None, connection: str | None = None) -> None:
        """Use this model for threads without a choice of their own, until the program ends.

        Args:
            model: Its id; empty for the first of the list, None for none.
            connection: Whose it is; None for the default connection, whichever that is.
        """
        self._model, self._connection = model, connection

    async def learn(self) -> None:
        """Have the models at hand before anybody asks for them; that it fails is told where they are looked at.

        Where nothing says which one answers, that is settled, too: it is shown before the first message goes to it.
        """
        try:
            await self.list_models()
            await self.settle()
        except (APIError, TransportError) as error:
            log.info("the models are not known yet: %s", error)
        self.is_settled = True

    async def settle(self) -> None:
        """Find the model of threads without a choice where nothing says it; that it fails is said with a message."""
        if self._model == "":
            with suppress(APIError, TransportError, NotSent):
                self._model = await self._first_model()

    async def list_models(self, *, refresh: bool = False) -> ModelPage:
        """The server's models; an empty list does not take the place of another one in `page`.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        page = await self._client.list_models(refresh=refresh)
        if page.data or self.page is None:
            self.page = page
        return page

    async def read_assistants(self) -> list[Assistant]:
        """All saved assistants, newest first."""
        found = [
            item
            async for item in every(self._client.assistants.list, ListAssistants(limit=100, order="desc"))
        ]
        self.assistants = {assistant.id: assistant for assistant in found}
        self.names.update({assistant.id: assistant.name or assistant.id for assistant in found})
        mine = [a.id for a in found if (a.metadata or {}).get(DEFAULT_MARK) == "default"]
        self._default_id = mine[-1] if mine else None
        self._recall()
        return found

    def _recall(self) -> None:
        """Take up what the user once made the default, where that connection is there; once, at the start."""
        may_recall, self._may_recall = self._may_recall, False
        mine = self.assistants.get(self._default_id or "")
        if not may_recall or mine is None or self._model is None:
            return
        metadata = mine.metadata or {}
        known = self.connections()
        is_same = bool(known) and metadata.get(BESIDE_MARK) == known[0]
        if is_same and metadata.get(MODEL_MARK) == mine.model and metadata.get(CONNECTION) in known:
            self._model, self._connection = mine.model, metadata[CONNECTION]

    def is_default(self, assistant_id: str | None) -> bool:
        """Whether it is the program's own assistant, or none was chosen."""
        return assistant_id is None or assistant_id == self._default_id

    def assistant_name(self, conversation: Conversation) -> str:
        """Who answers in the conversation."""
        chosen = conversation.selection.assistant_id or self._default_id
        return self.names.get(chosen or "", DEFAULT_NAME)

    def assistant_id(self, conversation: Conversation) -> str | None:
        """Who answers in the conversation, if that assistant exists already."""
        return conversation.selection.assistant_id or self._default_id

    async def ensure_default(self, conversation: Conversation) -> None:
        """Make the program's own assistant if there is none, so that one can choose it."""
        model = self.model_of(conversation)
        if model is not None and self._default_id is None:
            await self._need_default(model)

    def model_of(self, conversation: Conversation) -> str | None:
        """The model that will answer: the thread's, its assistant's, or the default."""
        if conversation.selection.model:
            return conversation.selection.model
        chosen = self.assistants.get(conversation.selection.assistant_id or "")
        if chosen is not None and not self.is_default(chosen.id) and chosen.model:
            return chosen.model
        home = self._home(conversation)
        return home[0] if home is not None else self.default_model

    def connection_of(self, conversation: Conversation) -> str | None:
        """The connection that will answer, if one was chosen along with the model."""
        if conversation.selection.model:
            return conversation.selection.connection
        chosen = self.assistants.get(conversation.selection.assistant_id or "")
        if chosen is not None and not self.is_default(chosen.id) and chosen.model:
            return (chosen.metadata or {}).get(CONNECTION) or None
        home = self._home(conversation)
        return home[1] if home is not None else self._connection

    def _home(self, conversation: Conversation) -> tuple[str, str] | None:
        """Model and connection of a thread that was begun before another connection became the default one.

        What is said in it goes on going to where it went: only a choice in the thread itself changes that.
        """
        name, run, known = conversation.selection.connection, conversation.run, self.connections()
        if not name or run is None or name not in known or name == (self._connection or known[0]):
            return None
        return run.model, name

    def answering(self, conversation: Conversation) -> str | None:
        """The name of the connection that will answer; None where there is none."""
        return self.connection_of(conversation) or next(iter(self.connections()), None)

    def sent_connection(self, conversation: Conversation) -> str | None:
        """What a run has to be told of it: nothing if it is the default connection."""
        connection, known = self.connection_of(conversation), self.connections()
        return None if not known or connection == known[0] else connection

    async def make_default(self, conversation: Conversation, model: str, connection: str) -> None:
        """Make a model the default of who answers in the conversation.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        assistant_id = await self.need_assistant(conversation, model)
        is_own = self.is_default(assistant_id)
        known = self.connections()
        marks = {MODEL_MARK: model, BESIDE_MARK: known[0] if known else ""}
        metadata = {CONNECTION: connection, **(marks if is_own else {})}
        params = ModifyAssistant(assistant_id=assistant_id, model=model, metadata=metadata)
        self.assistants[assistant_id] = await self._client.assistants.modify(params)
        if is_own:
            self.set_default_model(model, connection or None)

    async def need_model(self, conversation: Conversation) -> str:
        """The model that will answer, asking the server for its first one if need be.

        Raises:
            NotSent: There is none.
        """
        model = self.model_of(conversation)
        if model is None and self._model == "":
            model = self._model = await self._first_model()
        if not model:
            raise NotSent(
                "No model is chosen",
                "There is nobody to send the message to: no endpoint is configured and no model was chosen.",
                "Connect one (ctrl+p, Connections), or choose demo with ctrl+L: it works offline. Your text is "
                "back in the prompt.",
                (CONNECT, OTHER_MODEL),
            )
        return model

    async def _first_model(self) -> str:
        """A model of the default connection: what is to be said there is never said to another one.

        It is the one with which the program's own assistant was made, if it is offered there, so that it is the same
        at each start; else the first one.

        Raises:
            NotSent: It lists none.
        """
        remedy = "Type its id with ctrl+L, or start with --model ID. Your text is back in the prompt."
        title = "No model is chosen"
        try:
            page = await self.list_models()
        except Unsupported:
            reason = "This server does not list its models, and nothing says which one is to answer."
            raise NotSent(title, reason, remedy) from None
        source = page.sources[0] if page.sources else None
        offered = [model for model in page.data if source is None or model.connection == source.connection]
        if not offered:
            name = source.connection if source is not None else "The server"
            reason = f"{name} lists no models, and nothing says which one is to answer."
            problem = source.problem if source is not None else None
            raise NotSent(title, f"{reason} {problem}" if problem else reason, remedy, (CONNECT, OTHER_MODEL))
        mine = self.assistants.get(self._default_id or "")
        return next(
            (model.id for model in offered if mine is not None and model.id == mine.model), offered[0].id
        )

    async def need_assistant(self, conversation: Conversation, model: str) -> str:
        """The assistant that will answer; the program's own is made if there is none yet."""
        return conversation.selection.assistant_id or await self._need_default(self.default_model or model)

    def tools_of(self, assistant_id: str) -> frozenset[str]:
        """The types of an assistant's tools, as far as it was read."""
        known = self.assistants.get(assistant_id)
        return frozenset(tool.type for tool in known.tools) if known is not None else frozenset()

    def tools_changed(self, default_tools: DefaultTools | None) -> None:
        """Other tools may work now: ask again before the next run."""
        self._default_tools = default_tools

    async def _need_default(self, model: str) -> str:
        if self._default_id is None:
            await self.read_assistants()
        ask, self._default_tools = self._default_tools, None
        tools = await ask() if ask is not None else None
        if self._default_id is None:
            made = await self._client.assistants.create(
                CreateAssistant(
                    model=model,
                    name=DEFAULT_NAME,
                    instructions=DEFAULT_INSTRUCTIONS,
                    tools=_tools(tools or ()),
                    metadata={DEFAULT_MARK: "default", **_marked(tools)},
                )
            )
            self.assistants[made.id] = made
            self.names[made.id] = DEFAULT_NAME
            self._default_id = made.id
        elif tools is not None:
            await self._equip(self.assistants[self._default_id], tools)
        return self._default_id

    async def _equip(self, assistant: Assistant, tools: tuple[str, ...]) -> None:
        """Give the program's own assistant its tools, once: what the user changed after that stays."""
        metadata = assistant.metadata or {}
        before = metadata.get(TOOLS_MARK)
        if before == _marked(tools)[TOOLS_MARK]:
            return
        ours = {*tools, *(before or "").split()}
        kept = [tool for tool in assistant.tools if tool.type not in ours]
        params = ModifyAssistant(
            assistant_id=assistant.id, tools=[*kept, *_tools(tools)], metadata=_marked(tools)
        )
        self.assistants[assistant.id] = await self._client.assistants.modify(params)

    def forget(self, assistant_id: str) -> bool:
        """The server does not know this assistant any more; True if another one can take its place."""
        self.assistants.pop(assistant_id, None)
        if assistant_id != self._default_id:
            return False
        self._default_id = None
        return True


def _tools(types: Sequence[str]) -> list[Tool]:
    return [CodeInterpreterTool(type=kind) for kind in types if kind == "code_interpreter"]


def _marked(tools: tuple[str, ...] | None) -> dict[str, str]:
    return {TOOLS_MARK: " ".join(tools)} if tools is not None else {}
