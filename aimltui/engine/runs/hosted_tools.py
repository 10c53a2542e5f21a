"""Executes the hosted tool calls of a turn, and streams their output."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import field, replace
from functools import partial
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.excerpt import Excerpt
from aimltui.common.text import replace_surrogates
from aimltui.engine.errors import EngineError
from aimltui.engine.events.deltas import IMAGE, LOGS, Delta, DeltaKind
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.step_calls import draft_calls
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.runs.turn_writer import Draft
from aimltui.engine.tools.base import (
    CallDetail,
    DrawnImage,
    MadeFile,
    PrintedText,
    Tool,
    ToolAnswer,
    ToolCall,
    ToolContext,
    ToolError,
    ToolEvent,
)

log = logging.getLogger(__name__)

HEAD, TAIL = 200_000, 50_000
"""Characters of a call's output that the step stores, from its start and from its end."""
_COALESCE_S = 0.03
_NOT_NOW = "This call was not executed, because the model had been told to answer without calls."
_REPEATED = (
    "This is the same call as the last {count} times, so it was not executed again. "
    "Answer with what you know by now."
)


@dataclass(slots=True)
class MadeFiles:
    """The files that calls made, besides their outputs."""

    files: dict[str, str] = field(default_factory=dict)
    """File ids by path."""
    pictures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def settled(draft: Draft) -> Call:
    """Return the call for the history, with arguments that are always valid JSON."""
    call = draft.call()
    if draft.tool is None:
        return call
    if draft.reader is not None or draft.input:
        return replace(call, arguments=json.dumps({"code": draft.input}, ensure_ascii=False))
    try:
        valid = isinstance(json.loads(call.arguments or "{}", strict=False), dict)
    except (ValueError, RecursionError):
        valid = False
    if not valid:
        draft.problem = "The arguments of this call are not a JSON object, so nothing was done. Call again."
        return replace(call, arguments="{}")
    return call


def fingerprint(calls: Sequence[Call]) -> str:
    """Return a digest that is equal for equal calls."""
    asked = json.dumps([[call.type, call.name, call.arguments] for call in calls])
    return hashlib.sha256(asked.encode()).hexdigest()


def refused_as_repeated(calls: Sequence[Call], count: int) -> list[Call]:
    """Return the calls, answered without being executed."""
    text = _REPEATED.format(count=count)
    return [_refused(call, text) if call.is_hosted else call for call in calls]


def refused_after_the_last(calls: Sequence[Call]) -> list[Call]:
    """Return calls that were made although the model may make none, answered without being executed."""
    return [_refused(call, _NOT_NOW) if call.output is None else call for call in calls]


class HostedToolCalls:
    """Executes the hosted calls of one turn, one after the other.

    Args:
        journal: Writes about the run.
        step_id: The step that shows the calls.
        context: The run and its files.
    """

    def __init__(self, journal: Journal, step_id: str, context: ToolContext) -> None:
        self.made = MadeFiles()
        self._journal = journal
        self._step_id = step_id
        self._context = context
        self._calls: list[Call] = []
        self._outputs: _Outputs | None = None

    async def run(
        self, calls: Sequence[Call], problems: Mapping[str, str | None], tools: Mapping[str, Tool]
    ) -> list[Call]:
        """Execute the hosted calls.

        Args:
            calls: All calls of the turn.
            problems: Why the arguments of a call cannot be used, by call id.
            tools: The hosted tools by type.

        Returns:
            All calls; the hosted ones have their outputs.
        """
        self._calls = list(calls)
        self._journal.draft = lambda: partial(draft_calls, step_id=self._step_id, calls=self._so_far())
        self._journal.unsaved = self._note_made
        try:
            for slot, call in enumerate(calls):
                if call.is_hosted and call.output is None:
                    await self._one(slot, call, problems.get(call.id), tools[call.type])
        finally:
            self._journal.draft = None
        return self._calls

    async def _one(self, slot: int, call: Call, problem: str | None, tool: Tool) -> None:
        outputs = self._outputs = _Outputs(self._journal, self._step_id, slot, call)
        try:
            try:
                if problem is not None:
                    raise ToolError(problem)
                answer = await self._execute(outputs, call, tool)
            except ToolError as error:
                answer = str(error)
                outputs.logs(answer + "\n")
            outputs.finish()
        finally:
            outputs.stop()
        self._calls[slot] = replace(call, output=replace_surrogates(answer), shown=outputs.shown())
        self._outputs = None

    async def _execute(self, outputs: _Outputs, call: Call, tool: Tool) -> str:
        input_ = str((call.shown or {}).get("input", ""))
        answer: list[str] = []
        try:
            asked = ToolCall(call.id, call.arguments, input_)
            earlier = sum(one.type == call.type for one in self._calls[: outputs.slot])
            context = replace(self._context, late=self._take_late, searches=self._context.searches + earlier)
            async with aclosing(tool.run(asked, context)) as told:
                async for event in told:
                    self._take(outputs, event, answer)
        except (ToolError, EngineError):
            raise
        except Exception as error:
            log.exception("an unexpected error in the tool %s", tool.type)
            raise ToolError(f"An unexpected error occurred in the engine: {type(error).__name__}.") from error
        return "".join(answer)

    def _take(self, outputs: _Outputs, event: ToolEvent, answer: list[str]) -> None:
        match event:
            case PrintedText(text):
                outputs.logs(replace_surrogates(text))
            case DrawnImage(file_id, path):
                outputs.image(file_id)
                self.made.pictures.append(file_id)
                if path:
                    self.made.files[path] = file_id
            case MadeFile(file_id, path):
                self.made.files[path] = file_id
                self.made.others.append(file_id)
            case CallDetail(shown):
                outputs.detail(shown)
            case ToolAnswer(text):
                answer.append(text)

    def _take_late(self, made: MadeFile) -> None:
        self.made.files[made.path] = made.file_id
        self.made.others.append(made.file_id)

    def _note_made(self, transaction: RunTransaction) -> None:
        transaction.note_made(self.made.files, self.made.pictures, self.made.others)

    def _so_far(self) -> list[Call]:
        if self._outputs is None:
            return list(self._calls)
        calls = list(self._calls)
        slot = self._outputs.slot
        calls[slot] = replace(calls[slot], shown=self._outputs.shown())
        return calls


class _Outputs:
    """The part of a step that shows one call. Of long output it stores the start and the end."""

    def __init__(self, journal: Journal, step_id: str, slot: int, call: Call) -> None:
        self.slot = slot
        self._journal = journal
        self._step_id = step_id
        self._shown: dict[str, Any] = dict(call.shown or {})
        self._parts: list[tuple[str, list[str]]] = []
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._excerpt = Excerpt(HEAD, TAIL)

    def logs(self, text: str) -> None:
        """Add printed text; text within a short interval becomes one delta."""
        head = self._excerpt.add(text)
        if head:
            self._waiting.append(head)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(_COALESCE_S, self._on_time)

    def image(self, file_id: str) -> None:
        """Add an image."""
        self._flush()
        self._parts.append((IMAGE, [file_id]))
        self._emit(IMAGE, file_id, first=True)

    def detail(self, shown: Mapping[str, Any]) -> None:
        """Set the details that are shown after the call."""
        self._shown |= shown

    def finish(self) -> None:
        """Send the buffered text and the end of output that was too long."""
        self._flush()
        if self._excerpt.end:
            self._out(self._excerpt.end)

    def stop(self) -> None:
        """Cancel the timer; buffered text is dropped."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def shown(self) -> dict[str, Any]:
        """Return the call's details for the step."""
        if "outputs" not in self._shown:
            return dict(self._shown)
        outputs: list[dict[str, Any]] = []
        for kind, values in self._parts:
            text = "".join(values)
            values[:] = [text]
            outputs.append(
                {"type": LOGS, "logs": text} if kind == LOGS else {"type": IMAGE, "image": {"file_id": text}}
            )
        return {**self._shown, "outputs": outputs}

    def _on_time(self) -> None:
        self._timer = None
        try:
            self._flush()
        except EngineError:
            # the run was stopped; the task that executes the call is cancelled separately
            log.debug("output of a stopped run is dropped")

    def _flush(self) -> None:
        self.stop()
        if self._waiting:
            text, self._waiting = "".join(self._waiting), []
            self._out(text)

    def _out(self, text: str) -> None:
        if "outputs" not in self._shown:
            return
        first = not self._parts or self._parts[-1][0] != LOGS
        self._emit(LOGS, text, first=first, new=first)
        if first:
            self._parts.append((LOGS, [text]))
        else:
            self._parts[-1][1].append(text)

    def _emit(self, kind: DeltaKind, value: str, *, first: bool, new: bool = False) -> None:
        place = len(self._parts) - (not new)
        self._journal.emit(Delta(self._step_id, kind, self.slot, value, first, place))


def _refused(call: Call, text: str) -> Call:
    shown = {**(call.shown or {})}
    if "outputs" in shown:
        shown["outputs"] = [{"type": LOGS, "logs": text}]
    return replace(call, output=text, shown=shown)
