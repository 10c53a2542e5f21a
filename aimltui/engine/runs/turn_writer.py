"""Writes one model turn while it streams: text into a message, tool calls into a step."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.text import replace_surrogates
from aimltui.engine.events.deltas import (
    ARGUMENTS,
    CALL,
    IMAGE_PART,
    INPUT,
    REFUSAL,
    TEXT,
    AnnotatedText,
    CallHead,
    Delta,
    DeltaKind,
)
from aimltui.engine.models.base import ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.runs import text_tool_calls
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.message_text import MessageText
from aimltui.engine.runs.reasoning import MAX_CHARACTERS, ReasoningText
from aimltui.engine.runs.step_calls import draft_calls
from aimltui.engine.runs.text_tool_calls import TextCallParser
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.tools.base import ArgumentsReader, FoundPassage, Tool
from aimltui.engine.tools.file_search.marks import Key
from aimltui.wire import ids
from aimltui.wire.ids import NewId
from aimltui.wire.run_steps import FUNCTION


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """What a turn's writer needs to know in advance."""

    number: int
    """The turn's index in the run, from 0."""
    hosted: Mapping[str, Tool] = field(default_factory=dict)
    """The hosted tools by the names under which the model may call them."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Ids of the files that the text may link to, by path."""
    sources: Mapping[Key, FoundPassage] | None = None
    """The passages that the text may cite; None if the run has no file search, then marks are plain text."""
    parser: Callable[[], TextCallParser] | None = None
    """Finds code and calls in the text of a model without function calls."""
    code_tool: str = ""
    """The name of the tool for such code."""


@dataclass(slots=True)
class Draft:
    """An incomplete call."""

    slot: int
    id: str
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, Any] | None = None
    head_sent: bool = False
    """True once its head was streamed."""
    tool: Tool | None = None
    """The hosted tool; None for the caller's functions."""
    reader: ArgumentsReader | None = None
    input: str = ""
    problem: str | None = None
    """Why the arguments cannot be used."""

    def call(self) -> Call:
        """Return the call as it is so far."""
        if self.tool is None:
            return Call(self.id, self.name, self.arguments, self.extra)
        shown = {"input": self.input, "outputs": []} if self.tool.type == "code_interpreter" else {}
        return Call(self.id, self.name, self.arguments, self.extra, None, self.tool.type, shown)


class TurnWriter:
    """Takes the chunks of one turn and streams them as the API does.

    A message and its step open with the first character of text, a step for tool calls with the first fragment of a
    call; the message is complete by then. Text after calls waits until the end of the turn.

    Attributes:
        finish_reason: The model's reason, once it has reported one.
        usage: The turn's usage, if the provider reports it.
        has_reasoning: True if the model has sent reasoning.
        web_sources: The number of sources on the web that the model has named.
    """

    def __init__(self, journal: Journal, new_id: NewId, plan: TurnPlan) -> None:
        self.finish_reason: str | None = None
        self.usage: ChatUsage | None = None
        self.has_reasoning = False
        self.web_sources = 0
        self.tool_step_id: str | None = None
        self.characters = 0
        self._journal = journal
        self._emit = journal.emit
        self._new_id = new_id
        self._plan = plan
        self._parser = plan.parser() if plan.parser is not None else None
        self._message_id: str | None = None
        self._is_opening = False
        """True while a transaction opens a message or a step; it stays true if the run is stopped meanwhile."""
        self._slots: dict[str, int] = {}
        self._text = self._new_text()
        self._drafts: dict[int, Draft] = {}
        self._order: list[Draft] = []
        self._ids: set[str] = set()
        self._heads = 0
        self._late: list[tuple[DeltaKind, str]] = []
        self._said: list[str] = []
        """The text so far, until it is known to be no thought whose opening tag was not sent."""
        self._said_from = 0.0

    def _new_text(self) -> MessageText:
        return MessageText(
            self._plan.files, self._plan.sources, lambda kind, value: self._emit_part(TEXT, kind, value)
        )

    @property
    def visible(self) -> bool:
        """True once a part of the turn was streamed: then it cannot be retried."""
        return self._message_id is not None or bool(self._order)

    @property
    def is_over(self) -> bool:
        """True if the rest of the model's text is ignored."""
        return self._parser is not None and self._parser.is_over

    @property
    def has_message(self) -> bool:
        """True if the turn wrote a message."""
        return self._message_id is not None

    @property
    def drafts(self) -> list[Draft]:
        """The incomplete calls in their order."""
        return list(self._order)

    @property
    def calls(self) -> list[Call]:
        """The calls in their order."""
        return [draft.call() for draft in self._order]

    def take_text(self, text: str) -> bool:
        """Stream text of a chunk that has nothing else, if that needs no waiting; return whether it was streamed."""
        if self._message_id is None or self._parser is not None or self.tool_step_id is not None:
            return False
        text = replace_surrogates(text)
        self.characters += len(text)
        if not self._said:
            self._said_from = self._journal.now()
        self._said.append(text)
        self._text.feed(text)
        return True

    async def take(self, chunk: ChatChunk) -> None:
        """Stream the next chunk."""
        if chunk.ends_thought and self.tool_step_id is None:
            await self._move_to_thought(replace_surrogates(chunk.reasoning))
        elif chunk.reasoning:
            self.has_reasoning = True
            self.characters += len(chunk.reasoning)
            self._journal.emit_reasoning(replace_surrogates(chunk.reasoning))
        self.web_sources = chunk.web_sources or self.web_sources
        if chunk.usage is not None:
            self.usage = chunk.usage
        if chunk.finish_reason is not None:
            self.finish_reason = chunk.finish_reason
        if chunk.text:
            text = replace_surrogates(chunk.text)
            self.characters += len(text)
            if not self._said:
                self._said_from = self._journal.now()
            self._said.append(text)
            await self._take_text(self._parser.feed(text) if self._parser is not None else None, text)
        if chunk.refusal:
            refusal = replace_surrogates(chunk.refusal)
            self.characters += len(refusal)
            await self._say(REFUSAL, refusal)
        for delta in chunk.tool_calls:
            await self._fragment(delta)

    async def _move_to_thought(self, more: str) -> None:
        """Take back the text so far: it was a thought, of which only the closing tag was sent."""
        thought = ("".join(self._said) + more).strip()
        self._said.clear()
        self.has_reasoning = self.has_reasoning or bool(thought)
        self._parser = self._plan.parser() if self._plan.parser is not None else None
        self._text = self._new_text()
        if self._message_id is None:
            self._journal.emit_reasoning(thought)
            return
        message_id, ms = self._message_id, round((self._journal.now() - self._said_from) * 1000)
        told = ReasoningText(thought[:MAX_CHARACTERS], max(0, ms))
        await self._journal.commit(lambda transaction: transaction.move_to_thought(message_id, told))

    async def finish(self) -> None:
        """End the turn: stream the rest of its text and calls, and the text that came after calls."""
        if self._parser is not None:
            await self._take_text(self._parser.finish(), "")
        self._text.end()
        for draft in self._order:
            self._head(draft)
            if draft.tool is None and not draft.arguments.strip():
                # programs parse the arguments of a function without parameters, too
                draft.arguments = "{}"
                self._emit_call(ARGUMENTS, draft.slot, draft.arguments)
            if draft.reader is not None:
                rest, draft.problem = draft.reader.finish()
                self._emit_input(draft, rest)
        if self._late and any(value.strip() for _, value in self._late):
            late, self._late = self._late, []
            self._slots.clear()
            self._text.begin()
            await self.begin_message()
            for kind, value in late:
                self._emit_text(kind, value)
            self._text.end()
            await self._journal.commit(RunTransaction.close_message)

    async def begin_message(self) -> None:
        """Open a message with the images that tools made since the last one."""
        for delta in await self._open_message(self._journal.commit, RunTransaction.open_message):
            self._emit(delta)

    async def save_rest(self) -> None:
        """Stream what was held back in a turn that does not go on: text that might have become a link or a call.

        Raises:
            EngineError: See `Journal.commit_last`.
        """
        if self._is_opening:
            return
        rest = self._parser.abandon() if self._parser is not None else []
        late = [*self._late, *((TEXT, part.value) for part in rest if part.kind == text_tool_calls.TEXT)]
        if not any(value.strip() for _, value in late):
            late = []
        opened: list[Delta] = []
        if late and (self.tool_step_id is not None or self._message_id is None):
            self._slots.clear()
            self._text.begin()
            opened = await self._open_message(self._journal.commit_last, RunTransaction.open_last_message)
        self._emit = self._journal.emit_last
        try:
            for delta in opened:
                self._emit(delta)
            for part in rest:
                if part.kind == text_tool_calls.CODE:
                    self._emit_input(self.drafts[-1], part.value)
            for kind, value in late:
                self._emit_text(kind, value)
            self._text.end()
        finally:
            self._emit = self._journal.emit

    async def _open_message(
        self,
        commit: Callable[[Callable[[RunTransaction], Sequence[str]]], Awaitable[Sequence[str]]],
        open_message: Callable[[RunTransaction, str, str, int, ReasoningText | None], Sequence[str]],
    ) -> list[Delta]:
        """Open a message; return the deltas of the images at its start."""
        step_id, message_id = self._new_id(ids.STEP), self._new_id(ids.MESSAGE)
        number, reasoning = self._plan.number, self._journal.take_reasoning()
        self._is_opening = True
        pictures = await commit(
            lambda transaction: open_message(transaction, step_id, message_id, number, reasoning)
        )
        self._is_opening = False
        self._message_id = message_id
        places = [(self._slots.setdefault(file_id, len(self._slots)), file_id) for file_id in pictures]
        return [Delta(message_id, IMAGE_PART, slot, file_id, first=True) for slot, file_id in places]

    async def _take_text(self, segments: list[text_tool_calls.Segment] | None, text: str) -> None:
        if segments is None:
            segments = [text_tool_calls.Segment(text_tool_calls.TEXT, text)]
        for segment in segments:
            match segment.kind:
                case text_tool_calls.TEXT:
                    await self._say(TEXT, segment.value)
                case text_tool_calls.OPEN:
                    await self._open_code()
                case text_tool_calls.CODE:
                    self._emit_input(self.drafts[-1], segment.value)
                case text_tool_calls.CALL:
                    index = len(self._order)
                    await self._fragment(ToolCallDelta(index, name=segment.name, arguments=segment.value))
                case _:
                    draft = self.drafts[-1]
                    draft.arguments = json.dumps({"code": draft.input}, ensure_ascii=False)

    async def _say(self, kind: DeltaKind, value: str) -> None:
        if self.tool_step_id is not None:
            self._late.append((kind, value))
            return
        if self._message_id is None:
            await self.begin_message()
        self._emit_text(kind, value)

    def _emit_text(self, kind: DeltaKind, value: str) -> None:
        if kind != TEXT:
            self._emit_part(kind, kind, value)
            return
        self._text.feed(value)

    def _emit_part(self, part: DeltaKind, kind: DeltaKind, value: str | AnnotatedText) -> None:
        assert self._message_id is not None
        slot = self._slots.get(part)
        if first := slot is None:
            slot = self._slots[part] = len(self._slots)
        self._emit(Delta(self._message_id, kind, slot, value, first))

    async def _open_code(self) -> None:
        if self.tool_step_id is None:
            await self._begin_calls()
        name = self._plan.code_tool
        draft = self._new_draft(self._new_id(ids.CALL))
        draft.name, draft.tool = name, self._plan.hosted[name]
        self._head(draft)

    async def _fragment(self, delta: ToolCallDelta) -> None:
        if self.tool_step_id is None:
            await self._begin_calls()
        draft = self._drafts.get(delta.index)
        if draft is None:
            draft = self._drafts[delta.index] = self._new_draft(
                self._fresh_call_id(replace_surrogates(delta.id))
            )
        if delta.extra:
            draft.extra = {**(draft.extra or {}), **delta.extra}
        if delta.name and not draft.head_sent:
            draft.name += replace_surrogates(delta.name)
        if delta.arguments:
            self._head(draft)
            arguments = replace_surrogates(delta.arguments)
            draft.arguments += arguments
            self.characters += len(arguments)
            if draft.tool is None:
                self._emit_call(ARGUMENTS, draft.slot, arguments)
            elif draft.reader is not None:
                self._emit_input(draft, draft.reader.feed(arguments))

    async def _begin_calls(self) -> None:
        self._text.end()
        step_id = self._new_id(ids.STEP)
        message_open = self._message_id is not None
        reasoning = self._journal.take_reasoning()

        def begin(transaction: RunTransaction) -> None:
            if message_open:
                transaction.close_message()
            transaction.open_tools(step_id, self._plan.number, reasoning)

        self._is_opening = True
        await self._journal.commit(begin)
        self._is_opening = False
        self.tool_step_id = step_id
        self._journal.draft = lambda: partial(draft_calls, step_id=step_id, calls=self.calls)

    def _new_draft(self, call_id: str) -> Draft:
        draft = Draft(len(self._order), call_id)
        self._order.append(draft)
        self._ids.add(call_id)
        return draft

    def _head(self, draft: Draft) -> None:
        # the heads are streamed in the order of their indices, so that the API's indices never have gaps
        while self._heads <= draft.slot:
            one = self._order[self._heads]
            self._heads += 1
            one.head_sent = True
            if one.tool is None:
                one.tool = self._plan.hosted.get(one.name)
                one.reader = one.tool.reader() if one.tool is not None else None
            head = CallHead(one.id, one.name, one.tool.type if one.tool is not None else FUNCTION)
            self._emit_call(CALL, one.slot, head, first=True)

    def _emit_input(self, draft: Draft, value: str) -> None:
        if value:
            draft.input += value
            self._emit_call(INPUT, draft.slot, value)

    def _emit_call(self, kind: DeltaKind, slot: int, value: str | CallHead, *, first: bool = False) -> None:
        assert self.tool_step_id is not None
        self._emit(Delta(self.tool_step_id, kind, slot, value, first))

    def _fresh_call_id(self, given: str) -> str:
        # some providers leave the id out, or send the same id for every call
        return given if given and given not in self._ids else self._new_id(ids.CALL)
