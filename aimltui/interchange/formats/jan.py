"""Jan: a folder for each thread, with thread.json and messages.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, mapping, mappings, name, seconds, text
from aimltui.interchange.formats.api_messages import messages_of
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import Attachment, Item, JSONValue, Skipped, Thread, UnreadableInput
from aimltui.interchange.stored import lines, load

ID = "jan"
NAME = "Jan"

Object = Mapping[str, JSONValue]
_STATUSES = frozenset({"ready", "pending", "stopped", "error"})
"""Words that the API has not, for messages."""
_THREAD, _MESSAGES = "thread.json", "messages.jsonl"
_UNTITLED = "New Thread"


def claims(sample: Sample) -> bool:
    """True if the file is a thread or the messages of one."""
    if sample.shape not in ("object", "lines"):
        return False
    return any(
        (row.get("object") == "thread" and "assistants" in row)
        or (row.get("object") == "thread.message" and text(row.get("status")) in _STATUSES)
        for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All threads; a thread and its messages lie in one folder."""
    folders = dict.fromkeys(member.folder for member in members)
    for folder in folders:
        here = [member for member in members if member.folder == folder]
        described = bundle.find(folder, _THREAD) or next(
            (member for member in here if member.name != _MESSAGES), None
        )
        said = bundle.find(folder, _MESSAGES) or next(
            (member for member in here if member != described), None
        )
        yield from _thread(described, said)


def _thread(described: Member | None, said: Member | None) -> Iterator[Item]:
    row: Object = {}
    try:
        row = mapping(load(described)) if described is not None else {}
    except UnreadableInput as error:
        yield Skipped(described.path if described else "", str(error))
    source_id, title = identifier(row.get("id")), name(row.get("title"))
    if said is None:
        yield Skipped(source_id or (described.folder if described else ""), "no messages.jsonl", title)
        return
    found = list[Object]()
    try:
        for line in lines(said):
            if isinstance(line, Skipped):
                yield line
            else:
                found.append(line)
    except UnreadableInput as error:
        yield Skipped(said.path, str(error))
    source_id = source_id or next(
        (key for line in found if (key := identifier(line.get("thread_id")))), said.stem
    )
    messages = messages_of(found, (), lambda file_id: Attachment(source_id=file_id), has_marks=True)
    if not messages:
        yield Skipped(source_id, "no messages", title)
        return
    assistant = next(mappings(row.get("assistants")), {})
    yield Thread(
        ID,
        source_id,
        messages,
        None if title == _UNTITLED else title,
        seconds(row.get("created")) or messages[0].at,
        seconds(row.get("updated")),
        name(mapping(assistant.get("model")).get("id")) or last_model(messages),
        text(assistant.get("instructions")) or None,
    )
