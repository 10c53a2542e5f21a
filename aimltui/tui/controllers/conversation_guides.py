"""ConversationGuides: the lines of a conversation that has no message yet."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.startup import Connected
from aimltui.tui.state.entries import GuideEntry
from aimltui.tui.state.guides import GENERAL, guides_for
from aimltui.wire.assistants import starters_of


class ConversationGuides:
    """Shows the guides of an empty conversation, and hides them with its first message.

    Args:
        connected: The server.
        demo_model: The model that knows the program; None if there is none.
        assistants: The assistants.
        models: Which model answers.
    """

    def __init__(
        self,
        connected: Connected,
        demo_model: str | None,
        assistants: AssistantDirectory,
        models: ModelSelection,
    ) -> None:
        self._connected = connected
        self._demo_model = demo_model
        self._assistants = assistants
        self._models = models

    def starters_of(self, conversation: Conversation) -> Sequence[tuple[str, str]]:
        """What a conversation offers to begin with: the line shown, and the message."""
        own = starters_of(self._assistants.metadata_of(conversation))
        model = self._models.model_of(conversation)
        if own or model is None:
            return [(text, text) for text in own]
        # those of the connection are about the program, and only the demo model knows it
        return self._connected.starters if model == self._demo_model else GENERAL

    def show(self, conversation: Conversation) -> None:
        """Show the guides that fit the conversation now."""
        guides: tuple[GuideEntry, ...] = ()
        if not conversation.view.facts.has_messages:
            guides = guides_for(
                self._models.model_of(conversation),
                self._assistants.name_of(conversation),
                is_set_up=self._models.is_set_up,
                may_connect=self._connected.connections is not None,
                starters=self.starters_of(conversation),
                notes=self._connected.notes,
            )
        conversation.buffer.add(conversation.view.show_guides(guides), at_once=True)
