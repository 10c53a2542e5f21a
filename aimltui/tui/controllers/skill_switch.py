"""SkillSwitch: which skills the assistant of a conversation has, and switching them on and off for it."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.client.errors import TransportError
from aimltui.common.dataclass import dataclass
from aimltui.local_tools.skills.source import SkillSource
from aimltui.local_tools.skills.switch import METADATA, MOST_METADATA, names_on
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.wire.assistants import ModifyAssistant
from aimltui.wire.errors import APIError


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A skill as the user sees it."""

    name: str
    place: str
    is_on: bool = False
    about: str = ""
    error: str = ""
    """Why it is not usable; empty if it is."""


class SkillSwitch:
    """Reads and changes the skills of one conversation's assistant.

    Args:
        source: The skills.
        assistants: The assistants.
        models: Makes the program's own assistant if there is none yet.
        conversation: The conversation.
    """

    def __init__(
        self,
        source: SkillSource,
        assistants: AssistantDirectory,
        models: ModelSelection,
        conversation: Conversation,
    ) -> None:
        self._source = source
        self._assistants = assistants
        self._models = models
        self._conversation = conversation

    @property
    def assistant(self) -> str:
        """The name of the assistant."""
        return self._assistants.name_of(self._conversation)

    @property
    def rows(self) -> Sequence[SkillRow]:
        """All skills, and the folders that are no usable skill."""
        on = self._on
        usable = [
            SkillRow(skill.name, str(skill.folder), skill.name in on, skill.description)
            for skill in self._source.skills
        ]
        return [*usable, *(SkillRow(one.source, "", error=one.sentence) for one in self._source.problems)]

    @property
    def _on(self) -> list[str]:
        assistant_id = self._assistants.id_of(self._conversation)
        is_own = assistant_id is None or self._assistants.is_default(assistant_id)
        return names_on(self._assistants.metadata_of(self._conversation), self._source.skills, is_own=is_own)

    async def switch(self, name: str) -> str:
        """Switch a skill on or off.

        Returns:
            Why that failed, as a sentence; empty if it did not.
        """
        on = self._on
        names = [one for one in on if one != name] if name in on else [*on, name]
        value = " ".join(sorted(names))
        if len(value) > MOST_METADATA:
            return f"{self.assistant} has as many skills as can be saved. Switch another one off first."
        try:
            await self._models.ensure_default_assistant(self._conversation)
            assistant_id = self._assistants.id_of(self._conversation)
            if assistant_id is None:
                return f"{self.assistant} is created with the first message. Switch its skills after that."
            change = ModifyAssistant(assistant_id=assistant_id, metadata={METADATA: value})
            await self._assistants.modify(change)
        except (APIError, TransportError, NotSent) as error:
            return f"The skill was not switched. {error}"
        return ""
