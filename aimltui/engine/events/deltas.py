"""Deltas: new fragments of a run's messages and tool calls, and the API events that report them. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final, Literal, NamedTuple, cast

from aimltui.common.dataclass import dataclass
from aimltui.wire import events
from aimltui.wire.base import JSONObject
from aimltui.wire.events import StreamEvent, TextEvent
from aimltui.wire.messages import (
    ContentDelta,
    FileCitation,
    FileCitationAnnotation,
    FilePath,
    FilePathAnnotation,
    ImageFile,
    MessageDelta,
    MessageDeltaBody,
    TextDelta,
)
from aimltui.wire.run_steps import FUNCTION, RunStepDelta, RunStepDeltaBody

DeltaKind = Literal[
    "text",
    "refusal",
    "file_path",
    "file_citation",
    "image_file",
    "call",
    "arguments",
    "input",
    "logs",
    "image",
]
TEXT: Final = "text"
REFUSAL: Final = "refusal"
FILE_PATH: Final = "file_path"
"""Text that links to a file."""
FILE_CITATION: Final = "file_citation"
"""A mark that names the source of the text before it."""
IMAGE_PART: Final = "image_file"
CALL: Final = "call"
"""The head of a tool call: its id, its name, its type."""
ARGUMENTS: Final = "arguments"
INPUT: Final = "input"
LOGS: Final = "logs"
IMAGE: Final = "image"

OF_STEPS: frozenset[DeltaKind] = frozenset({CALL, ARGUMENTS, INPUT, LOGS, IMAGE})
"""The kinds that belong to a run step; the others belong to a message."""
_ALONE: frozenset[DeltaKind] = frozenset({CALL, IMAGE, FILE_PATH, FILE_CITATION, IMAGE_PART})
_HEADS: dict[str, JSONObject] = {"code_interpreter": {"input": "", "outputs": []}}
"""The empty details of a hosted call, by tool type; other tools have none."""


@dataclass(frozen=True, slots=True)
class CallHead:
    """The head of a tool call."""

    id: str
    name: str
    type: str = FUNCTION
    """The API's tool type."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """A piece of text that links to a file."""

    text: str
    file_id: str
    start: int
    """Characters of the message's text before the link."""
    number: int
    """How many links of the message come before it."""

    def annotation(self) -> FilePathAnnotation:
        """Return the annotation that a message has for the link."""
        return FilePathAnnotation(
            text=self.text,
            start_index=self.start,
            end_index=self.start + len(self.text),
            file_path=FilePath(file_id=self.file_id),
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark in a text that names a source."""

    text: str
    file_id: str
    start: int
    """Characters of the message's text before the mark."""
    number: int
    """How many annotations of the message come before it."""
    quote: str = ""
    """The words of the source that support the text; they are in the source."""
    place: str = ""
    """Where in the file they are; empty if that is unknown."""

    def annotation(self) -> FileCitationAnnotation:
        """Return the annotation that a message has for the mark."""
        return FileCitationAnnotation(
            text=self.text,
            start_index=self.start,
            end_index=self.start + len(self.text),
            file_citation=FileCitation(file_id=self.file_id, quote=self.quote, place=self.place or None),
        )


AnnotatedText = FileLink | Citation
"""Text with an annotation."""
DeltaValue = str | CallHead | AnnotatedText


class Delta(NamedTuple):
    """A new fragment of a message's part, or of a tool call in a run step."""

    object_id: str
    """The id of the message or the step."""
    kind: DeltaKind
    slot: int
    """The index of the part in the message's content, or of the call in the step."""
    value: DeltaValue
    """New characters, or a file's id; a `CallHead` for `call`, a `FileLink` for `file_path`, a `Citation` for
    `file_citation`."""
    first: bool = False
    """True for the first delta of its part."""
    part: int = 0
    """For `logs` and `image`: the index in the call's outputs."""

    @property
    def text(self) -> str:
        """The characters or the file's id; the text of a link or a mark; empty for the head of a call."""
        if isinstance(self.value, FileLink | Citation):
            return self.value.text
        return self.value if isinstance(self.value, str) else ""

    def joins(self, other: Delta) -> bool:
        """Return whether one event can report this delta together with `other`, which follows it directly."""
        return (
            self.object_id == other.object_id
            and self.kind == other.kind
            and self.slot == other.slot
            and self.part == other.part
            and self.kind not in _ALONE
        )

    def event(self, index: int) -> StreamEvent:
        """Return the API's delta event with its index in the run's log."""
        if self.kind == TEXT:
            return TextEvent.of(self.object_id, self.slot, self.text, index, first=self.first)
        if self.kind not in OF_STEPS:
            body = MessageDeltaBody(content=[self._content()])
            return StreamEvent(events.MESSAGE_DELTA, MessageDelta(id=self.object_id, delta=body), index)
        details: JSONObject = {"type": "tool_calls", "tool_calls": [self._call()]}
        delta = RunStepDelta(id=self.object_id, delta=RunStepDeltaBody(step_details=details))
        return StreamEvent(events.STEP_DELTA, delta, index)

    def _content(self) -> ContentDelta:
        if isinstance(self.value, FileLink | Citation):
            annotation = {"index": self.value.number, **self.value.annotation().to_json()}
            text = TextDelta(value=self.value.text, annotations=[annotation])
            return ContentDelta(index=self.slot, text=text)
        if self.kind == REFUSAL:
            return ContentDelta(index=self.slot, type="refusal", refusal=self.text)
        if self.kind == IMAGE_PART:
            return ContentDelta(index=self.slot, type="image_file", image_file=ImageFile(file_id=self.text))
        raise AssertionError(f"{self.kind} is no part of a message")

    def _call(self) -> JSONObject:
        if isinstance(self.value, CallHead):
            return self._head(self.value)
        if self.kind == ARGUMENTS:
            return {"index": self.slot, "type": FUNCTION, "function": {"arguments": self.value}}
        if self.kind == INPUT:
            return self._code({"input": self.value})
        output: JSONObject = {"index": self.part, "type": self.kind}
        output |= {"logs": self.value} if self.kind == LOGS else {"image": {"file_id": self.value}}
        return self._code({"outputs": [output]})

    def _code(self, details: JSONObject) -> JSONObject:
        return {"index": self.slot, "type": "code_interpreter", "code_interpreter": details}

    def _head(self, head: CallHead) -> JSONObject:
        if head.type == FUNCTION:
            details: JSONObject = {"name": head.name, "arguments": "", "output": None}
        else:
            details = json.loads(json.dumps(_HEADS.get(head.type, {})))
        return {"index": self.slot, "id": head.id, "type": head.type, head.type: details}


def encode_value(value: DeltaValue) -> str:
    """Return a delta's value as the database stores it: characters as they are, the others as a JSON object."""
    match value:
        case CallHead():
            kind = {} if value.type == FUNCTION else {"type": value.type}
            return json.dumps({"id": value.id, "name": value.name, **kind})
        case FileLink():
            link = {"text": value.text, "file_id": value.file_id, "start": value.start}
            return json.dumps({**link, "number": value.number})
        case Citation():
            return json.dumps(asdict(value), ensure_ascii=False)
        case _:
            return value


def decode_value(kind: DeltaKind, stored: str) -> DeltaValue:
    """Return the value that `encode_value` stored for a delta of a kind."""
    if kind == CALL:
        return CallHead(**json.loads(stored))
    if kind == FILE_CITATION:
        return Citation(**json.loads(stored))
    return FileLink(**json.loads(stored)) if kind == FILE_PATH else stored


def decode_kind(stored: str) -> DeltaKind:
    """Return a kind that was read from the database, where only this program writes."""
    return cast(DeltaKind, stored)
