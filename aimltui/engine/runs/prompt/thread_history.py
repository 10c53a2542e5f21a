"""What a model turn may need to know of a thread, read newest first and no further than the budget reaches."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping

from aimltui.engine.runs.prompt.context_window import Item, MessageItem, ToolCallItem
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.store import files, messages
from aimltui.engine.store.database import Connection, Row
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File
from aimltui.wire.messages import ImageFileContent, Message

_CHUNK = 200
_CHARACTERS_PER_TOKEN = 8
"""More than any text has: what was read is never less than what fits."""


def load(conn: Connection, thread_id: str, run_id: str, budget: int, last_messages: int | None) -> list[Item]:
    """The newest items, oldest first, with the thread's first user message before them."""
    rows = _newest_rows(conn, thread_id, run_id, budget * _CHARACTERS_PER_TOKEN, last_messages)
    oldest = rows[-1]["seq"] if rows else 0
    found: list[tuple[int, int, int, Item]] = [
        (row["seq"], 0, row["seq"], _said(conn, row, run_id)) for row in rows
    ]
    steps = conn.execute(
        "SELECT * FROM run_steps WHERE thread_id = ? AND type = 'tool_calls' AND status = 'completed'"
        " AND after_message >= ? ORDER BY seq",
        (thread_id, oldest),
    )
    thoughts = _thoughts(conn, thread_id, oldest)
    found += [
        (row["after_message"], 1, row["seq"], item)
        for row in steps
        if (item := _called(row, run_id, thoughts)) is not None
    ]
    found.sort(key=lambda entry: entry[:3])
    items = [item for *_, item in found]
    first = _first_user_row(conn, thread_id)
    if first is not None and rows and first["seq"] < oldest:
        items.insert(0, _said(conn, first, run_id))
    return items


def _newest_rows(
    conn: Connection, thread_id: str, run_id: str, characters: int, last_messages: int | None
) -> list[Row]:
    rows: list[Row] = []
    place, size, count = 2**62, 0, 0
    while True:
        chunk = conn.execute(
            "SELECT * FROM messages WHERE thread_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
            (thread_id, place, _CHUNK),
        ).fetchall()
        for row in chunk:
            own = row["run_id"] == run_id
            # one more than fits, so that truncation sees that something is missing
            if not own and (size > characters or (last_messages is not None and count >= last_messages)):
                return rows
            rows.append(row)
            size += len(row["body"])
            count += not own
        if len(chunk) < _CHUNK:
            return rows
        place = chunk[-1]["seq"]


def _first_user_row(conn: Connection, thread_id: str) -> Row | None:
    sql = "SELECT * FROM messages WHERE thread_id = ? AND role = 'user' ORDER BY seq LIMIT 1"
    row: Row | None = conn.execute(sql, (thread_id,)).fetchone()
    return row


def _said(conn: Connection, row: Row, run_id: str) -> MessageItem:
    message: Message = messages.build(conn, row)
    return MessageItem(message, row["turn"], own=row["run_id"] == run_id)


def files_of(conn: Connection, items: Iterable[Item], now: int) -> dict[str, File]:
    """The files that the messages show and that are still there, by id."""
    found: dict[str, File] = {}
    for message in (item.message for item in items if isinstance(item, MessageItem)):
        shown = [part.image_file.file_id for part in message.content if isinstance(part, ImageFileContent)]
        shown += [file.file_id for file in message.attachments or () if file.file_id]
        for file_id in shown:
            with contextlib.suppress(NotFound):
                found[file_id] = files.get(conn, file_id, now)
    return found


def _thoughts(conn: Connection, thread_id: str, oldest: int) -> dict[tuple[str, int], str]:
    """What was thought before each turn's first step, by run and turn."""
    rows = conn.execute(
        "SELECT run_id, turn, json_extract(body, '$.reasoning') AS thought FROM run_steps"
        " WHERE thread_id = ? AND after_message >= ? AND json_extract(body, '$.reasoning') IS NOT NULL"
        " ORDER BY seq",
        (thread_id, oldest - 1),
    )
    return {(row["run_id"], row["turn"]): row["thought"] for row in rows}


def _called(row: Row, run_id: str, thoughts: Mapping[tuple[str, int], str]) -> ToolCallItem | None:
    calls = tuple(Call(**call) for call in json.loads(row["private"]).get("calls", []))
    if not calls or any(call.output is None for call in calls):
        return None
    thought = thoughts.get((row["run_id"], row["turn"]), "")
    return ToolCallItem(calls, row["run_id"], row["turn"], own=row["run_id"] == run_id, reasoning=thought)
