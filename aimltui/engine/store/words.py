"""The full-text index of what was said: messages with the names of their files, code, arguments and outputs of tools."""

from __future__ import annotations

from typing import Final

from aimltui.engine.extraction.words import extra_words, wide_runs
from aimltui.engine.store.database import Connection
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import CodeInterpreterCall, FunctionToolCall, RunStep, ToolCallsDetails

MOST_CHARACTERS: Final = 100_000
"""Characters of a call's input, and of its output, that are searched."""
AT_ONCE: Final = 100
"""Rows that are indexed in one transaction, so that other writers get their turn."""
_MISSING: Final = {
    "messages": "NOT EXISTS (SELECT 1 FROM words_docsize WHERE id = seq)",
    "run_steps": "type = 'tool_calls' AND NOT EXISTS (SELECT 1 FROM more_words_docsize WHERE id = 2 * seq)",
}
"""Where rows lack words, by their table."""


def index_message(conn: Connection, seq: int, message: Message) -> None:
    """Index a message's words again, with the names of its files.

    Args:
        conn: The database.
        seq: The message's sequence number.
        message: The complete message.
    """
    text = "\n".join(part for part in (message.text, *_file_names(conn, message)) if part)
    conn.execute("DELETE FROM words WHERE rowid = ?", (seq,))
    if text:
        conn.execute(
            "INSERT INTO words (rowid, text, thread_id) VALUES (?, ?, ?)", (seq, text, message.thread_id)
        )
    _put(conn, 2 * seq + 1, text if wide_runs(text) else "")


def index_step(conn: Connection, seq: int, step: RunStep) -> None:
    """Index the words of a step's tool calls again, unless it still runs."""
    if step.status != "in_progress" and isinstance(step.step_details, ToolCallsDetails):
        _put(conn, 2 * seq, step_text(step))


def step_text(step: RunStep) -> str:
    """Return what the tools of a step were given and what they returned."""
    parts: list[str] = []
    calls = step.step_details.tool_calls if isinstance(step.step_details, ToolCallsDetails) else []
    for call in calls:
        if isinstance(call, CodeInterpreterCall):
            parts.append(call.code_interpreter.input or "")
            parts += [getattr(output, "logs", "") for output in call.code_interpreter.outputs or ()]
        elif isinstance(call, FunctionToolCall):
            function = call.function
            parts += [function.name or "", function.arguments or "", function.output or ""]
    return "\n".join(part[:MOST_CHARACTERS] for part in parts if part)


def index_later(conn: Connection) -> None:
    """Let `index_older` index everything whose words are missing."""
    for kind in _MISSING:
        conn.execute(
            f"INSERT OR REPLACE INTO not_indexed SELECT '{kind}', max(seq) FROM {kind} HAVING max(seq) IS NOT NULL"  # noqa: S608
        )


def index_older(conn: Connection) -> bool:
    """Index some rows whose words are missing, the newest first; return whether there are more."""
    row = conn.execute("SELECT kind, upto FROM not_indexed ORDER BY kind LIMIT 1").fetchone()
    if row is None:
        return False
    kind, upto = str(row["kind"]), int(row["upto"])
    assert kind in _MISSING
    sql = (
        f"SELECT seq, status, body FROM {kind} WHERE seq <= ? AND {_MISSING[kind]} ORDER BY seq DESC LIMIT ?"  # noqa: S608
    )
    found = conn.execute(sql, (upto, AT_ONCE)).fetchall()
    # in the order of the index, which would write each row by itself otherwise
    for item in reversed(found):
        if kind == "run_steps":
            index_step(conn, item["seq"], RunStep.model_validate_json(item["body"]))
        elif item["status"] != "in_progress":
            index_message(conn, item["seq"], Message.model_validate_json(item["body"]))
    if len(found) < AT_ONCE:
        conn.execute("DELETE FROM not_indexed WHERE kind = ?", (kind,))
    else:
        conn.execute("UPDATE not_indexed SET upto = ? WHERE kind = ?", (found[-1]["seq"] - 1, kind))
    return True


def is_complete(conn: Connection) -> bool:
    """Return whether everything that is stored is in the index."""
    return conn.execute("SELECT 1 FROM not_indexed LIMIT 1").fetchone() is None


def _file_names(conn: Connection, message: Message) -> list[str]:
    ids = [attachment.file_id for attachment in message.attachments or () if attachment.file_id]
    rows = [conn.execute("SELECT filename FROM files WHERE id = ?", (file_id,)).fetchone() for file_id in ids]
    return [row["filename"] for row in rows if row is not None]


def _put(conn: Connection, rowid: int, text: str) -> None:
    conn.execute("DELETE FROM more_words WHERE rowid = ?", (rowid,))
    if text:
        conn.execute(
            "INSERT INTO more_words (rowid, text, extra) VALUES (?, ?, ?)", (rowid, text, extra_words(text))
        )
