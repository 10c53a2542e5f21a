"""Stream events: their names, their payloads, and which of them end a stream."""

from __future__ import annotations

from json import JSONEncoder
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.wire.base import JSONObject, Wire, extension
from aimltui.wire.errors import ErrorObject
from aimltui.wire.messages import Message, MessageDelta
from aimltui.wire.run_steps import RunStep, RunStepDelta
from aimltui.wire.runs import TERMINAL, Run
from aimltui.wire.threads import Thread

THREAD_CREATED = "thread.created"
RUN_CREATED = "thread.run.created"
RUN_REQUIRES_ACTION = "thread.run.requires_action"
STEP_CREATED = "thread.run.step.created"
STEP_IN_PROGRESS = "thread.run.step.in_progress"
STEP_DELTA = "thread.run.step.delta"
STEP_COMPLETED = "thread.run.step.completed"
MESSAGE_CREATED = "thread.message.created"
MESSAGE_IN_PROGRESS = "thread.message.in_progress"
MESSAGE_DELTA = "thread.message.delta"
MESSAGE_COMPLETED = "thread.message.completed"
MESSAGE_INCOMPLETE = "thread.message.incomplete"
ERROR = "error"
DONE = "done"

NOTICE = "aimltui.notice"
"""An extension: a notice about a run. Never on the API's own streams."""
REASONING = "aimltui.reasoning"
"""An extension: the model's reasoning while it streams. Afterwards it is in the step that follows."""
THOUGHT_MOVED = "aimltui.thought_moved"
"""An extension: all text of an unfinished message was the model's thought. The step of the message has it now, and the
message is empty again. On the API's own streams the complete message tells it at its end."""
CHANGED = "aimltui.changed"
"""An extension: something in the store changed; lists may be stale."""


class Notice(Wire):
    """A notice about a run, e.g. that a failed model request is retried."""

    run_id: str = ""
    kind: str = "retry"
    """`retry`, `silent` and `reading` (of files) are transient; `cleared` withdraws them. `remark` stays."""
    text: str = ""
    """A sentence for the user."""
    until: float | None = extension()
    """Unix seconds at which the next attempt starts."""
    since: float | None = extension()
    """Unix seconds since which nothing was received."""
    what: str | None = extension()
    """The sentence without its time and without a full stop, for clients that show a counter."""
    attempt: str | None = extension()
    """The number of the next attempt, as `2/3`."""


class Reasoning(Wire):
    """New characters of a model's reasoning."""

    run_id: str = ""
    kind: str = "grew"
    """`grew`; `cleared` withdraws the reasoning since the last step because the turn starts again."""
    text: str = ""
    """The new characters."""


class Changed(Wire):
    """Something in the store changed."""

    thread_ids: list[str] | None = extension()
    """The ids of the changed threads; None if unknown, because another process wrote."""


Payload = (
    Thread
    | Run
    | RunStep
    | RunStepDelta
    | Message
    | MessageDelta
    | ErrorObject
    | Notice
    | Reasoning
    | Changed
    | str
)


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a stream."""

    event: str
    data: Payload
    index: int | None = None
    """Its position in the run's log, if the server sends it: the cursor to resume from."""

    @property
    def ends_stream(self) -> bool:
        """True if no event of the API follows."""
        return self.event == DONE


class TextEvent(StreamEvent):
    """New text of a message. Its object is made when it is first asked for; its JSON is written without it.

    Nearly all events of a run are such. A server only writes them.
    """

    __slots__ = ("_text",)
    _text: tuple[str, int, str, bool]

    @classmethod
    def of(cls, message_id: str, slot: int, value: str, index: int | None, *, first: bool) -> TextEvent:
        """Return the event of new characters.

        Args:
            message_id: The message.
            slot: The index of the part in the message's content.
            value: The characters.
            index: The event's index in the run's log.
            first: Whether they are the first of the part.
        """
        event = cls.__new__(cls)
        object.__setattr__(event, "event", MESSAGE_DELTA)
        object.__setattr__(event, "index", index)
        object.__setattr__(event, "_text", (message_id, slot, value, first))
        return event

    def __getattr__(self, name: str) -> Any:
        """Make the object."""
        if name != "data":
            raise AttributeError(name)
        message_id, slot, value, first = self._text
        added: JSONObject = {"value": value, **({"annotations": []} if first else {})}
        content = {"index": slot, "text": added}
        # one validation takes half as long as four
        told = MessageDelta.model_validate({"id": message_id, "delta": {"content": [content]}})
        object.__setattr__(self, "data", told)
        return told

    def __eq__(self, other: object) -> bool:
        """Return whether the other event says the same, whichever class it has."""
        if not isinstance(other, StreamEvent):
            return NotImplemented
        return (self.event, self.data, self.index) == (other.event, other.data, other.index)

    __hash__ = StreamEvent.__hash__

    def json(self) -> str:
        """Return the JSON of the object, as the object would write it."""
        known = getattr(self, "_text", None)
        if known is None:
            # a changed copy
            return self.data if isinstance(self.data, str) else self.data.model_dump_json()
        message_id, slot, value, first = known
        added = f'"value":{_encoded(value)}{_NO_ANNOTATIONS if first else ""}'
        return (
            f'{{"id":{_encoded(message_id)},"object":"thread.message.delta","delta":{{"content":'
            f'[{{"index":{slot},"type":"text","text":{{{added}}}}}]}}}}'
        )


_encoded = JSONEncoder(ensure_ascii=False).encode
_NO_ANNOTATIONS = ',"annotations":[]'


def _payloads() -> dict[str, type[Wire]]:
    run = dict.fromkeys((*(f"thread.run.{s}" for s in _run_words()), RUN_CREATED), Run)
    step = {f"thread.run.step.{s}": RunStep for s in _STEP_WORDS}
    message = {f"thread.message.{s}": Message for s in _MESSAGE_WORDS}
    rest: dict[str, type[Wire]] = {
        THREAD_CREATED: Thread,
        STEP_DELTA: RunStepDelta,
        MESSAGE_DELTA: MessageDelta,
        ERROR: ErrorObject,
        NOTICE: Notice,
        REASONING: Reasoning,
        THOUGHT_MOVED: RunStep,
        CHANGED: Changed,
    }
    return {**run, **step, **message, **rest}


_STEP_WORDS = ("created", "in_progress", "completed", "failed", "cancelled", "expired")
_MESSAGE_WORDS = ("created", "in_progress", "completed", "incomplete")


def _run_words() -> tuple[str, ...]:
    return ("queued", "in_progress", "requires_action", "cancelling", *sorted(TERMINAL))


PAYLOADS: dict[str, type[Wire]] = _payloads()
"""Event name to the class of its data. `done` is not in it: its data is the literal `[DONE]`."""

EXTENSIONS = frozenset({NOTICE, REASONING, THOUGHT_MOVED, CHANGED})


def decode(name: str, data: Any, index: int | None = None) -> StreamEvent | None:
    """Return the event for a name and its decoded JSON.

    A missing name is derived from the object and its status, since some servers omit it; some gateways wrap the object
    as `{"event": NAME, "data": OBJECT}`. An event that this version does not know is None: the API reserves the right
    to add some.
    """
    if not name and isinstance(data, dict) and "object" not in data and "data" in data:
        name, data = str(data.get("event") or ""), data["data"]
    name = name or derive_name(data)
    if name == DONE:
        return StreamEvent(DONE, "[DONE]", index)
    if name == ERROR and isinstance(data, dict):
        inner = data.get("error")
        return StreamEvent(
            ERROR,
            ErrorObject.model_validate(_error_fields(inner if isinstance(inner, dict) else data)),
            index,
        )
    payload = PAYLOADS.get(name)
    if payload is None:
        return None
    return StreamEvent(name, payload.model_validate(data), index)  # type: ignore[arg-type]  # the table's classes are Payload's


def derive_name(data: Any) -> str:
    """Return the event name for an object, or an empty string."""
    if data == "[DONE]":
        return DONE
    if not isinstance(data, dict):
        return ""
    kind = str(data.get("object", ""))
    if kind.endswith(".delta"):
        return kind
    if "error" in data and not kind:
        return ERROR
    status = data.get("status")
    return f"{kind}.{status}" if kind and status else ""


def _error_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        **fields,
        "message": str(fields.get("message") or "The server ended the stream without an explanation."),
    }
