"""Reads a thread's history for a model turn, newest first, no further than the budget requires."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aimltui.engine.runs.prompt.context_window import Item, MessageItem, ToolCallItem
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.store import files, messages, runs
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File
from aimltui.wire.messages import ImageFileContent, Message

_CHUNK = 200
_SEARCHED_EARLIER = "[The passages that this search found are left out here. Search again if you need them.]"
_CHARACTERS_PER_TOKEN = 8
"""More than any text has, so that what is read always fills the budget."""


def load(conn: Connection, thread_id: str, run_id: str, budget: int, last_messages: int | None) -> list[Item]:
    """Return the newest items, oldest first, with the thread's first user message before them."""
    rows = _newest_rows(conn, thread_id, run_id, budget * _CHARACTERS_PER_TOKEN, last_messages)
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
    first = messages.first_user_row(conn, thread_id)
    if first is not None and rows and first["seq"] < oldest:
        items.insert(0, _message(conn, first, run_id))
    return items


def _newest_rows(
    conn: Connection, thread_id: str, run_id: str, characters: int, last_messages: int | None
) -> list[Row]:
    rows: list[Row] = []
    place, size, count = 2**62, 0, 0
    while True:
        chunk = messages.newest_before(conn, thread_id, place, _CHUNK)
        for row in chunk:
            own = row["run_id"] == run_id
            # one more than fits, so that truncation notices that something is missing
            if not own and (size > characters or (last_messages is not None and count >= last_messages)):
                return rows
            rows.append(row)
            size += len(row["body"])
            count += not own
        if len(chunk) < _CHUNK:
            return rows
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
