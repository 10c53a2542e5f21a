"""Finds the model or the assistant that a word names, as in `/retry gpt-5` or `/retry @Editor`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.fuzzy import rank
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL


@dataclass(frozen=True, slots=True)
class Answerer:
    """A model or an assistant that can answer."""

    id: str
    name: str
    connection: str = ""
    """Of a model; empty for the default one."""
    is_assistant: bool = False

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of a thread in which this answers; an assistant answers with its own model."""
        if self.is_assistant:
            return {ASSISTANT: self.id, MODEL: "", CONNECTION: ""}
        return {MODEL: self.id, CONNECTION: self.connection}


def named(
    word: str, models: Sequence[Answerer], assistants: Sequence[Answerer] = (), here: str = ""
) -> Answerer | None:
    """Return what a word names: the whole name first, then the best match by its letters; None if nothing matches.

    Args:
        word: What the user wrote; with an `@` before it an assistant's name.
        models: The models on offer.
        assistants: The assistants.
        here: The connection whose models come first.
    """
    wanted = word.removeprefix("@").strip().casefold()
    offered = sorted(models, key=lambda model: model.connection != here) if not word.startswith("@") else []
    candidates = [*offered, *assistants]
    for one in candidates:
        if wanted in (one.id.casefold(), one.name.casefold()):
            return one
    found = rank(wanted, [one.name for one in candidates]) if wanted else []
    return candidates[found[0]] if found else None


def parted_names(words: Sequence[str], assistants: Sequence[Answerer]) -> Iterator[str]:
    """Yield the names among the words; that of an assistant, which begins with an `@`, may have several words."""
    known = {one.name.casefold() for one in assistants}
    place = 0
    while place < len(words):
        single = place + 1
        longer = range(len(words), single, -1) if words[place].startswith("@") else ()
        end = next((end for end in longer if " ".join(words[place:end])[1:].casefold() in known), single)
        yield " ".join(words[place:end])
        place = end


def with_current(models: Sequence[Answerer], model_id: str | None, connection: str | None) -> list[Answerer]:
    """Return the models on offer and the one in use, which a server need not list."""
    if not model_id or any(model.id == model_id for model in models):
        return [*models]
    return [Answerer(model_id, model_id, connection or ""), *models]
