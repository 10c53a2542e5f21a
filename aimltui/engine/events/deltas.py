"""Fragments of what grows in a run, and the delta events that tell of them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aimltui.wire import events
from aimltui.wire.base import JSONObject
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ContentDelta, ImageFile, MessageDelta, MessageDeltaBody, TextDelta
from aimltui.wire.run_steps import FUNCTION, RunStepDelta, RunStepDeltaBody

TEXT = "text"
REFUSAL = "refusal"
FILE_PATH = "file_path"
IMAGE_PART = "image_file"
CALL = "call"
ARGUMENTS = "arguments"
INPUT = "input"
LOGS = "logs"
IMAGE = "image"

OF_STEPS = frozenset({CALL, ARGUMENTS, INPUT, LOGS, IMAGE})
"""The kinds that belong to a step; the others belong to a message."""
_ALONE = frozenset({CALL, IMAGE, FILE_PATH, IMAGE_PART})
_HEADS: dict[str, JSONObject] = {"code_interpreter": {"input": "", "outputs": []}}
"""How a call that the engine carries out looks before anything is known of it; empty for other tools."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A fragment of something that grows: a message's part, or a tool call of a step."""

    object_id: str
    """The message's or the step's id."""
    kind: str
    """`text`, `refusal`, `file_path` (text that is a link to a file) and `image_file` belong to a message; `call`
    (its head), `arguments`, `input`, `logs` and `image` to a step."""
    slot: int
    """The part's place in the message's content, or the call's in the step."""
    value: str
    """The new characters, or a file's id; for `call` and `file_path` a JSON object."""
    first: bool = False
    """True for the first piece of its part."""
    part: int = 0
    """For `logs` and `image`: the place in the call's outputs."""

    def joins(self, other: Delta) -> bool:
        """True if `other`, coming right after this one, can be told together with it."""
        same = (self.object_id, self.kind, self.slot, self.part)
        return same == (other.object_id, other.kind, other.slot, other.part) and self.kind not in _ALONE

    def event(self, index: int) -> StreamEvent:
        """The delta event of the API."""
        if self.kind not in OF_STEPS:
            body = MessageDeltaBody(content=[self._content()])
            return StreamEvent(events.MESSAGE_DELTA, MessageDelta(id=self.object_id, delta=body), index)
        details: JSONObject = {"type": "tool_calls", "tool_calls": [self._call()]}
        delta = RunStepDelta(id=self.object_id, delta=RunStepDeltaBody(step_details=details))
        return StreamEvent(events.STEP_DELTA, delta, index)

    def _content(self) -> ContentDelta:
        if self.kind == REFUSAL:
            return ContentDelta(index=self.slot, type="refusal", refusal=self.value)
        if self.kind == IMAGE_PART:
            return ContentDelta(index=self.slot, type="image_file", image_file=ImageFile(file_id=self.value))
        if self.kind == FILE_PATH:
            link = json.loads(self.value)
            annotation = {"index": link["number"], **annotation_of(link)}
            return ContentDelta(index=self.slot, text=TextDelta(value=link["text"], annotations=[annotation]))
        text = TextDelta(value=self.value, annotations=[]) if self.first else TextDelta(value=self.value)
        return ContentDelta(index=self.slot, text=text)

    def _call(self) -> JSONObject:
        if self.kind == CALL:
            return self._head()
        if self.kind == ARGUMENTS:
            return {"index": self.slot, "type": FUNCTION, "function": {"arguments": self.value}}
        if self.kind == INPUT:
            return self._code({"input": self.value})
        output: JSONObject = {"index": self.part, "type": self.kind}
        output |= {"logs": self.value} if self.kind == LOGS else {"image": {"file_id": self.value}}
        return self._code({"outputs": [output]})

    def _code(self, what: JSONObject) -> JSONObject:
        return {"index": self.slot, "type": "code_interpreter", "code_interpreter": what}

    def _head(self) -> JSONObject:
        head = json.loads(self.value)
        kind = head.get("type", FUNCTION)
        if kind == FUNCTION:
            what: JSONObject = {"name": head["name"], "arguments": "", "output": None}
        else:
            what = json.loads(json.dumps(_HEADS.get(kind, {})))
        return {"index": self.slot, "id": head["id"], "type": kind, kind: what}


def annotation_of(link: JSONObject) -> JSONObject:
    """The annotation of a `file_path` piece, as a message keeps it."""
    return {
        "type": FILE_PATH,
        "text": link["text"],
        "start_index": link["start"],
        "end_index": link["start"] + len(link["text"]),
        "file_path": {"file_id": link["file_id"]},
    }
