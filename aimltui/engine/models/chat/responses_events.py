"""Reads the events of `/responses`, or its complete answer, into `ChatChunk`s. Tolerant, no I/O."""

from __future__ import annotations

from collections.abc import Mapping

from aimltui.engine.models.base import JSON, ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.models.chat.chunks import ChunkReader
from aimltui.engine.models.chat.history import REASONING_ITEM
from aimltui.engine.models.chat.web_sources import Sources

_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}
_TEXTS = {"response.output_text.delta": "text", "response.refusal.delta": "refusal"}
_REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_TEXT = "response.output_text.delta"
_PLAIN_EVENT = frozenset(
    {
        "type",
        "delta",
        "item_id",
        "output_index",
        "content_index",
        "sequence_number",
        "logprobs",
        "obfuscation",
        "event_id",
    }
)
"""What an event of nothing but text may have; all but the text is ignored."""
_ENDS = ("response.completed", "response.incomplete", "response.done")


class ResponsesReader:
    """Reads the events of one answer and keeps their state; see `ChunkReader`."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.has_content = False
        self._counter = ChunkReader()
        self._sources = Sources()
        self._said: list[str] = []
        self._calls: dict[int | None, int] = {}
        """The index of each call by its place in the output."""
        self._argued: set[int] = set()
        self._sealed: JSON = None
        self._thought = False

    @property
    def is_over(self) -> bool:
        """True once the server has reported the answer's end."""
        return self.finish_reason is not None

    @property
    def usage(self) -> ChatUsage | None:
        """The known usage of the turn."""
        return self._counter.usage

    def add_cost(self, cost_usd: float | None) -> None:
        """Add a cost from outside the body."""
        self._counter.add_cost(cost_usd)

    def is_answer(self, payload: Mapping[str, JSON]) -> bool:
        """Whether a payload is a complete answer."""
        return isinstance(payload.get("output"), list)

    def error_in(self, payload: Mapping[str, JSON]) -> Mapping[str, JSON] | None:
        """The error in an event."""
        kind, response = payload.get("type"), payload.get("response")
        if kind == "response.failed" and isinstance(response, Mapping):
            return {"error": response.get("error") or {"message": "the answer failed"}}
        if kind == "error" or payload.get("error"):
            return payload
        if payload.get("status") == "failed":
            return {"error": {"message": "the answer failed"}}
        return None

    opens_thought = None
    """None, because thoughts have their own item type here and are never tags in the text."""

    def held_back(self) -> ChatChunk | None:
        """Return nothing: no text is held back here."""
        return None

    def closing(self) -> ChatChunk | None:
        """The text to add at the end of the answer."""
        listed = self._sources.markdown("".join(self._said)) if self._said and not self._calls else ""
        found = len(self._sources)
        return ChatChunk(text=listed, web_sources=found) if listed or found else None

    def text_in(self, payload: Mapping[str, JSON]) -> str | None:
        """Return the text of an event that has nothing else; None for any other."""
        if payload.get("type") != _TEXT or not payload.keys() <= _PLAIN_EVENT:
            return None
        delta = payload.get("delta")
        return delta if isinstance(delta, str) else None

    def read_text(self, text: str) -> ChatChunk | str | None:
        """Read the text of `text_in`; None if there is nothing new."""
        return text if self._told(text) is not None else None

    def read(self, payload: Mapping[str, JSON]) -> ChatChunk | None:
        """Read an event; None if it contains nothing new."""
        kind = _text(payload.get("type"))
        if self.is_answer(payload):
            return self._whole(payload)
        chunk = None
        if kind in _TEXTS and isinstance(payload.get("delta"), str):
            chunk = self._told(**{_TEXTS[kind]: payload["delta"]})
        elif kind in _REASONING and isinstance(payload.get("delta"), str):
            chunk = self._told(reasoning=payload["delta"])
        elif kind == "response.reasoning_summary_part.added" and self._thought:
            chunk = self._told(reasoning="\n\n")
        elif kind == "response.function_call_arguments.delta":
            chunk = self._arguments(payload, str(payload.get("delta") or ""))
        elif kind == "response.output_text.annotation.added":
            self._sources.read({}, {"annotations": [payload.get("annotation")]})
        elif kind in ("response.output_item.added", "response.output_item.done"):
            chunk = self._item(payload, done=kind.endswith("done"))
        elif kind in _ENDS and isinstance(payload.get("response"), Mapping):
            chunk = self._end(payload["response"])
        cost = self._counter.read({"meta": payload.get("meta")})
        if cost is not None and chunk is None:
            return cost
        return chunk

    def _told(self, text: str = "", refusal: str = "", reasoning: str = "") -> ChatChunk | None:
        if not (text or refusal or reasoning):
            return None
        self.has_content = True
        self._thought = self._thought or bool(reasoning)
        if text:
            self._said.append(text)
        return ChatChunk(text=text, refusal=refusal, reasoning=reasoning)

    def _item(self, payload: Mapping[str, JSON], *, done: bool) -> ChatChunk | None:
        item, place = payload.get("item"), _place(payload)
        if not isinstance(item, Mapping):
            return None
        if item.get("type") == "reasoning" and done and item.get("encrypted_content"):
            kept = ("type", "id", "summary", "encrypted_content")
            self._sealed = {name: item[name] for name in kept if item.get(name) is not None}
        if item.get("type") != "function_call":
            return None
        if place in self._calls:
            return self._arguments(payload, _text(item.get("arguments")), last=True) if done else None
        return self._call(item, place)

    def _call(self, item: Mapping[str, JSON], place: int | None) -> ChatChunk:
        index = self._calls[place] = len(self._calls)
        arguments = _text(item.get("arguments"))
        if arguments:
            self._argued.add(index)
        sealed, self._sealed = self._sealed, None
        self.has_content = True
        call = ToolCallDelta(
            index,
            id=_text(item.get("call_id")) or _text(item.get("id")),
            name=_text(item.get("name")),
            arguments=arguments,
            extra={REASONING_ITEM: sealed} if sealed else None,
        )
        return ChatChunk(tool_calls=(call,))

    def _arguments(self, payload: Mapping[str, JSON], more: str, *, last: bool = False) -> ChatChunk | None:
        index = self._calls.get(_place(payload))
        # the complete text at the end matters only if no part of it was reported before
        if index is None or not more or (last and index in self._argued):
            return None
        self._argued.add(index)
        return ChatChunk(tool_calls=(ToolCallDelta(index, arguments=more),))

    def _end(self, response: Mapping[str, JSON]) -> ChatChunk:
        if not self.has_content and self.is_answer(response):
            return self._whole(response)
        return ChatChunk(finish_reason=self._finish(response), usage=self._spent(response))

    def _finish(self, response: Mapping[str, JSON]) -> str:
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, Mapping) else None
        if response.get("status") == "incomplete" or reason:
            self.finish_reason = _REASONS.get(str(reason), "length")
        else:
            self.finish_reason = "tool_calls" if self._calls else "stop"
        return self.finish_reason

    def _spent(self, response: Mapping[str, JSON]) -> ChatUsage | None:
        usage = response.get("usage")
        usage = dict(usage) if isinstance(usage, Mapping) else {}
        usage["prompt_tokens_details"] = usage.get("input_tokens_details")
        usage["completion_tokens_details"] = usage.get("output_tokens_details")
        read = self._counter.read({"usage": usage, "meta": response.get("meta")})
        return read.usage if read is not None else None

    def _whole(self, response: Mapping[str, JSON]) -> ChatChunk:
        texts: list[str] = []
        refusals: list[str] = []
        thoughts: list[str] = []
        calls: list[ToolCallDelta] = []
        for place, item in enumerate(response["output"]):
            if not isinstance(item, Mapping):
                continue
            for part in _rows(item.get("content")):
                texts.append(_text(part.get("text")) if part.get("type") == "output_text" else "")
                refusals.append(_text(part.get("refusal")))
                self._sources.read({}, part)
            thoughts += [_text(part.get("text")) for part in _rows(item.get("summary"))]
            chunk = self._item({"item": item, "output_index": place}, done=True)
            calls += chunk.tool_calls if chunk is not None else ()
        text, refusal, reasoning = "".join(texts), "".join(refusals), "\n\n".join(filter(None, thoughts))
        self._told(text, refusal, reasoning)
        return ChatChunk(
            text, refusal, reasoning, tuple(calls), self._finish(response), self._spent(response)
        )


def _place(payload: Mapping[str, JSON]) -> int | None:
    """Return the place of an event's item in the output; None if the server does not give it."""
    place = payload.get("output_index")
    return place if isinstance(place, int) else None


def _rows(value: JSON) -> list[Mapping[str, JSON]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else ""
