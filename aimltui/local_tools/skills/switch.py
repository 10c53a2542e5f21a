"""Which skills an assistant has: in its metadata, or those of the configuration directory for the program's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aimltui.local_tools.skills.reading import Skill

METADATA = "aimltui.skills"
"""Metadata key of an assistant: the names of its skills, with spaces between them."""
MOST_METADATA = 512
"""Characters of a value in the API."""


def names_on(metadata: Mapping[str, str] | None, skills: Sequence[Skill], *, is_own: bool) -> list[str]:
    """The names of the skills that an assistant has.

    Args:
        metadata: The assistant's metadata.
        skills: The usable skills.
        is_own: Whether it is the program's own assistant. Until the user switches one, it has those of the configuration
            directory: the user has put them there for this program. Those of other folders may be for other programs.
    """
    chosen = (metadata or {}).get(METADATA)
    if chosen is None:
        return [skill.name for skill in skills if skill.is_own and is_own]
    words = chosen.split()
    return [skill.name for skill in skills if skill.name in words]
