"""ModelSelection: the models on offer, and which one answers in a conversation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.conversation import Answering, Conversation
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.state.entries import CONNECT, OTHER_MODEL, RETRY
from aimltui.wire.assistants import ModifyAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.models import NO_ANSWER, Model, ModelPage
from aimltui.wire.threads import CONNECTION

log = logging.getLogger(__name__)

MODEL_MARK = "aimltui_model"
"""Metadata key of the program's own assistant: its model, if the user has made it the default."""
BESIDE_MARK = "aimltui_default_connection"
"""Metadata key beside that: the default connection at that time. Another connection has other models."""
_NOT_CHOSEN = "No model is chosen"


class ModelSelection:
    """Decides which model and which connection answer in a conversation.

    Args:
        client: The server.
        assistants: The assistants; an assistant may have a model.
        model: The model of threads for which none was chosen; None if none is configured, empty for the first one
            that the server lists.
        connections: The names of the connections, the default one first.
        is_asked: Whether the user named `model` at the start: then it comes before an earlier default.
    """

    def __init__(
        self,
        client: AssistantsClient,
        assistants: AssistantDirectory,
        model: str | None,
        *,
        connections: Callable[[], Sequence[str]] = tuple,
        is_asked: bool = False,
    ) -> None:
        self._client = client
        self._assistants = assistants
        self._model = model
        self._connection: str | None = None
        self._may_recall = not is_asked
        self.connections = connections
        self.is_settled = False
        self.problem = ""
        """Why no message could be answered, as far as listing the models has shown; empty if nothing is known against it."""
        """Whether the model of threads without a choice is known, or has been looked for."""
        self.page: ModelPage | None = None
        """The models as they were last listed."""
        assistants.on_read = self._recall

    @property
    def default_model(self) -> str | None:
        """The model of threads for which none was chosen; None if there is none."""
        return self._model or None

    @property
    def is_set_up(self) -> bool:
        """Whether a model is configured, or can be looked for."""
        return self._model is not None

    def set_default(self, model: str | None, connection: str | None = None) -> None:
        """Use this model for threads without a choice, until the program ends.

        Args:
            model: Its id; empty for the first one of the list, None for none.
            connection: Its connection; None for the default connection, whichever that is.
        """
        self._model, self._connection = model, connection

    # Listing

    async def list_models(self, *, refresh: bool = False) -> ModelPage:
        """The server's models; an empty list does not replace another one in `page`.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        page = await self._client.list_models(refresh=refresh)
        if page.data or self.page is None:
            self.page = page
        return page

    async def learn(self, *, refresh: bool = False) -> None:
        """List the models and settle on one before the first message needs it; `problem` says why that failed.

        Args:
            refresh: Whether a list that is known is fetched again.
        """
        self.problem = ""
        try:
            page = await self.list_models(refresh=refresh)
            await self.settle()
            source = page.sources[0] if page.sources else None
            if self._model == "" and source is not None:
                self.problem = source.problem or ""
        except (APIError, TransportError) as error:
            log.info("the models are not known yet: %s", error)
            # an endpoint that answers may serve a model that it does not list
            if self._model == "" or (isinstance(error, APIError) and error.code == NO_ANSWER):
                self.problem = str(error)
        self.is_settled = True

    async def settle(self) -> None:
        """Find the model of threads without a choice if none is configured; a failure is reported with a message."""
        if self._model == "":
            with suppress(APIError, TransportError, NotSent):
                self._model = await self._first_model()

    # Which one answers

    def model_of(self, conversation: Answering) -> str | None:
        """The model that will answer: the thread's, its assistant's, or the default."""
        if conversation.selection.model:
            return conversation.selection.model
        chosen = self._assistants.chosen(conversation)
        if chosen is not None and chosen.model:
            return chosen.model
        origin = self._origin(conversation)
        return origin[0] if origin is not None else self.default_model

    def has_no_tools(self, conversation: Answering) -> bool:
        """Whether the server says that the model that will answer gets no tools, unless they are switched on."""
        model, connection = self.model_of(conversation), self.answering(conversation)
        return any(
            row.id == model and row.connection in (None, connection) and row.tools_off
            for row in (self.page.data if self.page is not None else ())
        )

    def has_ability(self, conversation: Answering, ability: str) -> bool:
        """Whether the list of models says that the model that will answer has an ability."""
        model, connection = self.model_of(conversation), self.answering(conversation)
        return any(
            row.id == model and row.connection in (None, connection) and ability in (row.abilities or ())
            for row in (self.page.data if self.page is not None else ())
        )

    def connection_of(self, conversation: Answering) -> str | None:
        """The connection that will answer; None for the default one."""
        if conversation.selection.model:
            return conversation.selection.connection
        chosen = self._assistants.chosen(conversation)
        if chosen is not None and chosen.model:
            return (chosen.metadata or {}).get(CONNECTION) or None
        origin = self._origin(conversation)
        return origin[1] if origin is not None else self._connection

    def _origin(self, conversation: Answering) -> tuple[str, str] | None:
        """Model and connection of a thread that was started before another connection became the default one.

        Its messages still go where they went before: only a choice in the thread itself changes that.
        """
        name, known = conversation.selection.connection, self.connections()
        if not name or name not in known or name == (self._connection or known[0]):
            return None
        # another assistant may have answered a message with its own model
        run = conversation.run_of(self._assistants.id_of(conversation))
        if run is None:
            return None
        return run.model, name

    def answering(self, conversation: Answering) -> str | None:
        """The name of the connection that will answer; None if there is no connection."""
        return self.connection_of(conversation) or next(iter(self.connections()), None)

    def sent_connection(self, conversation: Answering) -> str | None:
        """The connection that a run has to name; None if it is the default one."""
        connection, known = self.connection_of(conversation), self.connections()
        return None if not known or connection == known[0] else connection

    def sent_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options of a run as they are sent: the default connection is not named."""
        known = self.connections()
        if options.get("connection") in (None, *known[:1]):
            return {name: value for name, value in options.items() if name != "connection"}
        return options

    async def need_model(self, conversation: Answering) -> str:
        """The model that will answer; the server is asked for its first one if none is configured.

        Raises:
            NotSent: There is none.
        """
        model = self.model_of(conversation)
        if model is None and self._model == "":
            model = self._model = await self._first_model()
        if not model:
            raise NotSent(
                _NOT_CHOSEN,
                "No model is set up yet: no endpoint is configured and no model was chosen.",
                "Connect one (/connect), or choose demo with ctrl+l: it works offline. Your text is back in the prompt.",
                (OTHER_MODEL, CONNECT),
            )
        return model

    async def need_assistant(self, conversation: Answering, model: str) -> str:
        """The id of the assistant that will answer; the program's own is made if there is none yet.

        Args:
            conversation: The conversation.
            model: The model of a new assistant, if there is no default one.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        chosen = conversation.selection.assistant_id
        return chosen or await self._assistants.need_default(self.default_model or model)

    async def _first_model(self) -> str:
        """A model of the default connection; what the user writes is never sent to another one.

        It is the model with which the program's own assistant was made, if the connection offers it, so that it is
        the same at each start; else the first one.

        Raises:
            NotSent: The connection lists none.
        """
        remedy = "Type its id with ctrl+l, or start with --model ID. Your text is back in the prompt."
        try:
            page = await self.list_models()
        except Unsupported:
            reason = "This server does not list its models, and none was chosen."
            raise NotSent(_NOT_CHOSEN, reason, remedy) from None
        offered = self._offered_by_default(page)
        if not offered:
            source = page.sources[0] if page.sources else None
            name = source.connection if source is not None else "The server"
            reason = f"{name} lists no models, and none was chosen."
            problem = source.problem if source is not None else None
            actions = (RETRY, OTHER_MODEL, CONNECT)
            raise NotSent(_NOT_CHOSEN, f"{reason} {problem}" if problem else reason, remedy, actions)
        mine = self._assistants.default
        return next(
            (model.id for model in offered if mine is not None and model.id == mine.model), offered[0].id
        )

    @staticmethod
    def _offered_by_default(page: ModelPage) -> list[Model]:
        source = page.sources[0] if page.sources else None
        return [model for model in page.data if source is None or model.connection == source.connection]

    # The default

    def _recall(self) -> None:
        """Use what the user once made the default, if its connection still exists; once, at the start."""
        may_recall, self._may_recall = self._may_recall, False
        mine = self._assistants.default
        if not may_recall or mine is None or self._model is None:
            return
        metadata = mine.metadata or {}
        known = self.connections()
        is_same = bool(known) and metadata.get(BESIDE_MARK) == known[0]
        if is_same and metadata.get(MODEL_MARK) == mine.model and metadata.get(CONNECTION) in known:
            self._model, self._connection = mine.model, metadata[CONNECTION]

    async def make_default(self, conversation: Conversation, model: str, connection: str) -> None:
        """Make a model the default of the assistant that answers in the conversation.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        assistant_id = await self.need_assistant(conversation, model)
        is_own = self._assistants.is_default(assistant_id)
        known = self.connections()
        marks = {MODEL_MARK: model, BESIDE_MARK: known[0] if known else ""}
        metadata = {CONNECTION: connection, **(marks if is_own else {})}
        await self._assistants.modify(
            ModifyAssistant(assistant_id=assistant_id, model=model, metadata=metadata)
        )
        if is_own:
            self.set_default(model, connection or None)

    async def ensure_default_assistant(self, conversation: Conversation) -> None:
        """Make the program's own assistant if there is none, so that it can be chosen.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        model = self.model_of(conversation)
        if model is not None and self._assistants.default is None:
            await self._assistants.need_default(model)
