"""One transaction about one run: its changes and their events, stored together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aimltui.engine.accounting.usage import added, partial
from aimltui.engine.errors import EngineError, RunCancelling, RunGone, RunOver
from aimltui.engine.events.log import LogEntry
from aimltui.engine.runs.reasoning import ReasoningText
from aimltui.engine.runs.run_memory import RunMemory, StepMemory
from aimltui.engine.runs.status import MESSAGE_REASONS, STEP_ENDS, Outcome, StepEnd, moved
from aimltui.engine.runs.tool_calls import Call, answered, with_calls
from aimltui.engine.store import events as event_rows
from aimltui.engine.store import messages, runs
from aimltui.engine.store import usage as usage_rows
from aimltui.engine.store.database import Connection, Row
from aimltui.wire import events, ids
from aimltui.wire.events import StreamEvent
from aimltui.wire.ids import NewId
from aimltui.wire.messages import (
    AttachmentTool,
    FilePathAnnotation,
    ImageFile,
    ImageFileContent,
    IncompleteDetails,
    Message,
    MessageAttachment,
    TextContent,
)
from aimltui.wire.run_steps import (
    MessageCreation,
    MessageCreationDetails,
    RunStep,
    StepDetails,
    ToolCallsDetails,
)
from aimltui.wire.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    EXPIRED,
    FAILED,
    INCOMPLETE,
    QUEUED,
    REQUIRES_ACTION,
    TERMINAL,
    EndStatus,
    FunctionCall,
    LastError,
    RequiredAction,
    RequiredToolCall,
    Run,
    RunStatus,
    SubmitToolOutputsAction,
    Usage,
)

_CUT_CALL = LastError(code="server_error", message="The token limit cut off the call.")


class RunTransaction:
    """The changes to a run inside one writing transaction.

    Attributes:
        run: The run as it is now.
        memory: What the engine remembers about it.
        events: The events of this transaction, to be published once it is committed.

    Raises:
        RunGone: The run does not exist.
        RunOver: The run has ended.
    """

    def __init__(
        self, conn: Connection, run_id: str, clock_now: float, next_index: int | None = None
    ) -> None:
        row = _goes_on(runs.row_of(conn, run_id))
        self.conn = conn
        self.run = Run.model_validate_json(row["body"])
        self.memory = RunMemory.from_json(json.loads(row["private"]))
        self.events: list[StreamEvent] = []
        self._clock_now = clock_now
        self._now = int(clock_now)
        self._next = event_rows.next_index(conn, run_id) if next_index is None else next_index

    def append(self, entries: Sequence[LogEntry]) -> None:
        """Store entries that were already streamed."""
        event_rows.append(self.conn, self.run.id, entries)

    def emit(self, name: str, payload: Any) -> None:
        """Store an event and remember it for publishing."""
        event = StreamEvent(name, payload, self._next)
        self._next += 1
        event_rows.append(self.conn, self.run.id, [LogEntry(event, event.index)])
        self.events.append(event)

    def move(self, to: RunStatus, **how: Any) -> Run:
        """Move the run to its next status, with its event.

        Raises:
            RunCancelling: The run is being cancelled; only its end may follow.
        """
        if self.run.status == CANCELLING and to not in (CANCELLED, FAILED, EXPIRED):
            raise RunCancelling("The run is being cancelled.")
        if to == CANCELLING:
            self.memory = replace(self.memory, told_cancelling=True)
        if to in TERMINAL:
            if usage_rows.abandon_turn(self.conn, self.run.id) and (known := self.memory.usage) is not None:
                self.memory = replace(self.memory, usage=partial(known))
            how |= {"usage": self.memory.usage, "duration_ms": _since(self.memory.started, self._clock_now)}
        self.run = moved(self.run, to, self._now, **how)
        ended_at = self._clock_now if to in TERMINAL else None
        runs.save(self.conn, self.run, self.memory.to_json(), ended_at=ended_at)
        self.emit(f"thread.run.{to}", self.run)
        return self.run

    def begin_cancelling(self) -> Run:
        """Report once that the run is being cancelled; another process may have marked it already."""
        if self.run.status != CANCELLING:
            return self.move(CANCELLING)
        if not self.memory.told_cancelling:
            self.remember(replace(self.memory, told_cancelling=True))
            self.emit("thread.run.cancelling", self.run)
        return self.run

    def remember(self, memory: RunMemory) -> None:
        """Store a changed memory."""
        self.memory = memory
        runs.save(self.conn, self.run, memory.to_json())

    def withhold_tools(self, reason: str) -> Run:
        """Store that the model is not offered the hosted tools; the next event of the run tells it."""
        self.run = self.run.model_copy(update={"tools_off": reason})
        self.remember(self.memory)
        return self.run

    def tell_turn(self, sources: int, left_out: int, shortened: int) -> None:
        """Store on the run what a turn says of its context; the run's next event tells it.

        Args:
            sources: Sources on the web that the model has named; those of all turns are added.
            left_out: Messages of the thread for which there was no room; the most of all turns counts.
            shortened: Texts whose middle was cut out; the most of all turns counts.
        """
        if sources or left_out or shortened:
            changes = {
                "web_sources": (self.run.web_sources or 0) + sources or None,
                "left_out": max(left_out, self.run.left_out or 0) or None,
                "shortened": max(shortened, self.run.shortened or 0) or None,
            }
            self.run = self.run.model_copy(update=changes)
            self.remember(self.memory)

    def count_turn(self, usage: Usage | None, spent_prompt: int, spent_completion: int) -> None:
        """Count a finished model turn.

        Args:
            usage: The usage that the provider reports.
            spent_prompt: Prompt tokens that count against the run's limit; an estimate if the provider reports none.
            spent_completion: Completion tokens that count against it.
        """
        before, turns = self.memory.usage, self.memory.turns
        total = added(before, usage)
        if total is not None and (usage is None or (before is None and turns)):
            total = partial(total)
        self.remember(
            replace(
                self.memory,
                usage=total,
                turns=turns + 1,
                spent_prompt=self.memory.spent_prompt + spent_prompt,
                spent_completion=self.memory.spent_completion + spent_completion,
            )
        )

    def open_message(
        self, step_id: str, message_id: str, turn: int, reasoning: ReasoningText | None = None
    ) -> Sequence[str]:
        """Open a message with its step.

        Returns:
            The ids of the images at the start of the message: those that tools made since the last message.
        """
        self._refuse_if_cancelling()
        return self.open_last_message(step_id, message_id, turn, reasoning)

    def open_last_message(
        self, step_id: str, message_id: str, turn: int, reasoning: ReasoningText | None = None
    ) -> Sequence[str]:
        """Open a message for the last text of a run that may have been stopped; see `open_message`."""
        self._write_message(step_id, message_id, turn, reasoning=reasoning)
        pictures = self.memory.pictures
        if pictures:
            self.remember(replace(self.memory, pictures=()))
        return pictures

    def _write_message(
        self,
        step_id: str,
        message_id: str,
        turn: int,
        pictures: Sequence[str] = (),
        reasoning: ReasoningText | None = None,
    ) -> None:
        details = MessageCreationDetails(message_creation=MessageCreation(message_id=message_id))
        self._open_step(step_id, details, turn, reasoning)
        message = Message(
            id=message_id,
            created_at=self._now,
            thread_id=self.run.thread_id,
            status="in_progress",
            role="assistant",
            assistant_id=self.run.assistant_id,
            run_id=self.run.id,
            content=[ImageFileContent(image_file=ImageFile(file_id=file_id)) for file_id in pictures],
        )
        messages.insert(self.conn, message, turn=turn)
        self.emit(events.MESSAGE_CREATED, message)
        self.emit(events.MESSAGE_IN_PROGRESS, message)

    def close_message(self, usage: Usage | None = None) -> None:
        """Complete the open message and its step."""
        self._refuse_if_cancelling()
        self._close_messages(COMPLETED, None, attach=False)
        for row in runs.open_steps(self.conn, self.run.id):
            if row.step.type == "message_creation":
                self._close_step(row, "completed", usage)

    def move_to_thought(self, message_id: str, thought: ReasoningText) -> None:
        """Take the text of the open message away: it was the model's thought, and its step stores it as that."""
        self._refuse_if_cancelling()
        event_rows.forget_text(self.conn, self.run.id, message_id)
        for row in runs.open_steps(self.conn, self.run.id):
            if row.step.message_id == message_id:
                update = {"reasoning": thought.text, "reasoning_ms": thought.ms}
                step = row.step.model_copy(update=update)
                runs.save_step(self.conn, step)
                self.emit(events.THOUGHT_MOVED, step)

    def open_tools(self, step_id: str, turn: int, reasoning: ReasoningText | None = None) -> None:
        """Open a step for tool calls."""
        self._refuse_if_cancelling()
        self._open_step(step_id, ToolCallsDetails(), turn, reasoning)

    def note_made(self, files: Mapping[str, str], pictures: Sequence[str], others: Sequence[str]) -> None:
        """Store what hosted tools made; see `RunMemory.with_made`."""
        self.remember(self.memory.with_made(files, pictures, others))

    def wait_for_outputs(self, pending: Sequence[Call]) -> None:
        """Wait for the caller's tool outputs."""
        asked = [
            RequiredToolCall(id=call.id, function=FunctionCall(name=call.name, arguments=call.arguments))
            for call in pending
        ]
        action = RequiredAction(submit_tool_outputs=SubmitToolOutputsAction(tool_calls=asked))
        self.move(REQUIRES_ACTION, action=action, usage=self.memory.usage)

    def take_outputs(self, outputs: Mapping[str, str], owner: str) -> Run:
        """Store the caller's outputs and queue the run again."""
        self.finish_tools(outputs)
        runs.adopt(self.conn, self.run.id, owner)
        return self.move(QUEUED)

    def finish_tools(self, outputs: Mapping[str, str]) -> None:
        """Store the outputs of the open calls and complete their step."""
        for row in runs.open_steps(self.conn, self.run.id):
            if row.step.type != "tool_calls":
                continue
            memory = StepMemory.from_json(row.private)
            memory = replace(memory, calls=tuple(answered(call, outputs) for call in memory.calls))
            runs.save_step(self.conn, with_calls(row.step, memory.calls), memory.to_json())
            self._close_step(runs.step_row(self.conn, row.step.id), "completed", memory.usage)

    def end(
        self,
        outcome: Outcome,
        new_id: NewId,
        usage: Usage | None = None,
        reasoning: ReasoningText | None = None,
    ) -> Run:
        """End the run and everything of it that is open. Its text so far stays, and so do files that tools made.

        Args:
            outcome: How it ends.
            new_id: Makes ids, for a message with the tools' files if there is none.
            usage: The usage of the open turn, for its step.
            reasoning: The last reasoning, if no step followed it.
        """
        if reasoning is not None:
            update = {"reasoning": reasoning.text, "reasoning_ms": reasoning.ms}
            self.run = self.run.model_copy(update=update)
        if outcome.status == CANCELLED:
            self.begin_cancelling()
        if outcome.status != COMPLETED:
            _save_what_was_made(self, new_id)
        if outcome.status in (COMPLETED, INCOMPLETE):
            self._close_messages(outcome.status, outcome.message_reason)
            self._close_steps(outcome, usage)
        else:
            self._close_steps(outcome, usage)
            self._close_messages(outcome.status, outcome.message_reason)
        return self.move(outcome.status, error=outcome.error, reason=outcome.reason)

    def _open_step(
        self, step_id: str, details: StepDetails, turn: int, reasoning: ReasoningText | None
    ) -> None:
        step = RunStep(
            id=step_id,
            created_at=self._now,
            assistant_id=self.run.assistant_id,
            thread_id=self.run.thread_id,
            run_id=self.run.id,
            type=details.type,
            step_details=details,
            expires_at=self.run.expires_at,
            reasoning=reasoning.text if reasoning is not None else None,
            reasoning_ms=reasoning.ms if reasoning is not None else None,
        )
        place = messages.newest_seq(self.conn, self.run.thread_id)
        runs.insert_step(
            self.conn, step, turn=turn, after_message=place, private=StepMemory(self._clock_now).to_json()
        )
        self.emit(events.STEP_CREATED, step)
        self.emit(events.STEP_IN_PROGRESS, step)

    def _close_steps(self, outcome: Outcome, usage: Usage | None) -> None:
        for row in runs.open_steps(self.conn, self.run.id):
            status, error = STEP_ENDS[outcome.status], outcome.error
            if outcome.status == INCOMPLETE and row.step.type == "tool_calls":
                status, error = FAILED, _CUT_CALL
            self._close_step(row, status, usage, error if status == FAILED else None)

    def _close_step(
        self, row: runs.StepRow, status: StepEnd, usage: Usage | None, error: LastError | None = None
    ) -> None:
        update: dict[str, Any] = {
            "status": status,
            f"{status}_at": self._now,
            "usage": usage,
            "last_error": error,
            "duration_ms": _since(StepMemory.from_json(row.private).started, self._clock_now),
        }
        step = row.step.model_copy(update=update)
        runs.save_step(self.conn, step)
        self.emit(f"thread.run.step.{status}", step)

    def _close_messages(self, status: EndStatus, reason: str | None, *, attach: bool = True) -> None:
        for message in messages.open_of_run(self.conn, self.run.id):
            update: dict[str, Any] = {"status": "completed", "completed_at": self._now}
            if status != COMPLETED:
                why = IncompleteDetails(reason=reason or MESSAGE_REASONS[status])
                update = {"status": "incomplete", "incomplete_at": self._now, "incomplete_details": why}
            update["attachments"] = self._attachments(message, attach)
            closed = message.model_copy(update=update)
            messages.save(self.conn, closed)
            name = events.MESSAGE_COMPLETED if status == COMPLETED else events.MESSAGE_INCOMPLETE
            self.emit(name, closed)

    def _attachments(self, message: Message, attach: bool) -> list[MessageAttachment]:
        """Return the message's attachments with the files that tools made and no text links to; on the last message."""
        if not self.memory.unlinked:
            return list(message.attachments or ())
        linked = linked_files(message)
        rest = tuple(file_id for file_id in self.memory.unlinked if file_id not in linked)
        self.remember(replace(self.memory, unlinked=() if attach else rest))
        rest = rest if attach else ()
        tools = [AttachmentTool(type="code_interpreter")]
        return [*(message.attachments or ()), *(MessageAttachment(file_id=id_, tools=tools) for id_ in rest)]

    def _refuse_if_cancelling(self) -> None:
        if self.run.status == CANCELLING:
            raise RunCancelling("The run is being cancelled.")


def _save_what_was_made(transaction: RunTransaction, new_id: NewId) -> None:
    """Write a message without text for the tools' files of a run that is stopped before its answer."""
    pictures = transaction.memory.pictures
    nothing_made = not (pictures or transaction.memory.unlinked)
    if nothing_made or messages.open_of_run(transaction.conn, transaction.run.id):
        return
    transaction.memory = replace(transaction.memory, pictures=())
    turn = transaction.memory.turns
    transaction._write_message(new_id(ids.STEP), new_id(ids.MESSAGE), turn, pictures)


def append_streamed(
    conn: Connection, streamed: Sequence[tuple[str, Sequence[LogEntry]]]
) -> list[EngineError | None]:
    """Store entries of many runs that were already streamed; see `RunTransaction`, which costs more.

    Args:
        conn: The database.
        streamed: The entries of each run, by its id.

    Returns:
        For each run why nothing of it was stored: `RunGone` or `RunOver`. None if it was stored.
    """
    found = runs.statuses_of(conn, (run_id for run_id, _ in streamed))
    refusals = [_refusal(found.get(run_id)) for run_id, _ in streamed]
    event_rows.append_all(
        conn, (one for one, refusal in zip(streamed, refusals, strict=True) if refusal is None)
    )
    return refusals


def _refusal(row: Row | None) -> EngineError | None:
    try:
        _goes_on(row)
    except EngineError as error:
        return error
    return None


def _goes_on(row: Row | None) -> Row:
    """Return the row of a run that has not ended.

    Raises:
        RunGone: There is no row.
        RunOver: The run has ended.
    """
    if row is None:
        raise RunGone("The thread was deleted during the run.")
    if row["status"] in TERMINAL:
        raise RunOver(f"The run has ended with status '{row['status']}'.")
    return row


def _since(started: float | None, now: float) -> int | None:
    return max(0, round((now - started) * 1000)) if started is not None else None


def linked_files(message: Message) -> set[str]:
    """Return the ids of the files that a message's text links to."""
    return {
        annotation.file_path.file_id
        for part in message.content
        if isinstance(part, TextContent)
        for annotation in part.text.annotations
        if isinstance(annotation, FilePathAnnotation)
    }
