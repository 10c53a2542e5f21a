"""ToolSwitch: whether the hosted tools are offered in a conversation, as the user or its assistant says."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.conversation import Answering, Conversation
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.controllers.selection_keeper import SelectionKeeper
from aimltui.wire.assistants import ModifyAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.runs import TOOL_SWITCHES
from aimltui.wire.threads import TOOLS
from aimltui.wire.tools import FunctionTool, Tool

WORDS = {
    "on": "Tools are on in {}: the model may run code and search files.",
    "off": "Tools are off in {}: the model only writes.",
    "auto": "Tools in {} are on, except for models that are not good at them.",
}
"""What a switch means, for the thread or the threads that it is about."""


class ToolSwitch:
    """Decides for each run; the thread's word comes before its assistant's.

    The program's own assistant has `auto` without a word of the user. Another assistant keeps the tools that its maker
    gave it, unless somebody switches them.

    Args:
        assistants: The assistants.
        selections: Saves what is chosen for a thread.
        post: Sends a message to the screen.
        is_known: Whether the server knows the switch; if not, a run without tools leaves them out itself.
    """

    def __init__(
        self,
        assistants: AssistantDirectory,
        selections: SelectionKeeper,
        post: Callable[[TextualMessage], object],
        *,
        is_known: bool,
    ) -> None:
        self._assistants = assistants
        self._selections = selections
        self._post = post
        self._is_known = is_known

    def of(self, conversation: Answering) -> str:
        """The switch in force: `on`, `off` or `auto`."""
        assistant_id = self._assistants.id_of(conversation)
        without = "auto" if assistant_id is None or self._assistants.is_default(assistant_id) else "on"
        return conversation.selection.tools or self.of_assistant(conversation) or without

    def of_assistant(self, conversation: Answering) -> str:
        """The word of the conversation's assistant; empty for none."""
        word = self._assistants.metadata_of(conversation).get(TOOLS, "")
        return word if word in TOOL_SWITCHES else ""

    def sent(self, conversation: Answering) -> str | None:
        """The switch that a run has to name; None for a server that does not know it, or if it is on."""
        switch = self.of(conversation)
        return switch if self._is_known and switch != "on" else None

    def kept(
        self, conversation: Answering, assistant_id: str, tools: tuple[Tool, ...] | None
    ) -> tuple[Tool, ...] | None:
        """The tools to send with a run: without the hosted ones if they are off and the server knows no switch.

        Args:
            conversation: The conversation.
            assistant_id: The assistant that answers.
            tools: The run's tools; None for those of the assistant.
        """
        if self._is_known or self.of(conversation) != "off":
            return tools
        all_tools = self._assistants.all_tools_of(assistant_id) if tools is None else tools
        return tuple(tool for tool in all_tools or () if isinstance(tool, FunctionTool))

    async def choose(self, conversation: Conversation, word: str) -> None:
        """Switch the tools in a conversation."""
        await self._selections.choose_tools(conversation, word)
        self._post(NoticePosted(WORDS[word].format("this thread"), False))

    async def choose_for_assistant(self, conversation: Conversation, word: str) -> None:
        """Switch the tools in every thread of the conversation's assistant that has no word for itself."""
        assistant_id = self._assistants.id_of(conversation)
        name = self._assistants.name_of(conversation)
        if assistant_id is None:
            self._post(
                NoticePosted(f"{name} is created with the first message. Switch its tools after that.", True)
            )
            return
        try:
            await self._assistants.modify(ModifyAssistant(assistant_id=assistant_id, metadata={TOOLS: word}))
        except (APIError, TransportError) as error:
            self._post(NoticePosted(f"The tools were not switched. {error}", True))
            return
        if conversation.selection.tools:
            await self._selections.choose_tools(conversation, "")
        self._post(NoticePosted(WORDS[word].format(f"the threads of {name}"), False))
