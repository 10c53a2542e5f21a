"""Folds the events of one run into the current state of its Run, Messages and RunSteps.

Pure, and strict with the server: unknown events and events already seen (by their index) are ignored, an object in a
final status no longer changes, and a delta for an object that was never announced creates that object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from aimltui.client.changes import Appended, FoldedChange, MessageChanged, RunChanged, StepChanged
from aimltui.common.growing_text import GrowingText
from aimltui.wire import events as ev
from aimltui.wire.messages import ContentDelta, Message, MessageDelta
from aimltui.wire.run_steps import RunStep, RunStepDelta
from aimltui.wire.runs import Run

_MOST_PARTS = 1_000
"""Content parts of a message; a delta with a higher index is invalid and is dropped."""
_FINAL_MESSAGE = frozenset({"completed", "incomplete"})
_FINAL_STEP = frozenset({"completed", "failed", "cancelled", "expired"})


class RunAccumulator:
    """Folds one run's stream of events.

    Attributes:
        run: The newest state of the run; None before the first run event.
        last_index: The highest event index seen, from which the stream can be resumed.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.last_index: int | None = None
        self._messages: dict[str, _GrowingMessage] = {}
        self._steps: dict[str, _GrowingStep] = {}

    def fold(self, event: ev.StreamEvent) -> FoldedChange | None:
        """Fold one event.

        Returns:
            What it changed; None if nothing.
        """
        if event.index is not None:
            if self.last_index is not None and event.index <= self.last_index:
                return None
            self.last_index = event.index
        if event.event == ev.THOUGHT_MOVED and isinstance(event.data, RunStep):
            self._empty_message(event.data)
        match event.data:
            case Run() as run:
                return self._fold_run(run)
            case Message() as message:
                return self._fold_message(message)
            case MessageDelta() as delta:
                return self._fold_message_delta(delta)
            case RunStep() as step:
                return self._fold_step(step)
            case RunStepDelta() as delta:
                return self._fold_step_delta(delta)
            case _:
                return None

    def message(self, message_id: str) -> Message | None:
        """Return a message with all the text that has arrived; None if no event named it."""
        growing = self._messages.get(message_id)
        return growing.snapshot() if growing else None

    def _fold_run(self, run: Run) -> FoldedChange | None:
        if self.run is not None and self.run.is_terminal and not run.is_terminal:
            return None
        if run == self.run:
            return None
        self.run = run
        return RunChanged(run)

    def _fold_message(self, message: Message) -> FoldedChange | None:
        old = self._messages.get(message.id)
        if old is None:
            self._messages[message.id] = _GrowingMessage(message)
            return MessageChanged(message)
        if not old.replace(message):
            return None
        return MessageChanged(old.snapshot())

    def _empty_message(self, step: RunStep) -> None:
        """Empty the message of a step: its text so far was a thought, which is in the step."""
        growing = self._messages.get(step.message_id)
        if growing is not None and not growing.is_final:
            growing.empty()

    def _fold_message_delta(self, delta: MessageDelta) -> FoldedChange | None:
        growing = self._messages.get(delta.id)
        if growing is None:
            made_up = Message(
                id=delta.id,
                role=delta.delta.role or "assistant",
                status="in_progress",
                run_id=self.run.id if self.run else None,
                thread_id=self.run.thread_id if self.run else "",
                assistant_id=self.run.assistant_id if self.run else None,
            )
            growing = self._messages[delta.id] = _GrowingMessage(made_up)
            growing.add(delta.delta.content or [])
            return MessageChanged(growing.snapshot())
        if growing.is_final:
            return None
        grown = growing.add(delta.delta.content or [])
        if grown is None:
            return MessageChanged(growing.snapshot())
        return Appended(delta.id, grown) if grown else None

    def _fold_step(self, step: RunStep) -> FoldedChange | None:
        old = self._steps.get(step.id)
        if old is None:
            self._steps[step.id] = _GrowingStep(step)
            return StepChanged(step)
        if not old.replace(step):
            return None
        return StepChanged(old.snapshot())

    def _fold_step_delta(self, delta: RunStepDelta) -> FoldedChange | None:
        fragment = delta.delta.step_details
        if not fragment:
            return None
        growing = self._steps.get(delta.id)
        if growing is None:
            made_up = RunStep.model_validate(
                {
                    "id": delta.id,
                    "run_id": self.run.id if self.run else "",
                    "type": str(fragment.get("type") or "tool_calls"),
                    "step_details": {"type": str(fragment.get("type") or "tool_calls")},
                }
            )
            growing = self._steps[delta.id] = _GrowingStep(made_up)
        if growing.is_final or not growing.add(fragment):
            return None
        return StepChanged(growing.snapshot())


class _GrowingMessage:
    """A message whose text parts grow, at a cost that does not depend on their length."""

    def __init__(self, message: Message) -> None:
        self._base = message
        self._parts: list[dict[str, Any]] = []
        self._texts: list[GrowingText] = []
        self._dirty = False

    @property
    def is_final(self) -> bool:
        return self._base.status in _FINAL_MESSAGE

    def replace(self, message: Message) -> bool:
        """Take the message as the server sends it; the text of an unfinished one counts only before the first delta.

        Returns:
            Whether that changed anything.
        """
        if self.is_final and message.status not in _FINAL_MESSAGE:
            return False
        if message.status not in _FINAL_MESSAGE and self._parts:
            head = message.model_copy(update={"content": []})
            if head == self._base:
                return False
            self._base = head
            self._dirty = True
            return True
        if not self._dirty and message == self._base:
            return False
        self._base = message
        self._parts, self._texts, self._dirty = [], [], False
        return True

    def add(self, content: list[ContentDelta]) -> str | None:
        """Add a delta.

        Returns:
            The text that was added at the end, if nothing else changed; None otherwise.
        """
        if not self._parts:
            self._open()
        plain, grown = True, []
        for delta in content:
            if not 0 <= delta.index < _MOST_PARTS:
                continue
            text = delta.text
            extra = text is not None and bool(text.annotations)
            is_new = self._grow_to(delta.index, delta.type)
            at_end = delta.index == len(self._parts) - 1
            if delta.type != "text" or extra or not at_end or (is_new and delta.index > 0):
                plain = False
                self._merge(delta)
            if text is not None and text.value:
                self._texts[delta.index].add(text.value)
                grown.append(text.value)
        self._dirty = True
        return "".join(grown) if plain else None

    def empty(self) -> None:
        """Remove the text of all parts; the parts stay, since deltas name them by their index."""
        if not self._parts:
            self._open()
        self._texts = [GrowingText() for _ in self._texts]
        for part in self._parts:
            part.pop("annotations", None)
        self._dirty = True

    def snapshot(self) -> Message:
        """Return the current message."""
        if not self._dirty:
            return self._base
        content: list[dict[str, Any]] = []
        for part, text in zip(self._parts, self._texts, strict=True):
            if part["type"] == "text":
                annotations = part.get("annotations") or []
                content.append({"type": "text", "text": {"value": str(text), "annotations": annotations}})
            else:
                content.append(part)
        try:
            whole = Message.model_validate({**self._base.model_dump(), "content": content})
        except ValidationError:
            # The API has no such part: show the text at least.
            content = [part for part in content if part["type"] == "text"]
            for part in content:
                part["text"]["annotations"] = []
            whole = Message.model_validate({**self._base.model_dump(), "content": content})
        return whole

    def _open(self) -> None:
        """Start with the content that the message already has."""
        for part in self._base.content:
            fields = part.model_dump(mode="json")
            if fields["type"] == "text":
                text = fields.get("text") or {}
                self._parts.append({"type": "text", "annotations": list(text.get("annotations") or [])})
                self._texts.append(GrowingText(str(text.get("value") or "")))
            else:
                self._parts.append(fields)
                self._texts.append(GrowingText())
        # its text is in `_texts` from here on, and not twice
        self._base = self._base.model_copy(update={"content": []})

    def _grow_to(self, index: int, kind: str) -> bool:
        is_new = index >= len(self._parts)
        while index >= len(self._parts):
            # A gap (lost deltas) is filled with an empty text, so that later indices stay right.
            self._parts.append({"type": kind if index == len(self._parts) else "text"})
            self._texts.append(GrowingText())
        return is_new

    def _merge(self, delta: ContentDelta) -> None:
        part = self._parts[delta.index]
        fragment = delta.model_dump(mode="json", exclude_unset=True)
        text = fragment.pop("text", None)
        if text and text.get("annotations"):
            merge(part, {"annotations": text["annotations"]})
        if delta.type != "text":
            merge(part, fragment)
            part.pop("index", None)


class _GrowingStep:
    """A run step with the fragments that its deltas added."""

    def __init__(self, step: RunStep) -> None:
        self._step = step

    @property
    def is_final(self) -> bool:
        return self._step.status in _FINAL_STEP

    def replace(self, step: RunStep) -> bool:
        if step == self._step or (self.is_final and step.status not in _FINAL_STEP):
            return False
        old = self._step.model_dump(mode="json")["step_details"]
        new = step.model_dump(mode="json")["step_details"]
        if step.status not in _FINAL_STEP and old.get("tool_calls") and not new.get("tool_calls"):
            # `in_progress` may arrive after the first fragments: its empty list removes nothing
            step = step.model_copy(update={"step_details": self._step.step_details})
        self._step = step
        return True

    def add(self, fragment: Mapping[str, Any]) -> bool:
        whole = self._step.model_dump(mode="json")
        details = whole["step_details"]
        merge(details, fragment)
        calls = details.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                call.setdefault("id", "")
        try:
            self._step = RunStep.model_validate(whole)
        except ValidationError:
            return False
        return True

    def snapshot(self) -> RunStep:
        return self._step


D = TypeVar("D", bound=dict[str, Any])


def merge(target: D, delta: Mapping[str, Any]) -> D:
    """Merge a delta by the API's rule: strings are concatenated, objects merge, lists of objects merge by `index`.

    Unlike the rule, `id`, `type`, `name` and numbers are replaced and not concatenated: a server that repeats them
    means the same thing again.
    """
    for key, value in delta.items():
        old = target.get(key)
        if old is None or key in _NAMES:
            target[key] = _unindexed(value)
        elif isinstance(old, str) and isinstance(value, str):
            target[key] = old + value
        elif isinstance(old, dict) and isinstance(value, Mapping):
            merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            _merge_list(old, value)
        elif value is not None:
            target[key] = value
    return target


_NAMES = frozenset({"index", "type", "id", "file_id", "name"})


def _merge_list(target: list[Any], delta: list[Any]) -> None:
    for item in delta:
        index = item.get("index") if isinstance(item, Mapping) else None
        if not isinstance(index, int) or not 0 <= index < len(target):
            target.append(_unindexed(item))
        elif isinstance(target[index], dict):
            merge(target[index], {key: value for key, value in item.items() if key != "index"})


def _unindexed(value: Any) -> Any:
    """Return a fragment without the `index` fields, which only deltas have."""
    if isinstance(value, Mapping):
        return {key: _unindexed(item) for key, item in value.items() if key != "index"}
    if isinstance(value, list):
        return [_unindexed(item) for item in value]
    return value
