"""WebSwitch: whether the model may use the web in a conversation, as the user or its assistant says. Off without a word."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.conversation import Answering, Conversation
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.selection_keeper import SelectionKeeper
from aimltui.wire.assistants import ModifyAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.threads import WEB

WORDS = ("on", "off")
_ALWAYS_ABLE = "web_search"


class WebSwitch:
    """Decides for each run; the thread's word comes before its assistant's.

    Args:
        assistants: The assistants.
        models: The models; some search by themselves.
        selections: Saves what is chosen for a thread.
        post: Sends a message to the screen.
        has_search: Whether a search server is configured.
        is_known: Whether the server takes the switch with a run.
    """

    def __init__(
        self,
        assistants: AssistantDirectory,
        models: ModelSelection,
        selections: SelectionKeeper,
        post: Callable[[TextualMessage], object],
        *,
        has_search: bool,
        is_known: bool,
    ) -> None:
        self._assistants = assistants
        self._models = models
        self._selections = selections
        self._post = post
        self._has_search = has_search
        self._is_known = is_known

    def is_on(self, conversation: Answering) -> bool:
        """Whether the model may use the web."""
        of_assistant = self._assistants.metadata_of(conversation).get(WEB, "")
        return (conversation.selection.web or of_assistant) == "on"

    def searches_itself(self, conversation: Answering) -> bool:
        """Whether the model that will answer searches the web by itself."""
        return self._is_known and self._models.has_ability(conversation, _ALWAYS_ABLE)

    def gives_tools(self, conversation: Answering) -> bool:
        """Whether a run gets this program's tools for the web: not if its model searches by itself."""
        return self.is_on(conversation) and not self.searches_itself(conversation)

    def sent(self, conversation: Answering) -> str | None:
        """The switch that a run has to name; None sends nothing."""
        return "on" if self.is_on(conversation) and self.searches_itself(conversation) else None

    async def choose(self, conversation: Conversation, word: str) -> None:
        """Switch the web in a conversation."""
        await self._selections.choose_web(conversation, word)
        self._tell(conversation, word, "this thread")

    async def choose_for_assistant(self, conversation: Conversation, word: str) -> None:
        """Switch the web in every thread of the conversation's assistant that has no word for itself."""
        assistant_id = self._assistants.id_of(conversation)
        name = self._assistants.name_of(conversation)
        if assistant_id is None:
            self._post(
                NoticePosted(f"{name} is created with the first message. Switch the web after that.", True)
            )
            return
        try:
            await self._assistants.modify(ModifyAssistant(assistant_id=assistant_id, metadata={WEB: word}))
        except (APIError, TransportError) as error:
            self._post(NoticePosted(f"The web was not switched. {error}", True))
            return
        if conversation.selection.web:
            await self._selections.choose_web(conversation, "")
        self._tell(conversation, word, f"the threads of {name}")

    def _tell(self, conversation: Conversation, word: str, where: str) -> None:
        if word == "off":
            text = f"The web is off in {where}. Models that always search still do."
        elif self.searches_itself(conversation):
            text = f"The web is on in {where}: this model searches by itself, at its provider."
        elif self._has_search:
            text = f"The web is on in {where}: the model may search and read pages, and you are asked first."
        else:
            text = (
                f"The web is on in {where}: the model may read pages, and you are asked first. For searches, name a SearXNG "
                "server as searxng_url under [web] in the configuration file."
            )
        self._post(NoticePosted(text, False))
