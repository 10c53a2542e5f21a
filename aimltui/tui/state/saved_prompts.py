"""Saved prompts: texts with placeholders. Each has a slash word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

_BLANK: Final = pattern(r"\{\{\s*+([^{}\n]{1,60}?)\s*+\}\}")
_NAME: Final = pattern(r"[a-z0-9][a-z0-9_-]{0,40}")
_ASKED: Final = pattern(r"/([a-z0-9][a-z0-9_-]{0,40})(?:\s+(\S.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    """A text of the user."""

    name: str
    """Its slash word without the slash."""
    text: str

    @property
    def blanks(self) -> tuple[str, ...]:
        """The names of its placeholders, each once, in their order."""
        return tuple(dict.fromkeys(_BLANK.findall(self.text)))

    @property
    def first_words(self) -> str:
        """The beginning of the text."""
        return " ".join(self.text.split())[:60]

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with values for its placeholders; one that got no value stays."""
        return _BLANK.sub(lambda blank: values.get(blank[1], blank[0]), self.text)


def saved_prompts(files: Iterable[tuple[str, str]]) -> list[SavedPrompt]:
    """Return the prompts of files, given as names and texts; empty ones and unusable names are left out."""
    found: dict[str, SavedPrompt] = {}
    for stem, text in files:
        name = name_of(stem)
        if name is not None and text.strip():
            found.setdefault(name, SavedPrompt(name, text.strip("\n")))
    return list(found.values())


def name_of(stem: str) -> str | None:
    """The slash word of a file's name without its ending; None if it cannot be one."""
    name = stem.strip().lower().replace(" ", "-")
    return name if _NAME.fullmatch(name) else None


def asked(text: str, prompts: Iterable[SavedPrompt]) -> tuple[SavedPrompt, str] | None:
    """The saved prompt that a message asks for, and what stands behind its word; None if it asks for none."""
    match = _ASKED.fullmatch(text.rstrip())
    found = next((one for one in prompts if match is not None and one.name == match[1].lower()), None)
    return (found, match[2] or "") if found is not None and match is not None else None
