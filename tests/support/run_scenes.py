"""Scenes: what a run does, as data, and the events and stored objects that follow from it.

An act is a step of a scene. `Player` turns acts into stream events and keeps the objects that a server would have
stored, so that a test can compare what was seen live with what is read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aimltui.wire import events as ev
from aimltui.wire.messages import Message, MessageDelta
from aimltui.wire.run_steps import RunStep, RunStepDelta
from aimltui.wire.runs import LastError, Run, Usage

START = 1_800_000_000
"""The first second of every scene."""


@dataclass(frozen=True)
class Say:
    """The model writes a message, in pieces; cut off if `reason` says why."""

    pieces: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True)
class Cite:
    """The model writes a message whose last piece is a citation."""

    text: str
    marker: str = "【4:0†source】"


@dataclass(frozen=True)
class Refuse:
    """The model refuses."""

    words: str


@dataclass(frozen=True)
class Code:
    """The model runs code."""

    pieces: tuple[str, ...]
    logs: str = ""
    failed: bool = False
    picture: str = ""
    """A file's id."""
    hold: str = ""
    """`input`: stop before the last piece; `output`: before the call ends."""


@dataclass(frozen=True)
class Give:
    """The model writes a message with files: links to them, a picture, others attached."""

    text: str
    links: tuple[tuple[str, str], ...] = ()
    """Text of the link, id of the file."""
    picture: str = ""
    attached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """The model calls a function; the run waits unless `output` is there."""

    name: str
    arguments: tuple[str, ...]
    output: str | None = None


@dataclass(frozen=True)
class Remark:
    """A passing notice."""

    text: str
    kind: str = "retry"


@dataclass(frozen=True)
class Hold:
    """The stream says nothing more until the test lets it go on."""


@dataclass(frozen=True)
class End:
    """The run ends like this."""

    status: str = "completed"
    error: LastError | None = None
    usage: Usage | None = field(
        default_factory=lambda: Usage(prompt_tokens=21, completion_tokens=9, total_tokens=30, cost_usd=0.0043)
    )
    reason: str | None = None


Act = Say | Give | Cite | Refuse | Code | Call | Remark | Hold | End


class Ids:
    """Ids that count: `msg_1`, `msg_2`."""

    def __init__(self) -> None:
        self._counters: dict[str, Iterator[int]] = {}

    def __call__(self, prefix: str) -> str:
        return f"{prefix}{next(self._counters.setdefault(prefix, count(1)))}"


class Player:
    """Plays acts as one run.

    Attributes:
        run: The run as it would be read back now.
        messages: Its messages, by id, likewise.
        steps: Its steps, by id, likewise.
        log: All events so far.
    """

    def __init__(
        self, thread_id: str, *, ids: Ids, model: str = "demo", assistant_id: str = "asst_1", now: int = START
    ):
        self._ids = ids
        self._index = count()
        self.now = now
        self.log: list[ev.StreamEvent] = []
        self.messages: dict[str, Message] = {}
        self.steps: dict[str, RunStep] = {}
        self.run = Run(
            id=ids("run_"),
            thread_id=thread_id,
            assistant_id=assistant_id,
            model=model,
            created_at=now,
            expires_at=now + 600,
        )

    def play(self, acts: Sequence[Act]) -> Iterator[ev.StreamEvent | Hold]:
        """The events of the acts, from the run's creation to `done`."""
        yield self._tell(ev.RUN_CREATED, self.run)
        yield self._move("queued")
        yield self._move("in_progress", started_at=self.now)
        for act in acts:
            if isinstance(act, Hold):
                yield act
            else:
                yield from self._act(act)
        yield self._tell(ev.DONE, "[DONE]")

    def cancelled(self) -> Iterator[ev.StreamEvent]:
        """The events of a cancellation at this moment."""
        yield self._move("cancelling")
        yield from self._close("cancelled", "run_cancelled")
        yield self._move("cancelled", cancelled_at=self.now, usage=None, expires_at=None, duration_ms=1500)
        yield self._tell(ev.DONE, "[DONE]")

    def finish(self, act: End) -> Iterator[ev.StreamEvent]:
        """The run's last events."""
        yield from self._end(act)
        yield self._tell(ev.DONE, "[DONE]")

    def _act(self, act: Act) -> Iterator[ev.StreamEvent | Hold]:
        match act:
            case Say(pieces, reason):
                yield from self._say(pieces, reason)
            case Cite(text, marker):
                yield from self._cite(text, marker)
            case Refuse(words):
                yield from self._refuse(words)
            case Code():
                yield from self._code(act)
            case Give():
                yield from self._give(act)
            case Call(name, arguments, output):
                yield from self._call(name, arguments, output)
            case Remark(text, kind):
                yield ev.StreamEvent(ev.NOTICE, ev.Notice(run_id=self.run.id, kind=kind, text=text))
            case End():
                yield from self._end(act)

    def _end(self, act: End) -> Iterator[ev.StreamEvent]:
        if act.status == "requires_action":
            # the step with the calls goes on until their outputs are there
            yield self._move(act.status)
            return
        yield from self._close(
            {"completed": "completed", "incomplete": "completed"}.get(act.status, act.status),
            {"failed": "run_failed", "incomplete": "max_tokens", "expired": "run_expired"}.get(act.status),
        )
        ended: dict[str, Any] = {"usage": act.usage, "duration_ms": 2500}
        if act.status == "failed":
            ended |= {"failed_at": self.now, "last_error": act.error}
        elif act.status in ("completed", "incomplete"):
            ended["completed_at"] = self.now
        if act.reason:
            ended["incomplete_details"] = {"reason": act.reason}
        yield self._move(act.status, **ended, expires_at=None)

    def _close(self, step_status: str, message_reason: str | None) -> Iterator[ev.StreamEvent]:
        """End what is still going on."""
        for message in list(self.messages.values()):
            if message.status == "in_progress":
                reason = message_reason or "run_failed"
                yield self._put_message(
                    message, "incomplete", incomplete_details={"reason": reason}, incomplete_at=self.now
                )
        for step in list(self.steps.values()):
            if step.status == "in_progress":
                yield self._put_step(step, step_status, **{f"{step_status}_at": self.now}, duration_ms=900)

    def _open_message(self) -> Iterator[ev.StreamEvent]:
        message = Message(
            id=self._ids("msg_"),
            role="assistant",
            status="in_progress",
            thread_id=self.run.thread_id,
            run_id=self.run.id,
            assistant_id=self.run.assistant_id,
            created_at=self.now,
        )
        details = {"type": "message_creation", "message_creation": {"message_id": message.id}}
        yield from self._open_step("message_creation", details)
        self.messages[message.id] = message
        yield self._tell("thread.message.created", message)
        yield self._tell("thread.message.in_progress", message)

    def _say(self, pieces: tuple[str, ...], reason: str | None) -> Iterator[ev.StreamEvent]:
        yield from self._open_message()
        message = self._newest_message()
        for number, piece in enumerate(pieces):
            text: dict[str, Any] = {"value": piece}
            if not number:
                text["annotations"] = []
            message = self._with_text(message, "".join(pieces[: number + 1]), [])
            yield self._delta(message.id, {"index": 0, "type": "text", "text": text})
        if reason == "":
            return  # left open: what comes next decides how it ends
        if reason:
            yield self._put_message(message, "incomplete", incomplete_details={"reason": reason})
        else:
            yield self._put_message(message, "completed", completed_at=self.now)
        yield self._put_step(self._newest_step(), "completed", completed_at=self.now, duration_ms=1200)

    def _cite(self, text: str, marker: str) -> Iterator[ev.StreamEvent]:
        yield from self._open_message()
        message = self._newest_message()
        yield self._delta(
            message.id, {"index": 0, "type": "text", "text": {"value": text, "annotations": []}}
        )
        mark = {
            "type": "file_citation",
            "text": marker,
            "start_index": len(text),
            "end_index": len(text) + len(marker),
            "file_citation": {"file_id": "file-1"},
        }
        yield self._delta(
            message.id,
            {"index": 0, "type": "text", "text": {"value": marker, "annotations": [{"index": 0, **mark}]}},
        )
        message = self._with_text(message, text + marker, [mark])
        yield self._put_message(message, "completed", completed_at=self.now)
        yield self._put_step(self._newest_step(), "completed", completed_at=self.now, duration_ms=1200)

    def _refuse(self, words: str) -> Iterator[ev.StreamEvent]:
        yield from self._open_message()
        message = self._newest_message()
        middle = len(words) // 2
        for piece in (words[:middle], words[middle:]):
            yield self._delta(message.id, {"index": 0, "type": "refusal", "refusal": piece})
        content = [{"type": "refusal", "refusal": words}]
        message = Message.model_validate({**message.model_dump(), "content": content})
        yield self._put_message(message, "completed", completed_at=self.now)
        yield self._put_step(self._newest_step(), "completed", completed_at=self.now, duration_ms=700)

    def _give(self, act: Give) -> Iterator[ev.StreamEvent]:
        yield from self._open_message()
        message = self._newest_message()
        marks = [
            {
                "type": "file_path",
                "text": link,
                "start_index": act.text.index(link),
                "end_index": act.text.index(link) + len(link),
                "file_path": {"file_id": file_id},
            }
            for link, file_id in act.links
        ]
        content: list[dict[str, Any]] = [{"type": "text", "text": {"value": act.text, "annotations": marks}}]
        if act.picture:
            content.insert(0, {"type": "image_file", "image_file": {"file_id": act.picture}})
        attachments = [{"file_id": file_id, "tools": []} for file_id in act.attached]
        message = Message.model_validate(
            {**message.model_dump(), "content": content, "attachments": attachments}
        )
        yield self._put_message(message, "completed", completed_at=self.now)
        yield self._put_step(self._newest_step(), "completed", completed_at=self.now, duration_ms=1200)

    def _code(self, act: Code) -> Iterator[ev.StreamEvent | Hold]:
        pieces, logs, failed = act.pieces, act.logs, act.failed
        yield from self._open_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        step = self._newest_step()
        call_id = self._ids("call_")
        head = {
            "index": 0,
            "id": call_id,
            "type": "code_interpreter",
            "code_interpreter": {"input": "", "outputs": []},
        }
        yield self._step_delta(step.id, head)
        for number, piece in enumerate(pieces):
            if act.hold == "input" and number == len(pieces) - 1:
                yield Hold()
            yield self._step_delta(
                step.id, {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": piece}}
            )
        outputs: list[dict[str, Any]] = [{"type": "logs", "logs": logs}] if logs else []
        if logs:
            fragment = {"outputs": [{"index": 0, "type": "logs", "logs": logs}]}
            yield self._step_delta(
                step.id, {"index": 0, "type": "code_interpreter", "code_interpreter": fragment}
            )
        if act.picture:
            picture = {"type": "image", "image": {"file_id": act.picture}}
            place = len(outputs)
            outputs.append(picture)
            fragment = {"outputs": [{"index": place, **picture}]}
            yield self._step_delta(
                step.id, {"index": 0, "type": "code_interpreter", "code_interpreter": fragment}
            )
        if act.hold == "output":
            yield Hold()
        call = {
            "id": call_id,
            "type": "code_interpreter",
            "code_interpreter": {"input": "".join(pieces), "outputs": outputs},
        }
        step = self._with_details(step, {"type": "tool_calls", "tool_calls": [call]})
        if failed:
            error = LastError(message="The code did not end in time.")
            yield self._put_step(step, "failed", failed_at=self.now, last_error=error, duration_ms=3000)
        else:
            yield self._put_step(step, "completed", completed_at=self.now, duration_ms=2100)

    def _call(self, name: str, arguments: tuple[str, ...], output: str | None) -> Iterator[ev.StreamEvent]:
        yield from self._open_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        step = self._newest_step()
        call_id = self._ids("call_")
        head = {"name": name, "arguments": "", "output": None}
        yield self._step_delta(step.id, {"index": 0, "id": call_id, "type": "function", "function": head})
        for piece in arguments:
            yield self._step_delta(
                step.id, {"index": 0, "type": "function", "function": {"arguments": piece}}
            )
        function = {"name": name, "arguments": "".join(arguments), "output": output}
        calls = [{"id": call_id, "type": "function", "function": function}]
        step = self.steps[step.id] = self._with_details(step, {"type": "tool_calls", "tool_calls": calls})
        if output is not None:
            yield self._put_step(step, "completed", completed_at=self.now, duration_ms=400)
            return
        waiting = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": "".join(arguments)}}
        ]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": waiting}}
        self.run = Run.model_validate({**self.run.model_dump(), "required_action": action})

    def _open_step(self, kind: str, details: dict[str, Any]) -> Iterator[ev.StreamEvent]:
        step = RunStep.model_validate(
            {
                "id": self._ids("step_"),
                "run_id": self.run.id,
                "thread_id": self.run.thread_id,
                "type": kind,
                "created_at": self.now,
                "step_details": details,
            }
        )
        self.steps[step.id] = step
        yield self._tell(ev.STEP_CREATED, step)
        yield self._tell(ev.STEP_IN_PROGRESS, step)

    def _newest_message(self) -> Message:
        return list(self.messages.values())[-1]

    def _newest_step(self) -> RunStep:
        return list(self.steps.values())[-1]

    def _with_text(self, message: Message, text: str, annotations: list[dict[str, Any]]) -> Message:
        content = [{"type": "text", "text": {"value": text, "annotations": annotations}}]
        message = Message.model_validate({**message.model_dump(), "content": content})
        self.messages[message.id] = message
        return message

    def _with_details(self, step: RunStep, details: dict[str, Any]) -> RunStep:
        return RunStep.model_validate({**step.model_dump(), "step_details": details})

    def _put_message(self, message: Message, status: str, **fields: Any) -> ev.StreamEvent:
        message = Message.model_validate({**message.model_dump(), "status": status, **fields})
        self.messages[message.id] = message
        return self._tell(f"thread.message.{status}", message)

    def _put_step(self, step: RunStep, status: str, **fields: Any) -> ev.StreamEvent:
        step = RunStep.model_validate({**step.model_dump(), "status": status, **_dumped(fields)})
        self.steps[step.id] = step
        return self._tell(f"thread.run.step.{status}", step)

    def _move(self, status: str, **fields: Any) -> ev.StreamEvent:
        self.run = Run.model_validate({**self.run.model_dump(), "status": status, **_dumped(fields)})
        return self._tell(f"thread.run.{status}", self.run)

    def _delta(self, message_id: str, content: dict[str, Any]) -> ev.StreamEvent:
        delta = MessageDelta.model_validate({"id": message_id, "delta": {"content": [content]}})
        return self._tell(ev.MESSAGE_DELTA, delta)

    def _step_delta(self, step_id: str, call: dict[str, Any]) -> ev.StreamEvent:
        details = {"type": "tool_calls", "tool_calls": [call]}
        delta = RunStepDelta.model_validate({"id": step_id, "delta": {"step_details": details}})
        return self._tell(ev.STEP_DELTA, delta)

    def _tell(self, name: str, data: ev.Payload) -> ev.StreamEvent:
        event = ev.StreamEvent(name, data, next(self._index))
        self.log.append(event)
        return event


def _dumped(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.model_dump() if hasattr(value, "model_dump") else value for key, value in fields.items()
    }


FAILURE = LastError(
    code="server_error",
    message="api.example.com did not accept the API key: it is wrong, expired or for another service.",
    remedy="Check the key and that it belongs to this host.",
    request_id="req_123",
    status=401,
)

SCENES: dict[str, tuple[Act, ...]] = {
    "answer": (Say(("# Corn\n", "Flakes are **good", "** for you.\n")), End()),
    "empty answer": (Say(()), End()),
    "two messages": (Say(("First.",)), Say(("Second.",)), End()),
    "cut by tokens": (
        Say(("It goes on and",), "max_tokens"),
        End("incomplete", reason="max_completion_tokens"),
    ),
    "failed at once": (End("failed", FAILURE, usage=None),),
    "failed in the middle": (Say(("Half an",), ""), End("failed", FAILURE, usage=None)),
    "expired": (Say(("Slow",), ""), End("expired", usage=None)),
    "code": (Code(("import math\n", "print(math.pi)"), "3.14159\n"), Say(("Pi is 3.14.",)), End()),
    "code that fails": (Code(("while True: pass",), failed=True), Say(("It hangs.",)), End()),
    "files": (
        Code(("plot()",), "done\n", picture="file-p"),
        Give(
            "The [table](sandbox:/mnt/data/t.csv).",
            (("sandbox:/mnt/data/t.csv", "file-t"),),
            "file-p",
            ("file-t",),
        ),
        End(),
    ),
    "code that raises": (
        Code(("1/0",), "Traceback (most recent call last):\nZeroDivisionError: division by zero\n"),
        Say(("No.",)),
        End(),
    ),
    "function": (Call("weather", ('{"city":', ' "Oslo"}'), '{"t": 3}'), Say(("Three degrees.",)), End()),
    "waits for a function": (Call("weather", ('{"city": "Oslo"}',)), End("requires_action", usage=None)),
    "said, did, said": (Say(("Let me see.",)), Code(("1 + 1",), "2"), Say(("Two.",)), End()),
    "citation": (Cite("Revenue grew "), End()),
    "refusal": (Refuse("I cannot help with that."), End()),
    "retried": (Remark("429, trying again in 4 s (2/3)."), Say(("At last.",)), End()),
    "retried in vain": (Remark("Trying again."), End("failed", FAILURE, usage=None)),
}
"""Every way a run can go that this program knows."""
