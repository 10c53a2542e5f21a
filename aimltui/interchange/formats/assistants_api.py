"""Objects of the Assistants API as people saved them: lists, single objects, objects on lines, or made by hand."""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.interchange.detection import Sample, shape_of
from aimltui.interchange.fields import (
    from_base64,
    identifier,
    items,
    mapping,
    mappings,
    name,
    seconds,
    sniffed_type,
    text,
)
from aimltui.interchange.formats.api_messages import FindFile, messages_of, oldest_first
from aimltui.interchange.inputs import Bundle, Member, readable
from aimltui.interchange.json_values import values
from aimltui.interchange.records import (
    Assistant,
    Attachment,
    Inline,
    Item,
    JSONValue,
    LooseFile,
    Skipped,
    Thread,
    UnreadableInput,
)
from aimltui.interchange.stored import lines

ID = "assistants-api"
NAME = "Assistants API"

Object = Mapping[str, JSONValue]
_OBJECTS = frozenset({"thread", "thread.message", "thread.run", "thread.run.step", "assistant", "file"})
_NAME_OF_LIST = {
    "messages": "thread.message",
    "runs": "thread.run",
    "steps": "thread.run.step",
    "run_steps": "thread.run.step",
    "threads": "thread",
    "assistants": "assistant",
    "files": "file",
}
CONTENT = "content_base64"
"""Beyond the API: the bytes of a file object, in exports of this program."""
_ASIDE = "_aside"
_SMALL = 256 * 1024


def claims(sample: Sample) -> bool:
    """True if the file holds objects of the API."""
    if sample.shape not in ("object", "array", "lines"):
        return False
    return any(_is_claimed(row) for row in sample.rows)


def _is_claimed(row: Object) -> bool:
    if text(row.get("object")) in _OBJECTS:
        return True
    if row.get("object") == "list":
        return "data" in row and (
            row["data"] is None or any(item.get("object") in _OBJECTS for item in mappings(row["data"]))
        )
    told = items(row.get("messages")) or items(mapping(row.get("messages")).get("data"))
    return any(item.get("object") == "thread.message" for item in mappings(told)) or (
        mapping(row.get("thread")).get("object") == "thread"
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All threads, then assistants and files that belong to none."""
    files = [*members, *_companions(members, bundle)]
    with tempfile.TemporaryDirectory(prefix="aimltui-import-") as folder:
        dump = _Dump(bundle, Path(folder))
        for member in files:
            yield from dump.survey(member)
        for member in files:
            yield from dump.threads(member)
        yield from dump.unsaid()
        yield from dump.assistants()
        yield from dump.loose_files()


def _companions(members: Sequence[Member], bundle: Bundle) -> Iterator[Member]:
    """Thread and steps in files beside one that was named alone."""
    for member in bundle.neighbours:
        try:
            if member.name.endswith(".json") and member.size < 64 * 1024 * 1024 and _is_companion(member):
                yield member
        except UnreadableInput:
            continue


def _is_companion(member: Member) -> bool:
    if shape_of(member) != "object":
        return False
    with readable(member) as stream:
        found = [row.get("object") for row in _objects_of(stream.read(), "")]
    # messages beside the named ones were not asked for
    return bool(found) and set(found) <= {"thread", "thread.run", "thread.run.step", "file"}


@dataclass(slots=True)
class _Known:
    """What is known of one thread beside its messages."""

    thread: Object = field(default_factory=dict)
    steps: list[Object] = field(default_factory=list)
    runs: list[Object] = field(default_factory=list)
    said: list[Object] = field(default_factory=list)
    is_page: bool = False


class _Dump:
    """All objects of an input. Messages, of which there are most, are held only until their thread is complete."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, _Known] = {}
        self._counts = Counter[str]()
        self._assistants: dict[str, Object] = {}
        self._files: dict[str, Object] = {}
        self._used: set[str] = set()
        self._contents = {member.stem: member for member in bundle.everything()}
        self._contents.update((member.name, member) for member in bundle.everything())

    def survey(self, member: Member) -> Iterator[Skipped]:
        """Note everything but the messages, and count these."""
        for row in _objects(member):
            if isinstance(row, Skipped):
                yield row
                continue
            kind, thread_id = row.get("object"), identifier(row.get("thread_id"))
            if kind == "thread.message" and thread_id is not None:
                self._of(thread_id).is_page |= row.get("_has_more") is True
                self._counts[thread_id] += 1
            elif kind == "thread" and (own := identifier(row.get("id"))) is not None:
                self._of(own).thread = row
            elif kind == "thread.run.step" and thread_id is not None:
                self._of(thread_id).steps.append(row)
            elif kind == "thread.run" and thread_id is not None:
                self._of(thread_id).runs.append(row)
            elif kind == "assistant" and (own := identifier(row.get("id"))) is not None:
                self._assistants[own] = row
            elif kind == "file" and (own := identifier(row.get("id"))) is not None:
                self._files[own] = self._put_aside(row)

    def threads(self, member: Member) -> Iterator[Thread]:
        """The threads of which this file has the last message."""
        for row in _objects(member):
            if isinstance(row, Skipped) or row.get("object") != "thread.message":
                continue
            thread_id = identifier(row.get("thread_id"))
            if thread_id is None:
                continue
            known = self._of(thread_id)
            known.said.append(row)
            if len(known.said) == self._counts[thread_id]:
                found = self._thread(thread_id, known)
                del self._known[thread_id]
                if isinstance(found, Thread):
                    yield found

    def unsaid(self) -> Iterator[Skipped]:
        """Threads without messages."""
        for thread_id, known in self._known.items():
            if not self._counts[thread_id] and known.thread:
                yield Skipped(thread_id, "no messages", _title(known.thread))

    def assistants(self) -> Iterator[Assistant]:
        """All assistants."""
        return (Assistant(key, dict(row)) for key, row in self._assistants.items())

    def loose_files(self) -> Iterator[LooseFile]:
        """Files with bytes that no message refers to."""
        for file_id in self._files:
            attachment = self._find(file_id)
            if file_id not in self._used and attachment.content is not None:
                yield LooseFile(file_id, attachment)

    def _put_aside(self, row: Object) -> Object:
        """Large files wait on the disk until they are needed."""
        data = from_base64(text(row.get(CONTENT))) if CONTENT in row else None
        if data is None or len(data) <= _SMALL:
            return row
        path = self._folder / str(len(self._files))
        path.write_bytes(data)
        member = Member(path.name, len(data), lambda: path.open("rb"), path)
        return {**{key: value for key, value in row.items() if key != CONTENT}, _ASIDE: member}

    def _of(self, thread_id: str) -> _Known:
        return self._known.setdefault(thread_id, _Known())

    def _thread(self, thread_id: str, known: _Known) -> Thread | None:
        found = thread_of(
            {"id": thread_id, **known.thread},
            oldest_first(known.said),
            oldest_first(known.steps),
            oldest_first(known.runs),
            self._used_file,
        )
        if found is None:
            return None
        assistant = (
            self._assistants.get(identifier(known.runs[0].get("assistant_id")) or "", {})
            if known.runs
            else {}
        )
        notes = ("it is one page of a longer list of messages",) if known.is_page else ()
        return replace(
            found,
            model=found.model or name(assistant.get("model")),
            instructions=found.instructions or text(assistant.get("instructions")) or None,
            notes=notes,
        )

    def _used_file(self, file_id: str) -> Attachment:
        self._used.add(file_id)
        return self._find(file_id)

    def _find(self, file_id: str) -> Attachment:
        row = self._files.get(file_id, {})
        file_name = name(row.get("filename"))
        data = from_base64(text(row.get(CONTENT))) if CONTENT in row else None
        if data is not None:
            return Attachment(file_name, Inline(data), sniffed_type(data), file_id)
        if isinstance(aside := row.get(_ASIDE), Member):
            return Attachment(file_name, aside, sniffed_type(aside.head(16)), file_id)
        member = self._contents.get(file_id) or self._contents.get(file_name or "")
        if member is None or not (member.name.startswith(file_id) or member.name == file_name):
            return Attachment(file_name, source_id=file_id)
        return Attachment(file_name or member.name, member, _type_of(member), file_id, member=member.name)


def _type_of(member: Member) -> str | None:
    try:
        return sniffed_type(member.head(16))
    except UnreadableInput:
        return None


def thread_of(
    thread: Object, said: Sequence[Object], steps: Sequence[Object], runs: Sequence[Object], find: FindFile
) -> Thread | None:
    """A thread from the API's objects, each list the oldest first; None if nothing was said in it."""
    messages = messages_of(said, steps, find, runs)
    if not messages:
        return None
    metadata, first = mapping(thread.get("metadata")), runs[0] if runs else {}
    return Thread(
        ID,
        identifier(thread.get("id")) or "",
        messages,
        _title(thread),
        seconds(thread.get("created_at")) or messages[0].at,
        model=name(metadata.get("imported_model")) or name(metadata.get("model")) or name(first.get("model")),
        instructions=text(first.get("instructions")) or None,
        is_pinned=metadata.get("pinned") == "true",
    )


def _title(thread: Object) -> str | None:
    metadata = mapping(thread.get("metadata"))
    return name(metadata.get("title")) or name(metadata.get("name"))


def _objects(member: Member) -> Iterator[Object | Skipped]:
    """All API objects of a file, whatever they are wrapped in."""
    try:
        shape = shape_of(member)
        if shape == "lines":
            for row in lines(member):
                if isinstance(row, Skipped):
                    yield row
                else:
                    yield from _unwrapped(row, "")
            return
        with readable(member) as stream:
            if shape == "array":
                for value in values(stream, "array"):
                    try:
                        yield from _unwrapped(value.parse(), "")
                    except UnreadableInput as error:
                        yield Skipped(f"{member.name}, element {value.number}", str(error))
            else:
                yield from _objects_of(stream.read(), "")
    except UnreadableInput as error:
        yield Skipped(member.path, str(error))


def _objects_of(raw: bytes, kind: str) -> Iterator[Object]:
    """The API objects in one JSON object."""
    whole: dict[str, JSONValue] = {
        value.key: value.parse() for value in values(io.BytesIO(raw), "object") if value.key
    }
    yield from _unwrapped(whole, kind)


def _unwrapped(
    row: JSONValue, kind: str, thread_id: str | None = None, *, has_more: bool = False
) -> Iterator[Object]:
    if not isinstance(row, dict):
        return
    if text(row.get("object")) in _OBJECTS or (kind and "object" not in row and "id" in row):
        known = {"object": kind, **row, "_has_more": has_more}
        yield {**known, "thread_id": row.get("thread_id") or thread_id} if thread_id else known
        return
    if row.get("object") == "list" or "data" in row:
        for item in items(row.get("data")):
            yield from _unwrapped(item, kind, thread_id, has_more=row.get("has_more") is True)
        return
    thread = mapping(row.get("thread"))
    thread_id = identifier(thread.get("id")) or thread_id
    yield from _unwrapped(row.get("thread"), "thread")
    for key, listed_kind in _NAME_OF_LIST.items():
        found = row.get(key)
        for item in [found] if isinstance(found, dict) else items(found):
            yield from _unwrapped(item, listed_kind, thread_id)
