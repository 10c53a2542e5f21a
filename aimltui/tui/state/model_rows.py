"""The models of the picker: their sections, and the search. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.state.model_words import ModelRow

__all__ = ["ModelIndex", "ModelRow", "Section", "typed_id"]

Key = tuple[str, str]
"""Connection and id."""
RECENT, FAVOURITES, OTHERS = "Recent", "Favourites", "Others"
SHOWN_RECENT = 5
ABILITY_WORDS = frozenset({"tools", "vision", "reasoning", "streaming", "files"})
"""Words of a query that narrow the list to models with that ability, or with that word in the id."""


@dataclass(frozen=True, slots=True)
class Section:
    """Models under a heading."""

    title: str
    """Empty for models that need no heading."""
    rows: tuple[ModelRow, ...]


class ModelIndex:
    """The models on offer, prepared for a search at each key.

    Args:
        rows: The models, in the order of their lists.
    """

    def __init__(self, rows: Iterable[ModelRow] = ()) -> None:
        self.rows = tuple(rows)
        self.by_key = {row.key: row for row in self.rows}
        self._ids = [row.id for row in self.rows]
        self._rest = [
            " ".join((row.vendor, row.name, *row.aliases[:4], row.connection, row.id)) for row in self.rows
        ]
        self.connections = tuple(dict.fromkeys(row.connection for row in self.rows if row.connection))
        self.longest = max(map(len, self._ids), default=0)

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: Key) -> ModelRow:
        """The model; for one that is not listed, a row with only its id."""
        return self.by_key.get(key) or ModelRow(key[1], connection=key[0])

    def find(self, query: str) -> tuple[list[ModelRow], str]:
        """The models that match, the best first: those whose id matches, then by name, vendor, alias, connection.

        Returns:
            The models, and the part of the query that was searched in their names.
        """
        words = query.lower().split()
        asked = [word for word in words if word in ABILITY_WORDS]
        places: Sequence[int] = range(len(self.rows))
        if asked and (able := [place for place in places if self._has(place, asked)]):
            places, words = able, [word for word in words if word not in ABILITY_WORDS]
        if not words:
            return [self.rows[place] for place in places], ""
        text = " ".join(words)
        by_id = [places[at] for at in rank(text, [self._ids[place] for place in places])]
        seen = set(by_id)
        left = [place for place in places if place not in seen]
        by_rest = [left[at] for at in rank(text, [self._rest[place] for place in left])]
        return [self.rows[place] for place in by_id + by_rest], text

    def _has(self, place: int, asked: Sequence[str]) -> bool:
        row = self.rows[place]
        return all((row.abilities and word in row.abilities) or word in row.id.lower() for word in asked)

    def sections(self, recent: Sequence[Key] = (), favourites: Collection[Key] = ()) -> list[Section]:
        """All models: recent ones, favourites, then by connection and vendor, the newest first."""
        found = [
            Section(RECENT, tuple(self.get(key) for key in recent[:SHOWN_RECENT])),
            Section(FAVOURITES, tuple(self.get(key) for key in favourites)),
        ]
        groups: dict[tuple[str, str], list[ModelRow]] = {}
        for row in self.rows:
            groups.setdefault((row.connection, row.vendor), []).append(row)
        order = {connection: place for place, connection in enumerate((*self.connections, ""))}
        has_several = len(self.connections) > 1
        for connection, vendor in sorted(
            groups, key=lambda group: (order[group[0]], not group[1], group[1].lower())
        ):
            rows = sorted(groups[connection, vendor], key=lambda row: -row.created)
            parts = [connection] * has_several + [vendor] * (vendor != connection)
            title = " · ".join(part for part in parts if part)
            found.append(Section(title or (OTHERS if len(groups) > 1 else ""), tuple(rows)))
        found = [section for section in found if section.rows]
        if len(found) == 1:
            return [Section("", found[0].rows)]
        return found


def typed_id(query: str, rows: Iterable[ModelRow] = ()) -> str | None:
    """The query, if it can be a model's id and is not the id of one of these models."""
    text = query.strip()
    if not text or not text.isprintable() or any(sign.isspace() for sign in text):
        return None
    return None if any(row.id == text for row in rows) else text
