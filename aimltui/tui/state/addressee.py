"""The assistant that one message is addressed to with `@Name`, and how the list after an `@` finds it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line

TO_ASSISTANT: Final = "to_assistant"
"""Metadata key of a message: the assistant that it is addressed to."""
TO_NAME: Final = "to_assistant_name"
"""Metadata key beside it: the name that the assistant had then."""
_ID_TAIL: Final = 4
_LONGEST_NAME: Final = 256
_MOST_OFFERED: Final = 20
_MOST_UNASKED: Final = 4


@dataclass(frozen=True, slots=True)
class Addressee:
    """An assistant that answers one message, whichever assistant the thread has."""

    assistant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An assistant that a message may be addressed to."""

    assistant_id: str
    name: str
    """Its name as it is shown; unlike that of all others if it can be told apart."""
    model: str


def candidates(assistants: Iterable[tuple[str, str, str]]) -> list[Candidate]:
    """Return assistants with names that can be told apart: equal ones get the end of their id.

    Args:
        assistants: Id, name and model of each.
    """
    known = [(one, clean_line(name).strip() or one, model) for one, name, model in assistants]
    count = Counter(name.casefold() for _, name, _ in known)
    return [
        Candidate(one, f"{name} ({one[-_ID_TAIL:]})" if count[name.casefold()] > 1 else name, model)
        for one, name, model in known
    ]


def matching(offered: Sequence[Candidate], query: str) -> list[Candidate]:
    """Return those whose name, or a word of it, begins with what is written after the `@`."""
    wanted = query.casefold()
    found = [one for one in offered if _begins(one.name.casefold(), wanted)]
    # without a letter there is also room for files
    return found[: _MOST_OFFERED if wanted else _MOST_UNASKED]


def _begins(name: str, wanted: str) -> bool:
    return name.startswith(wanted) or f" {wanted}" in name


def metadata_of(to: Addressee) -> dict[str, str]:
    """Return the metadata with which a message remembers whom it was addressed to."""
    return {TO_ASSISTANT: to.assistant_id, TO_NAME: to.name[:_LONGEST_NAME]}


def addressee_in(metadata: Mapping[str, str] | None) -> Addressee | None:
    """Return whom a message was addressed to; None for the thread's assistant."""
    found = (metadata or {}).get(TO_ASSISTANT)
    return Addressee(found, (metadata or {}).get(TO_NAME) or found) if found else None


def written(to: Addressee) -> str:
    """Return an addressee as a draft contains it."""
    return json.dumps({"to": [to.assistant_id, to.name]}, ensure_ascii=True)


def read(text: str) -> Addressee | None:
    """Return the addressee that `written` wrote; None for anything else."""
    try:
        found = json.loads(text)
        assistant_id, name = found["to"]
    except (ValueError, TypeError, KeyError):
        return None
    return Addressee(assistant_id, name) if isinstance(assistant_id, str) and isinstance(name, str) else None
