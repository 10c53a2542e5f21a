"""Reads a thread's history for a model turn, newest first, no further than the budget requires."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from aimltui.engine.runs.prompt.context_window import Item, MessageItem, ToolCallItem
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.store import files, messages, runs
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File
from aimltui.wire.messages import SUMMARY, ImageFileContent, Message

_CHUNK = 200
_SEARCHED_EARLIER = "[The passages that this search found are left out here. Search again if you need them.]"
_CHARACTERS_PER_TOKEN = 8
"""More than any text has, so that what is read always fills the budget."""
_MORE_IF_SHORTENED = 4


class History(NamedTuple):
    """What was read of a thread."""

    items: list[Item]
    """The oldest first."""
    unread: int = 0
    """The number of messages before them that would not fit."""


def load(
    conn: Connection,
    thread_id: str,
    run_id: str,
    budget: int,
    last_messages: int | None,
    *,
    shortens: bool = False,
) -> History:
    """Return the newest items, and before them the thread's first user message and what is pinned.

    Of what is before a summary, only pinned messages are returned.

    Args:
        conn: The database.
        thread_id: The thread.
        run_id: The run that will get them.
        budget: Tokens of all that the model gets.
        last_messages: The most messages from before the run; None for as many as fit.
        shortens: Whether long texts will be shortened, so that more of them fit.
    """
    characters = budget * _CHARACTERS_PER_TOKEN * (_MORE_IF_SHORTENED if shortens else 1)
    rows, has_summary = _newest_rows(conn, thread_id, run_id, characters, last_messages)
    oldest = rows[-1]["seq"] if rows else 0
    found: list[tuple[int, int, int, Item]] = [
        (row["seq"], 0, row["seq"], _message(conn, row, run_id)) for row in rows
    ]
    reasoning = runs.reasoning_by_turn(conn, thread_id, oldest - 1)
    found += [
        (turn.after_message, 1, turn.seq, item)
        for turn in runs.tool_turns(conn, thread_id, oldest)
        if (item := _tool_calls(turn, run_id, reasoning)) is not None
    ]
    found.sort(key=lambda entry: entry[:3])
    items = [item for *_, item in found]
    earlier = {row["seq"]: row for row in messages.pinned_before(conn, thread_id, oldest)}
    unread = 0
    if rows and not has_summary:
        unread = messages.count_before(conn, thread_id, oldest) if last_messages is None else 0
        summary = messages.newest_with_metadata(conn, thread_id, oldest, SUMMARY) if unread else None
        other = summary if summary is not None else messages.first_user_row(conn, thread_id)
        if summary is not None:
            unread -= messages.count_before(conn, thread_id, summary["seq"])
        if other is not None and other["seq"] < oldest:
            earlier[other["seq"]] = other
        least = summary["seq"] if summary is not None else 0
        unread = max(0, unread - sum(seq >= least for seq in earlier))
    return History([*(_message(conn, row, run_id) for _, row in sorted(earlier.items())), *items], unread)


def _newest_rows(
    conn: Connection, thread_id: str, run_id: str, characters: int, last_messages: int | None
) -> tuple[list[Row], bool]:
    """The rows that may fit, the newest first, and whether the last of them is a summary of those before it."""
    rows: list[Row] = []
    place, size, count = 2**62, 0, 0
    while True:
        chunk = messages.newest_before(conn, thread_id, place, _CHUNK)
        for row in chunk:
            own = row["run_id"] == run_id
            # one more than fits, so that truncation notices that something is missing
            if not own and (size > characters or (last_messages is not None and count >= last_messages)):
                return rows, False
            rows.append(row)
            if not own and messages.has_metadata(row, SUMMARY):
                return rows, True
            size += len(row["body"])
            count += not own
        if len(chunk) < _CHUNK:
            return rows, False
        place = chunk[-1]["seq"]


def _message(conn: Connection, row: Row, run_id: str) -> MessageItem:
    message: Message = messages.build(conn, row)
    return MessageItem(message, row["turn"], own=row["run_id"] == run_id)


def files_of(conn: Connection, items: Iterable[Item], now: int) -> dict[str, File]:
    """Return the existing files that the messages show, by id."""
    found: dict[str, File] = {}
    for message in (item.message for item in items if isinstance(item, MessageItem)):
        shown = [part.image_file.file_id for part in message.content if isinstance(part, ImageFileContent)]
        shown += [file.file_id for file in message.attachments or () if file.file_id]
        for file_id in shown:
            with contextlib.suppress(NotFound):
                found[file_id] = files.get(conn, file_id, now)
    return found


def _tool_calls(
    turn: runs.ToolTurn, run_id: str, reasoning: Mapping[tuple[str, int], str]
) -> ToolCallItem | None:
    calls = tuple(Call.from_json(call) for call in turn.calls)
    if not calls or any(call.output is None for call in calls):
        return None
    before = reasoning.get((turn.run_id, turn.turn), "")
    if turn.run_id != run_id:
        # the marks of an earlier run cite nothing in this one, and its passages would be paid for in every turn
        calls = tuple(
            replace(call, output=_SEARCHED_EARLIER) if call.type == FILE_SEARCH else call for call in calls
        )
    return ToolCallItem(calls, turn.run_id, turn.turn, own=turn.run_id == run_id, reasoning=before)
