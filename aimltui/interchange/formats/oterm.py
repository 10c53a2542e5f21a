"""oterm: chats and messages in store.db."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from aimltui.interchange.conversations import MessageList
from aimltui.interchange.databases import Database, Row, opened
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import from_base64, items, name, sniffed_type, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import Attachment, Inline, Item, Part, Skipped, Text, Thread, UnreadableInput
from aimltui.interchange.stored import attempted

ID = "oterm"
NAME = "oterm"


def claims(sample: Sample) -> bool:
    """True if the database is oterm's."""
    return sample.tables.get("chat", frozenset()) >= {"name", "model", "system"} and sample.tables.get(
        "message", frozenset()
    ) >= {"chat_id", "author", "text"}


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All chats of these databases."""
    for member in members:
        try:
            with opened(member) as database:
                for chat in database.select("SELECT id, name, model, system FROM chat ORDER BY id"):
                    yield from attempted(str(chat["id"]), lambda: [_thread(database, chat)])  # noqa: B023
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))


def _thread(database: Database, chat: Row) -> Thread | Skipped:
    source_id, title = str(chat["id"]), name(chat["name"])
    images = "images" if database.has("message", "images") else "'[]' AS images"
    messages = MessageList()
    # the columns' names are this program's, not the file's
    sql = f"SELECT id, author, text, {images} FROM message WHERE chat_id = ? ORDER BY id"  # noqa: S608
    for row in database.select(sql, chat["id"]):
        is_user = row["author"] == "user"
        messages.add("user" if is_user else "assistant", _parts(row), source_id=str(row["id"]))
    said = messages.finished()
    if not said:
        return Skipped(source_id, "no messages", title)
    return Thread(
        ID, source_id, said, title, model=name(chat["model"]), instructions=text(chat["system"]) or None
    )


def _parts(row: Row) -> Iterator[Part]:
    yield Text(text(row["text"]))
    try:
        images = items(json.loads(row["images"] or "[]"))
    except (ValueError, RecursionError):
        return
    for image in images:
        data = from_base64(text(image))
        if data:
            yield Attachment(None, Inline(data), sniffed_type(data))
        else:
            yield Attachment("a picture that is damaged")
