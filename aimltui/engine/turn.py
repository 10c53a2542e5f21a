"""One model turn, written down as it comes: text into a message, fragments of calls into a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aimltui.engine.event_log import ARGUMENTS, CALL, REFUSAL, TEXT, Piece
from aimltui.engine.journal import Journal
from aimltui.engine.models.base import ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.store.ledger import Call, Ledger
from aimltui.engine.unicode import clean
from aimltui.wire import ids
from aimltui.wire.ids import NewId


@dataclass(slots=True)
class _Draft:
    """A call as far as it goes."""

    slot: int
    id: str
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, Any] | None = None
    said: bool = False
    """True once its head went out."""

    def call(self) -> Call:
        return Call(self.id, self.name, self.arguments, self.extra)


class TurnWriter:
    """Takes the chunks of one turn and tells them as the API does.

    A message and its step begin with the first character of text, a step for tool calls with the first fragment of
    a call; the message is complete by then. Text that comes after calls waits until the turn is over.

    Attributes:
        finish_reason: The model's, once it gave one.
        usage: The turn's, if the provider says.
        thought: True if the model has shown that it reasons.
    """

    def __init__(self, journal: Journal, new_id: NewId, turn: int) -> None:
        self.finish_reason: str | None = None
        self.usage: ChatUsage | None = None
        self.thought = False
        self.tool_step_id: str | None = None
        self.characters = 0
        self._journal = journal
        self._new_id = new_id
        self._turn = turn
        self._message_id: str | None = None
        self._slots: dict[str, int] = {}
        self._drafts: dict[int, _Draft] = {}
        self._order: list[_Draft] = []
        self._ids: set[str] = set()
        self._heads = 0
        self._late: list[tuple[str, str]] = []

    @property
    def visible(self) -> bool:
        """True once something of the turn went out: it cannot be tried again unseen."""
        return self._message_id is not None or bool(self._drafts)

    @property
    def calls(self) -> list[Call]:
        """The calls in the order in which they began."""
        return [draft.call() for draft in self._drafts.values()]

    async def take(self, chunk: ChatChunk) -> None:
        """What came next."""
        self.thought = self.thought or bool(chunk.reasoning)
        if chunk.usage is not None:
            self.usage = chunk.usage
        if chunk.finish_reason is not None:
            self.finish_reason = chunk.finish_reason
        for kind, value in ((TEXT, chunk.text), (REFUSAL, chunk.refusal)):
            if value:
                await self._text(kind, clean(value))
        for delta in chunk.tool_calls:
            await self._fragment(delta)

    async def close_calls(self) -> None:
        """The turn is over: what has not been told of its calls is told, and text that came after them."""
        for draft in self._drafts.values():
            self._head(draft)
        if self._late and any(value.strip() for _, value in self._late):
            late, self._late = self._late, []
            self._slots.clear()
            await self._begin_message()
            for kind, value in late:
                self._say_text(kind, value)
            await self._journal.commit(Ledger.close_message)

    async def _text(self, kind: str, value: str) -> None:
        self.characters += len(value)
        if self.tool_step_id is not None:
            self._late.append((kind, value))
            return
        if self._message_id is None:
            await self._begin_message()
        self._say_text(kind, value)

    async def _begin_message(self) -> None:
        step_id, message_id = self._new_id(ids.STEP), self._new_id(ids.MESSAGE)
        await self._journal.commit(lambda ledger: ledger.open_message(step_id, message_id, self._turn))
        self._message_id = message_id

    def _say_text(self, kind: str, value: str) -> None:
        assert self._message_id is not None
        first = kind not in self._slots
        slot = self._slots.setdefault(kind, len(self._slots))
        self._journal.say(Piece(self._message_id, kind, slot, value, first))

    async def _fragment(self, delta: ToolCallDelta) -> None:
        if self.tool_step_id is None:
            await self._begin_calls()
        draft = self._drafts.get(delta.index)
        if draft is None:
            draft = _Draft(len(self._order), self._fresh_call_id(clean(delta.id)))
            self._drafts[delta.index] = draft
            self._order.append(draft)
            self._ids.add(draft.id)
        if delta.extra:
            draft.extra = {**(draft.extra or {}), **delta.extra}
        if delta.name and not draft.said:
            draft.name += clean(delta.name)
        if delta.arguments:
            self._head(draft)
            arguments = clean(delta.arguments)
            draft.arguments += arguments
            self.characters += len(arguments)
            self._say_step(ARGUMENTS, draft.slot, arguments)

    async def _begin_calls(self) -> None:
        step_id = self._new_id(ids.STEP)
        message_open = self._message_id is not None

        def begin(ledger: Ledger) -> None:
            if message_open:
                ledger.close_message()
            ledger.open_tools(step_id, self._turn)

        await self._journal.commit(begin)
        self.tool_step_id = step_id
        self._journal.draft = lambda: partial(Ledger.draft_tools, step_id=step_id, calls=self.calls)

    def _head(self, draft: _Draft) -> None:
        # the heads go out in the order of their places: the API's indices have no gaps at any time
        while self._heads <= draft.slot:
            one = self._order[self._heads]
            self._heads += 1
            one.said = True
            self._say_step(CALL, one.slot, json.dumps({"id": one.id, "name": one.name}), first=True)

    def _say_step(self, kind: str, slot: int, value: str, *, first: bool = False) -> None:
        assert self.tool_step_id is not None
        self._journal.say(Piece(self.tool_step_id, kind, slot, value, first))

    def _fresh_call_id(self, given: str) -> str:
        # some providers leave the id out, or give every call the same one
        return given if given and given not in self._ids else self._new_id(ids.CALL)
