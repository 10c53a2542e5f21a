"""The models on offer, as rows of the picker."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.model_rows import ModelIndex
from aimltui.tui.state.model_words import ModelRow, SourceRow

if TYPE_CHECKING:
    from aimltui.wire.models import Model, ModelPage

FRESH_S = 600
"""Seconds for which a list counts as current."""


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """The models on offer, and where they come from."""

    rows: tuple[ModelRow, ...] = ()
    sources: tuple[SourceRow, ...] = ()
    problem: str = ""
    """Why there is no list at all, as sentences."""
    index: ModelIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", ModelIndex(self.rows))


def offer_of(page: ModelPage | None) -> ModelOffer:
    """The server's list as rows; an empty offer where it was not read yet."""
    if page is None:
        return ModelOffer()
    sources = tuple(
        SourceRow(source.connection, source.source, source.as_of, source.problem or "", source.count)
        for source in page.sources or ()
    )
    return ModelOffer(tuple(_row(model) for model in page.data), sources)


def is_old(page: ModelPage, now: float) -> bool:
    """Whether to ask the endpoints again: a list is older than ten minutes, shipped with the program, or missing."""
    return any(
        source.source in ("snapshot", "none") or not 0 <= now - (source.as_of or 0) < FRESH_S
        for source in page.sources or ()
    )


def _row(model: Model) -> ModelRow:
    price = model.price
    abilities = frozenset(model.abilities) if model.abilities is not None else None
    if "image" in (model.inputs or ()):
        abilities = (abilities or frozenset()) | {"vision"}
    return ModelRow(
        id=model.id,
        name=model.name or "",
        vendor=model.owned_by,
        context=model.context_length,
        note=model.remark or "",
        connection=model.connection or "",
        created=model.created,
        output_limit=model.output_limit,
        aliases=tuple(model.aliases or ()),
        abilities=abilities,
        prompt=price.prompt if price else None,
        completion=price.completion if price else None,
        cached=price.cached if price else None,
        description=model.description or "",
        learned=tuple(model.learned or ()),
    )
