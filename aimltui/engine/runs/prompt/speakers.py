"""Tells a model which answers of its thread other assistants wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from aimltui.common.sanitize import clean_line
from aimltui.engine.runs.prompt.context_window import Item, MessageItem
from aimltui.engine.store import assistants, runs
from aimltui.engine.store.database import Connection
from aimltui.wire.errors import NotFound
from aimltui.wire.imports import ELSEWHERE
from aimltui.wire.runs import Run

_LONGEST_NAME: Final = 64
_UNNAMED: Final = "another assistant"
_NO_MARKS: Final = str.maketrans("", "", '[]"“”')


def with_speakers(conn: Connection, run: Run, items: Sequence[Item]) -> tuple[list[Item], str]:
    """Mark the answers of other assistants than the run's with their names.

    Returns:
        The items, and what the instructions say about the marks; empty if all answers are the run's assistant's.
    """
    others = {
        item.message.assistant_id
        for item in items
        if isinstance(item, MessageItem) and _is_by_other(item, run.assistant_id)
    }
    if not others:
        return list(items), ""
    names = {other: shown_name(_name_of(conn, run.thread_id, other)) for other in others if other}
    own = shown_name(run.assistant_name or _name_of(conn, run.thread_id, run.assistant_id))
    marked = [
        replace(item, author=names[item.message.assistant_id or ""])
        if isinstance(item, MessageItem) and _is_by_other(item, run.assistant_id)
        else item
        for item in items
    ]
    return marked, _note(own, names.values())


def shown_name(name: str) -> str:
    """Return a name as the marks show it: one line without brackets or quotes."""
    return clean_line(name).translate(_NO_MARKS).strip()[:_LONGEST_NAME].strip() or _UNNAMED


def _is_by_other(item: MessageItem, assistant_id: str) -> bool:
    message = item.message
    # an imported conversation is continued as the assistant's own
    return message.role == "assistant" and message.assistant_id not in (None, "", ELSEWHERE, assistant_id)


def _name_of(conn: Connection, thread_id: str, assistant_id: str) -> str:
    """Return an assistant's name; of a deleted one, that of its last run in the thread."""
    try:
        return assistants.get(conn, assistant_id)[0].name or ""
    except NotFound:
        return runs.assistant_name(conn, thread_id, assistant_id)


def _note(own: str, others: Collection[str]) -> str:
    you = "" if own == _UNNAMED else f" You are “{own}”."
    return (
        f"Several assistants answer in this conversation.{you} An answer that begins with a line like “[{min(others)} "
        "wrote:]” was written by the assistant of that name, not by you. Never begin your own answers with such a line."
    )
