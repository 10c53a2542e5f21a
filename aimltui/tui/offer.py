"""The server's list of models as the picker shows it."""

from __future__ import annotations

from aimltui.tui.screens.dialogs.model_picker import Offer
from aimltui.tui.state.model_words import ModelRow, SourceRow
from aimltui.wire.models import Model, ModelPage

FRESH_S = 600
"""Seconds for which a list counts as of just now."""


def offer_of(page: ModelPage | None) -> Offer:
    """The rows and where they come from."""
    if page is None:
        return Offer()
    sources = tuple(
        SourceRow(source.connection, source.source, source.as_of, source.problem or "", source.count)
        for source in page.sources or ()
    )
    return Offer(tuple(_row(model) for model in page.data), sources)


def is_old(page: ModelPage, now: float) -> bool:
    """Whether the endpoints should be asked: a list is kept from earlier, shipped, or missing."""
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
