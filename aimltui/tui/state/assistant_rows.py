"""The list of assistants: the saved ones, ready-made ones, and those in the trash. Pure."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.state.assistant_form import CODE, FUNCTION, SEARCH, tool_key
from aimltui.tui.state.assistant_templates import TEMPLATES
from aimltui.tui.state.fuzzy import rank
from aimltui.wire.assistants import LOCAL_TOOLS, Assistant, version_of
from aimltui.wire.threads import TRASHED_AT

Kind = Literal["saved", "ready-made", "trash"]
HEADINGS: Final[dict[Kind, str]] = {"saved": "", "ready-made": "Ready-made", "trash": "In the trash"}
DAY_S: Final = 86_400
_LATEST: Final = 1e11
"""Unix seconds beyond every date that can be shown."""
_TOOL_WORDS: Final = {CODE: "code", SEARCH: "files"}


@dataclass(frozen=True, slots=True)
class AssistantRow:
    """An assistant in the list."""

    id: str
    kind: Kind
    name: str
    hint: str = ""
    about: str = ""
    """A sentence about it."""
    details: str = ""
    """Its tools and version."""
    is_own: bool = False
    """Whether it is the program's own, which cannot be deleted."""

    @property
    def key(self) -> str:
        """What tells the row from all others: one that is moved to the trash is another row."""
        return f"{self.kind}:{self.id}"


def rows_of(
    saved: Sequence[Assistant],
    trashed: Sequence[Assistant],
    *,
    own_id: str | None,
    own_model: str,
    now: float,
    days: int,
) -> list[AssistantRow]:
    """All rows: the program's own assistant first, the others by name.

    Args:
        saved: The assistants that can answer.
        trashed: Those in the trash.
        own_id: The program's own one.
        own_model: The model with which that one answers.
        now: Unix seconds.
        days: Days for which one stays in the trash.
    """
    ordered = sorted(saved, key=lambda one: (one.id != own_id, (one.name or one.id).lower()))
    rows = [_saved(one, own_model if one.id == own_id else "") for one in ordered]
    names = {(one.name or "").lower() for one in saved}
    rows += [
        AssistantRow(
            one.id,
            "ready-made",
            one.form.name,
            " · ".join(_TOOL_WORDS[tool] for tool in one.form.tools) or "no tools",
            one.form.description,
        )
        for one in TEMPLATES
        if one.form.name.lower() not in names
    ]
    latest = sorted(trashed, key=lambda one: -trashed_at(one))
    rows += [
        AssistantRow(one.id, "trash", clean_line(one.name or one.id), _left(one, now, days)) for one in latest
    ]
    return rows


def trashed_at(assistant: Assistant) -> float:
    """Unix seconds at which it was moved to the trash; infinite if the mark has no time, 0 if it has no mark."""
    try:
        at = float((assistant.metadata or {}).get(TRASHED_AT) or 0)
    except ValueError:
        return math.inf
    return at if abs(at) < _LATEST else math.inf


def _saved(assistant: Assistant, own_model: str) -> AssistantRow:
    model = own_model or assistant.model
    return AssistantRow(
        assistant.id,
        "saved",
        clean_line(assistant.name or assistant.id),
        f"default · {model}" if own_model else model,
        clean_line(assistant.description or (assistant.instructions or "").strip()[:300]),
        " · ".join([*_tools(assistant), f"version {version_of(assistant)}"]),
        is_own=bool(own_model),
    )


def _tools(assistant: Assistant) -> list[str]:
    keys = [tool_key(tool.to_json()) for tool in assistant.tools]
    words = [_TOOL_WORDS[key] for key in keys if key in _TOOL_WORDS]
    functions = sum(key.startswith(FUNCTION) for key in keys)
    if functions:
        words.append(plural(functions, "function"))
    if (assistant.metadata or {}).get(LOCAL_TOOLS) == "on":
        words.append("your functions and MCP servers")
    return words or ["no tools"]


def _left(assistant: Assistant, now: float, days: int) -> str:
    at = trashed_at(assistant)
    if at == math.inf:
        # nobody knows since when, so it stays
        return "deleted"
    left = max(0, round(days - (now - at) / DAY_S))
    is_today = time.localtime(at)[:3] == time.localtime(now)[:3]
    return f"deleted{' today' * is_today} · {plural(left, 'day')} left"


def key_near(before: Sequence[AssistantRow], key: str, now: Sequence[AssistantRow]) -> str:
    """The key of the row where the cursor goes: the same row, else the one that took its place."""
    keys = {row.key for row in now}
    place = next((place for place, row in enumerate(before) if row.key == key), None)
    if key in keys or place is None:
        return key
    near = [*before[place + 1 :], *reversed(before[:place])]
    return next((row.key for row in near if row.key in keys), "")


def found_in(rows: Sequence[AssistantRow], query: str) -> list[AssistantRow]:
    """The rows whose names match what was typed, the best first; without a query all of them."""
    query = query.strip()
    return [rows[place] for place in rank(query, [row.name for row in rows])] if query else list(rows)
