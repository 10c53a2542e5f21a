"""Turns the events of a run into the events of a response. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.server.responses import items
from aimltui.server.responses.ids import ResponseRef, item_id
from aimltui.server.responses.snapshot import response_json, usage_of
from aimltui.wire import events
from aimltui.wire.base import JSONObject
from aimltui.wire.events import Reasoning, StreamEvent
from aimltui.wire.messages import ContentDelta, Message, MessageDelta
from aimltui.wire.run_steps import RunStep, RunStepDelta, ToolCallsDetails
from aimltui.wire.runs import REQUIRES_ACTION, Run

_ENDS = {
    "completed": "response.completed",
    "failed": "response.failed",
    "incomplete": "response.incomplete",
    # the wire has no event for a response that was stopped
    "cancelled": "response.incomplete",
}
_MESSAGE_ENDS = (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE)
_STEP_ENDS = tuple(f"thread.run.step.{status}" for status in ("completed", "failed", "cancelled", "expired"))


@dataclass(slots=True)
class _Open:
    """An item that is being written."""

    index: int
    item: JSONObject
    texts: dict[int, str] = field(default_factory=dict)
    """The text of each part, or of the whole item under 0."""
    annotations: dict[int, list[JSONObject]] = field(default_factory=dict)


class ResponseWriter:
    """Writes one response.

    Args:
        ref: The response.
        thoughts: How many thoughts earlier responses of the run had.
        is_stored: Whether the response is stored, which its run does not know.
    """

    def __init__(self, ref: ResponseRef, thoughts: int = 0, *, is_stored: bool = True) -> None:
        self.ref = ref
        self.run: Run | None = None
        self.output: list[JSONObject] = []
        self.names: dict[str, str] = {}
        """The names of files by id; to be filled before the events that show them."""
        self._thoughts = thoughts
        self._is_stored = is_stored
        self._steps: dict[str, RunStep] = {}
        self._open: dict[object, _Open] = {}
        self._withdrawn: set[int] = set()
        """The places of messages that turned out to be thoughts."""
        self._number = 0

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, or waits for the outputs of functions."""
        return self.run is not None and (self.run.is_terminal or self.run.status == REQUIRES_ACTION)

    def snapshot(self) -> JSONObject:
        """Return the response object as it is now."""
        assert self.run is not None
        output = [item for index, item in enumerate(self.output) if index not in self._withdrawn]
        response = response_json(self.ref, self.run, output, usage_of(self._steps.values()))
        return {**response, "store": self._is_stored}

    def add(self, event: StreamEvent) -> list[JSONObject]:
        """Take one event of the run and return the events of the response for it."""
        data = event.data
        if isinstance(data, Run):
            return self._of_run(data)
        if isinstance(data, Reasoning):
            return self._think(data)
        if isinstance(data, MessageDelta):
            return self._write(data)
        if isinstance(data, Message) and event.event in _MESSAGE_ENDS:
            return self._end_message(data)
        if isinstance(data, RunStepDelta):
            return self._call(data)
        if isinstance(data, RunStep) and event.event == events.THOUGHT_MOVED:
            return self._withdraw(data)
        if isinstance(data, RunStep):
            self._steps[data.id] = data
            if event.event in _STEP_ENDS:
                return self.end_step(data)
        return []

    def end_step(self, step: RunStep) -> list[JSONObject]:
        """End the items of a step's tool calls that are open."""
        self._steps[step.id] = step
        made: list[JSONObject] = []
        details = step.step_details
        for index, call in enumerate(details.tool_calls if isinstance(details, ToolCallsDetails) else ()):
            opened = self._open.pop((step.id, index), None)
            item = items.call_item(step, call, self.names)
            if opened is not None and item is not None:
                made += self._end_call(opened, item)
        return made

    def end(self) -> list[JSONObject]:
        """Return the last events, once the run is over."""
        made = self._end_thought()
        for opened in list(self._open.values()):
            opened.item["status"] = "incomplete"
            made.append(self._done(opened, opened.item))
        self._open.clear()
        snapshot = self.snapshot()
        made.append(self._event(_ENDS.get(snapshot["status"], "response.completed"), response=snapshot))
        return made

    def replay(
        self, run: Run, output: Iterable[JSONObject], snapshot: JSONObject, least: int = -1
    ) -> list[JSONObject]:
        """Return the events of a response that is over, without its fragments.

        A client that has had some of its events gets each item whole, with numbers that go on from the last one: which
        fragments it has is no longer known.

        Args:
            run: The run.
            output: The items.
            snapshot: The response object.
            least: The sequence number after which to begin.
        """
        self.run = run
        begin = self._begin({**snapshot, "status": "in_progress", "output": [], "usage": None})
        made = [event for event in begin if event["sequence_number"] > least]
        self._number = max(self._number, least + 1)
        for index, item in enumerate(output):
            made.append(self._event("response.output_item.added", output_index=index, item=item))
            made.append(self._event("response.output_item.done", output_index=index, item=item))
        name = _ENDS.get(snapshot["status"], "response.completed")
        return [*made, self._event(name, response=snapshot)]

    def error(self, message: str, code: str | None) -> JSONObject:
        """Return the event for an error that is not the run's."""
        return self._event("error", code=code, message=message, param=None)

    def _of_run(self, run: Run) -> list[JSONObject]:
        is_first, self.run = self.run is None, run
        return self._begin(self.snapshot()) if is_first else []

    def _begin(self, snapshot: JSONObject) -> list[JSONObject]:
        names = ("response.created", "response.in_progress")
        return [self._event(name, response={**snapshot, "status": "in_progress"}) for name in names]

    def _think(self, thought: Reasoning) -> list[JSONObject]:
        if self.run is None or not thought.text:
            return []
        opened, made = self._open.get("thought"), list[JSONObject]()
        if opened is None:
            item = items.reasoning_item(self.run, self._thoughts, "", "in_progress")
            self._thoughts += 1
            opened = self._start("thought", item, made)
            part = {"type": "summary_text", "text": ""}
            made.append(self._in("response.reasoning_summary_part.added", opened, summary_index=0, part=part))
        opened.texts[0] = opened.texts.get(0, "") + thought.text
        made.append(
            self._in("response.reasoning_summary_text.delta", opened, summary_index=0, delta=thought.text)
        )
        return made

    def _end_thought(self) -> list[JSONObject]:
        opened = self._open.pop("thought", None)
        if opened is None:
            return []
        text = opened.texts.get(0, "")
        part = {"type": "summary_text", "text": text}
        item = {**opened.item, "status": "completed", "summary": [part]}
        return [
            self._in("response.reasoning_summary_text.done", opened, summary_index=0, text=text),
            self._in("response.reasoning_summary_part.done", opened, summary_index=0, part=part),
            self._done(opened, item),
        ]

    def _withdraw(self, step: RunStep) -> list[JSONObject]:
        """End a message whose text turned out to be the model's thought: it is empty, and the text follows as that."""
        opened, made = self._open.pop(step.message_id, None), list[JSONObject]()
        if opened is not None:
            self._withdrawn.add(opened.index)
            for index in opened.texts:
                made.append(
                    self._in("response.output_text.done", opened, content_index=index, text="", logprobs=[])
                )
                part = _empty_part(is_refusal=False)
                made.append(self._in("response.content_part.done", opened, content_index=index, part=part))
            parts = [_empty_part(is_refusal=False) for _ in opened.texts]
            made.append(self._done(opened, {**opened.item, "status": "incomplete", "content": parts}))
        return [*made, *self._think(Reasoning(text=step.reasoning or "")), *self._end_thought()]

    def _write(self, delta: MessageDelta) -> list[JSONObject]:
        made = self._end_thought()
        opened = self._open.get(delta.id)
        if opened is None:
            item = {
                "type": "message",
                "id": item_id("msg", self.ref.thread_id, delta.id),
                "status": "in_progress",
                "role": "assistant",
                "content": [],
            }
            opened = self._start(delta.id, item, made)
        for content in delta.delta.content or ():
            made += self._write_part(opened, content)
        return made

    def _write_part(self, opened: _Open, content: ContentDelta) -> list[JSONObject]:
        made, index = list[JSONObject](), content.index
        is_refusal = content.refusal is not None
        if index not in opened.texts:
            opened.texts[index] = ""
            part = _empty_part(is_refusal)
            made.append(self._in("response.content_part.added", opened, content_index=index, part=part))
        if is_refusal:
            opened.texts[index] += content.refusal or ""
            name = "response.refusal.delta"
            return [*made, self._in(name, opened, content_index=index, delta=content.refusal)]
        text, annotations = self._shown(opened, content)
        if text:
            opened.texts[index] += text
            name = "response.output_text.delta"
            made.append(self._in(name, opened, content_index=index, delta=text, logprobs=[]))
        for annotation in annotations:
            known = opened.annotations.setdefault(index, [])
            made.append(
                self._in(
                    "response.output_text.annotation.added",
                    opened,
                    content_index=index,
                    annotation_index=len(known),
                    annotation=annotation,
                )
            )
            known.append(annotation)
        return made

    def _shown(self, opened: _Open, content: ContentDelta) -> tuple[str, list[JSONObject]]:
        """Return the text without the marks of citations, and the annotations."""
        if content.image_file is not None:
            return "", [items.file_path(content.image_file.file_id, 0)]
        text = (content.text.value or "") if content.text is not None else ""
        made: list[JSONObject] = []
        before = len(opened.texts.get(content.index, ""))
        for annotation in (content.text.annotations or ()) if content.text is not None else ():
            mark, kind = str(annotation.get("text") or ""), annotation.get("type")
            target: Any = annotation.get(str(kind))
            place, file_id = text.find(mark), str(target.get("file_id")) if isinstance(target, dict) else ""
            if kind == "file_citation" and mark and place >= 0:
                text = text[:place] + text[place + len(mark) :]
                made.append(items.citation(file_id, before + place, self.names))
            elif kind == "file_path":
                made.append(items.file_path(file_id, before + max(place, 0)))
        return text, made

    def _end_message(self, message: Message) -> list[JSONObject]:
        opened, made = self._open.pop(message.id, None), self._end_thought()
        item = items.message_item(message, self.names)
        if opened is None:
            opened = self._start(message.id, {**item, "content": []}, made)
            del self._open[message.id]
        for index, part in enumerate(item["content"]):
            if index not in opened.texts:
                empty = _empty_part(part["type"] == "refusal")
                made.append(self._in("response.content_part.added", opened, content_index=index, part=empty))
            if part["type"] == "refusal":
                name, text = "response.refusal.done", {"refusal": part["refusal"]}
            else:
                name, text = "response.output_text.done", {"text": part["text"], "logprobs": []}
            made.append(self._in(name, opened, content_index=index, **text))
            made.append(self._in("response.content_part.done", opened, content_index=index, part=part))
        return [*made, self._done(opened, item)]

    def _call(self, delta: RunStepDelta) -> list[JSONObject]:
        made = self._end_thought()
        for call in (delta.delta.step_details or {}).get("tool_calls", ()):
            key = (delta.id, call.get("index"))
            opened = self._open.get(key)
            if opened is None:
                item = _new_call(self.ref.thread_id, call)
                if item is None:
                    continue
                opened = self._start(key, item, made)
                if item["type"] != "function_call":
                    made.append(self._in(f"response.{item['type']}.in_progress", opened))
            made += self._grow_call(opened, call)
        return made

    def _grow_call(self, opened: _Open, call: Mapping[str, Any]) -> list[JSONObject]:
        details = call.get(str(call.get("type")))
        if not isinstance(details, dict):
            return []
        kind = opened.item["type"]
        name = {"function_call": "arguments", "code_interpreter_call": "input"}.get(kind)
        text = details.get(name) if name else None
        if not text:
            return []
        opened.texts[0] = opened.texts.get(0, "") + text
        if kind == "function_call":
            return [self._in("response.function_call_arguments.delta", opened, delta=text)]
        return [self._in("response.code_interpreter_call_code.delta", opened, delta=text)]

    def _end_call(self, opened: _Open, item: JSONObject) -> list[JSONObject]:
        if item["type"] == "function_call":
            made = [
                self._in(
                    "response.function_call_arguments.done",
                    opened,
                    arguments=item["arguments"],
                    name=item["name"],
                )
            ]
        elif item["type"] == "code_interpreter_call":
            made = [
                self._in("response.code_interpreter_call_code.done", opened, code=item["code"]),
                self._in("response.code_interpreter_call.interpreting", opened),
                self._in("response.code_interpreter_call.completed", opened),
            ]
        else:
            made = [
                self._in("response.file_search_call.searching", opened),
                self._in("response.file_search_call.completed", opened),
            ]
        return [*made, self._done(opened, item)]

    def _start(self, key: object, item: JSONObject, made: list[JSONObject]) -> _Open:
        opened = self._open[key] = _Open(len(self.output), item)
        self.output.append(item)
        made.append(
            self._event(
                "response.output_item.added", output_index=opened.index, item=json.loads(json.dumps(item))
            )
        )
        return opened

    def _done(self, opened: _Open, item: JSONObject) -> JSONObject:
        self.output[opened.index] = item
        return self._event("response.output_item.done", output_index=opened.index, item=item)

    def _in(self, kind: str, opened: _Open, **fields: Any) -> JSONObject:
        place = {"item_id": opened.item["id"], "output_index": opened.index}
        return self._event(kind, **place, **fields)

    def _event(self, kind: str, **fields: Any) -> JSONObject:
        number, self._number = self._number, self._number + 1
        return {"type": kind, "sequence_number": number, **fields}


def _empty_part(is_refusal: bool) -> JSONObject:
    if is_refusal:
        return {"type": "refusal", "refusal": ""}
    return {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def _new_call(thread_id: str, call: Mapping[str, Any]) -> JSONObject | None:
    """Return the item of a new call; None for a tool that this wire does not have."""
    kind, id_ = call.get("type"), str(call.get("id") or "")
    if kind == "function":
        name = str((call.get("function") or {}).get("name") or "")
        return {
            "type": "function_call",
            "id": item_id("fc", thread_id, id_),
            "call_id": id_,
            "name": name,
            "arguments": "",
            "status": "in_progress",
        }
    if kind == "code_interpreter":
        return {
            "type": "code_interpreter_call",
            "id": item_id("ci", thread_id, id_),
            "status": "in_progress",
            "code": "",
            "container_id": items.container_id(thread_id),
            "outputs": [],
        }
    if kind == "file_search":
        return {
            "type": "file_search_call",
            "id": item_id("fs", thread_id, id_),
            "status": "in_progress",
            "queries": [],
            "results": None,
        }
    return None
