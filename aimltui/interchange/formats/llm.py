"""llm: logs.db, with a table of responses (old) and a store of shared messages (new); both may hold something."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from aimltui.interchange.conversations import MessageList, last_model
from aimltui.interchange.databases import Database, Row, opened
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, mapping, name, seconds, sniffed_type, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Attachment,
    Inline,
    Item,
    JSONValue,
    Part,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import attempted

ID = "llm"
NAME = "llm"

_RESPONSES = """
SELECT r.id, r.conversation_id, c.name, coalesce(r.model, c.model) AS model, r.prompt, r.system, r.response,
       r.datetime_utc, {reasoning} AS reasoning
FROM responses r LEFT JOIN conversations c ON c.id = r.conversation_id
ORDER BY coalesce(r.conversation_id, r.id), r.datetime_utc, r.id
"""
_MAX_CHAIN = 100_000
"""Messages of one thread."""


def claims(sample: Sample) -> bool:
    """True if the database is llm's."""
    return _has_responses(sample.tables) or _has_threads(sample.tables)


def _has_responses(tables: Mapping[str, frozenset[str]]) -> bool:
    columns = {"prompt", "response", "conversation_id", "datetime_utc", "system", "model"}
    return tables.get("responses", frozenset()) >= columns and "conversations" in tables


def _has_threads(tables: Mapping[str, frozenset[str]]) -> bool:
    return tables.get("threads", frozenset()) >= {"tip_message_hash", "name"} and tables.get(
        "messages", frozenset()
    ) >= {"hash", "parent_hash", "role"}


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations and threads of these databases."""
    for member in members:
        try:
            with opened(member) as database:
                if _has_responses(database.tables):
                    yield from _old(database)
                if _has_threads(database.tables):
                    yield from _new(database)
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))


def _old(database: Database) -> Iterator[Item]:
    reasoning = "r.reasoning" if database.has("responses", "reasoning") else "NULL"
    rows = database.select(_RESPONSES.format(reasoning=reasoning))
    for source_id, group in groupby(rows, key=lambda row: str(row["conversation_id"] or row["id"])):
        responses = list(group)
        yield from attempted(source_id, lambda: [_conversation(database, source_id, responses)])  # noqa: B023


def _conversation(database: Database, source_id: str, rows: Sequence[Row]) -> Thread | Skipped:
    messages = MessageList()
    for row in rows:
        at = seconds(row["datetime_utc"])
        prompt: list[Part] = [Text(text(row["prompt"])), *_attached(database, row["id"])]
        messages.add("user", prompt, at, source_id=f"{row['id']}/prompt")
        answer: list[Part] = [
            *_called(database, row["id"]),
            Thought(text(row["reasoning"])),
            Text(text(row["response"])),
        ]
        messages.add("assistant", answer, at, model=name(row["model"]), source_id=f"{row['id']}/response")
    said = messages.finished()
    first = rows[0]
    if not said:
        return Skipped(source_id, "no messages", name(first["name"]))
    systems = [found for row in rows if (found := text(row["system"]))]
    return Thread(
        ID,
        source_id,
        said,
        name(first["name"]),
        seconds(first["datetime_utc"]),
        model=last_model(said),
        instructions=next(iter(systems), None),
    )


def _attached(database: Database, response_id: str) -> Iterator[Attachment]:
    if not (database.has("prompt_attachments", "attachment_id") and database.has("attachments", "content")):
        return
    sql = (
        "SELECT a.* FROM prompt_attachments p JOIN attachments a ON a.id = p.attachment_id"
        ' WHERE p.response_id = ? ORDER BY p."order"'
    )
    for row in database.select(sql, response_id):
        yield _attachment(row)


def _attachment(row: Row) -> Attachment:
    content, path = row["content"], text(row["path"])
    file_name = name(path.replace("\\", "/").rpartition("/")[2])
    media_type = name(row["type"])
    if isinstance(content, bytes) and content:
        return Attachment(file_name, Inline(content), media_type or sniffed_type(content))
    return Attachment(file_name, None, media_type, url=text(row["url"]) or None)


def _called(database: Database, response_id: str) -> Iterator[ToolCall]:
    if not database.has("tool_calls", "response_id", "arguments"):
        return
    outputs = dict[str, str]()
    if database.has("tool_results", "tool_call_id", "output"):
        # a result stands at the response that was asked for with it
        found = database.select(
            "SELECT tool_call_id, output FROM tool_results WHERE tool_call_id IS NOT NULL"
        )
        outputs = {str(row["tool_call_id"]): text(row["output"]) for row in found}
    for row in database.select("SELECT * FROM tool_calls WHERE response_id = ? ORDER BY id", response_id):
        call_id = row["tool_call_id"]
        yield ToolCall(
            "tool", name(row["name"]), text(row["arguments"]), outputs.get(str(call_id)), identifier(call_id)
        )


def _new(database: Database) -> Iterator[Item]:
    for row in database.select(
        "SELECT id, name, tip_message_hash, datetime_utc FROM threads ORDER BY datetime_utc, id"
    ):
        yield from attempted(str(row["id"]), lambda: [_Walk(database, row).thread()])  # noqa: B023


class _Walk:
    """One thread, from its newest message up: rows are shared between threads."""

    def __init__(self, database: Database, row: Row) -> None:
        self._database = database
        self._row = row
        self._chain = list(self._chain_of(row["tip_message_hash"]))[::-1]
        self._times: dict[str, tuple[float | None, str | None]] = {}
        self._read_turns()

    def thread(self) -> Thread | Skipped:
        """The thread."""
        source_id, title = str(self._row["id"]), name(self._row["name"])
        messages, instructions = MessageList(), None
        for key, role in self._chain:
            at, model = self._times.get(key, (None, None))
            parts = list(self._parts(key))
            if role == "system":
                instructions = (
                    "\n\n".join(part.value for part in parts if isinstance(part, Text)) or instructions
                )
            elif role == "tool":
                self._answer(messages, key)
            else:
                is_user = role == "user"
                messages.add("user" if is_user else "assistant", parts, at, model=model, source_id=key)
        said = messages.finished()
        if not said:
            return Skipped(source_id, "no messages", title)
        created = said[0].at or seconds(self._row["datetime_utc"])
        return Thread(ID, source_id, said, title, created, model=last_model(said), instructions=instructions)

    def _chain_of(self, tip: str | None) -> Iterator[tuple[str, str]]:
        seen = set[str]()
        while tip is not None and tip not in seen and len(seen) < _MAX_CHAIN:
            seen.add(tip)
            found = next(
                self._database.select("SELECT parent_hash, role FROM messages WHERE hash = ?", tip), None
            )
            if found is None:
                return
            yield tip, str(found["role"])
            tip = found["parent_hash"]

    def _read_turns(self) -> None:
        """The time of a turn is that of the question and of the answer."""
        if not self._database.has("turns", "parent_message_hash", "tip_message_hash", "datetime_utc"):
            return
        # turns of the thread that this one was forked from come first, its own ones over them
        sql = "SELECT * FROM turns WHERE thread_id {} ? ORDER BY datetime_utc, id"
        wanted = {key for key, _ in self._chain}
        for turn in (
            *self._database.select(sql.format("<>"), self._row["id"]),
            *self._database.select(sql.format("="), self._row["id"]),
        ):
            at = seconds(turn["datetime_utc"])
            for key, model in (
                (turn["parent_message_hash"], None),
                (turn["tip_message_hash"], name(turn["model"])),
            ):
                if key in wanted:
                    self._times[key] = (at, model)

    def _parts(self, key: str) -> Iterator[Part]:
        for row in self._database.select(
            "SELECT * FROM parts WHERE message_hash = ? ORDER BY position, id", key
        ):
            payload = _payload(row["payload"])
            if row["type"] == "text":
                yield Text(text(row["text"]) or self._fragment(row["id"]))
            elif row["type"] == "reasoning":
                yield Thought(text(row["text"]))
            elif row["type"] == "attachment":
                yield from self._files(row["id"], payload)
            elif row["type"] == "tool_call":
                call_id = identifier(payload.get("tool_call_id"))
                yield ToolCall(
                    "tool",
                    name(payload.get("name")) or name(row["tool_name"]),
                    payload.get("arguments"),
                    source_id=call_id,
                )

    def _answer(self, messages: MessageList, key: str) -> None:
        for row in self._database.select(
            "SELECT payload FROM parts WHERE message_hash = ? AND type = 'tool_result'", key
        ):
            payload = _payload(row["payload"])
            messages.answer(identifier(payload.get("tool_call_id")), _as_text(payload.get("output")))

    def _fragment(self, part_id: int) -> str:
        if not (
            self._database.has("part_fragments", "fragment_id") and self._database.has("fragments", "content")
        ):
            return ""
        sql = (
            "SELECT f.content FROM part_fragments p JOIN fragments f ON f.id = p.fragment_id"
            ' WHERE p.part_id = ? ORDER BY p."order"'
        )
        return "\n".join(text(row["content"]) for row in self._database.select(sql, part_id))

    def _files(self, part_id: int, payload: Mapping[str, JSONValue]) -> Iterator[Attachment]:
        known = mapping(payload.get("attachment"))
        found = None
        if self._database.has("attachments", "content") and self._database.has(
            "part_attachments", "attachment_id"
        ):
            sql = "SELECT a.* FROM part_attachments p JOIN attachments a ON a.id = p.attachment_id WHERE p.part_id = ?"
            found = next(self._database.select(sql, part_id), None)
        if found is not None:
            yield _attachment(found)
        else:
            yield Attachment(
                name(known.get("path")),
                source_id=identifier(known.get("id")),
                url=text(known.get("url")) or None,
            )


def _payload(value: JSONValue) -> Mapping[str, JSONValue]:
    try:
        return mapping(json.loads(value)) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        return {}


def _as_text(value: JSONValue) -> str:
    return text(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
