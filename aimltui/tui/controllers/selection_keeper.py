"""SelectionKeeper: changes which model, connection and assistant a conversation uses, and saves that with its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.state.run_options import RunOptions, metadata_of
from aimltui.wire.errors import APIError
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TOOLS, WEB

if TYPE_CHECKING:
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.model_selection import ModelSelection
    from aimltui.tui.controllers.thread_directory import ThreadDirectory
    from aimltui.tui.state.answerers import Answerer


class SelectionKeeper:
    """What was chosen for a thread stands in its metadata, so that it is the same in every window and after a restart.

    Args:
        models: Decides which model answers.
        assistants: The assistants.
        threads: Saves the metadata.
        post: Sends a message to the screen.
        changed: Called when something else answers in a conversation.
    """

    def __init__(
        self,
        models: ModelSelection,
        assistants: AssistantDirectory,
        threads: ThreadDirectory,
        post: Callable[[TextualMessage], object],
        changed: Callable[[Conversation], None],
    ) -> None:
        self._models = models
        self._assistants = assistants
        self._threads = threads
        self._post = post
        self._changed = changed

    async def choose_model(self, conversation: Conversation, model: str, connection: str = "") -> None:
        """Use a model in the conversation; it becomes that of new threads only if these had none.

        Args:
            conversation: The conversation.
            model: The model's id.
            connection: The name of its connection; empty for the default one, and for the built-in model.
        """
        conversation.selection.model, conversation.selection.connection = model, connection or None
        if not self._models.default_model:
            self._models.set_default(model, connection or None)
        await self._save(conversation, {MODEL: model, CONNECTION: connection})

    async def choose_assistant(self, conversation: Conversation, assistant_id: str) -> None:
        """Let an assistant answer in the conversation."""
        conversation.selection.assistant_id = assistant_id
        await self._save(conversation, {ASSISTANT: assistant_id})

    async def let_answer(self, conversation: Conversation, answerer: Answerer) -> None:
        """Let a model answer in the conversation, or an assistant with its own model."""
        if not answerer.is_assistant:
            await self.choose_model(conversation, answerer.id, answerer.connection)
            return
        conversation.selection.let_answer(answerer)
        await self._save(conversation, answerer.metadata)

    async def choose_tools(self, conversation: Conversation, word: str) -> None:
        """Switch the hosted tools in the conversation: on, off, auto, or empty for what its assistant says."""
        conversation.selection.tools = word or None
        await self._save(conversation, {TOOLS: word})

    async def choose_web(self, conversation: Conversation, word: str) -> None:
        """Switch the web in the conversation: on, off, or empty for what its assistant says."""
        conversation.selection.web = word or None
        await self._save(conversation, {WEB: word})

    async def choose_options(self, conversation: Conversation, options: RunOptions) -> None:
        """Use these options in all runs of the conversation; a model among them becomes that of the thread."""
        if options.model:
            await self.choose_model(conversation, options.model, options.connection)
            options = replace(options, model="", connection="")
        before, conversation.options.thread = conversation.options.thread, options
        await self._save(conversation, metadata_of(options, before))

    async def make_default(self, conversation: Conversation, model: str, connection: str = "") -> None:
        """Make a model the default of the conversation's assistant, and let the conversation follow the default."""
        try:
            await self._models.make_default(conversation, model, connection)
        except (APIError, TransportError) as error:
            self._post(NoticePosted(f"The default was not changed. {error}", True))
            return
        conversation.selection.model, conversation.selection.connection = None, connection or None
        name = self._assistants.name_of(conversation)
        self._post(NoticePosted(f"{model} is now the default of {name}.", False))
        await self._save(conversation, {MODEL: "", CONNECTION: connection})

    async def follow_default(self, conversation: Conversation) -> None:
        """Let the conversation use the default model of the default connection."""
        conversation.selection.model = conversation.selection.connection = None
        await self._save(conversation, {MODEL: "", CONNECTION: ""})

    async def remember_connection(self, conversation: Conversation) -> None:
        """Save which connection answers, so that the thread stays with it when another one becomes the default."""
        name = self._models.answering(conversation)
        if conversation.selection.model is None and name != conversation.selection.connection:
            conversation.selection.connection = name
            await self._save(conversation, {CONNECTION: name or ""})

    async def _save(self, conversation: Conversation, metadata: dict[str, str]) -> None:
        self._changed(conversation)
        if conversation.thread_id is None:
            return
        try:
            await self._threads.set_metadata(conversation.thread_id, metadata)
        except (APIError, TransportError) as error:
            self._post(
                NoticePosted(
                    f"The choice holds until the program ends, but could not be saved. {error}", True
                )
            )
