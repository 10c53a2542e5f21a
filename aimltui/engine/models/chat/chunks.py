"""Reads the JSON of `/chat/completions`, streamed or not, into `ChatChunk`s. Tolerant, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from aimltui.common.text import SurrogateJoiner
from aimltui.engine.models.base import JSON, ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.models.catalogue.values import cost_of
from aimltui.engine.models.chat.thought_tags import ThoughtTags
from aimltui.engine.models.chat.web_sources import Sources

_PLAIN_CHUNK = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "provider"}
)
_PLAIN_CHOICE = frozenset({"index", "delta", "finish_reason", "native_finish_reason", "logprobs"})
_PLAIN_DELTA = frozenset({"role", "content"})
"""What a chunk of nothing but text may have; all but the content is ignored."""


class ChunkReader:
    """Reads the chunks of one turn and keeps their state: tool calls, usage, finish reason."""

    def __init__(self, *, starts_in_thought: bool = False) -> None:
        self.finish_reason: str | None = None
        """Set once the model has reported its end."""
        self.has_content = False
        """Whether any content arrived that the user may have seen."""
        self._sources = Sources()
        self._tags = ThoughtTags(starts_inside=starts_in_thought)
        self._text, self._reasoning = SurrogateJoiner(), SurrogateJoiner()
        self._arguments: dict[int, SurrogateJoiner] = {}
        self._said: list[str] = []
        self._usage: dict[str, int | float] = {}
        self._by_id: dict[str, int] = {}
        self._shared: set[str] = set()
        """Ids that several calls have."""
        self._by_index: dict[int, int] = {}
        self._count = 0

    def text_in(self, chunk: Mapping[str, JSON]) -> str | None:
        """Return the text of a chunk that can contain nothing else; None for any other.

        Nearly all chunks of an answer are such, and looking in each for everything that it lacks takes longer than the rest.
        """
        if not chunk.keys() <= _PLAIN_CHUNK or chunk.get("usage") is not None:
            return None
        choices = chunk.get("choices")
        if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
            return None
        choice = choices[0]
        delta = choice.get("delta")
        if choice.get("index") != 0 or choice.get("finish_reason") is not None or not isinstance(delta, dict):
            return None
        content = delta.get("content")
        if not choice.keys() <= _PLAIN_CHOICE or not delta.keys() <= _PLAIN_DELTA:
            return None
        return content if isinstance(content, str) else None

    def read_text(self, content: str) -> ChatChunk | str | None:
        """Read the text of `text_in`: text if it is nothing but text of the answer, None if there is nothing new."""
        thought, text, ends_thought = self._tags.feed(self._text.feed(content))
        if ends_thought:
            self._said.clear()
        if not (text or thought or ends_thought):
            return None
        if text:
            self._said.append(text)
        self.has_content = self.has_content or bool(text or thought)
        if thought or ends_thought:
            return ChatChunk(text, reasoning=thought, ends_thought=ends_thought)
        return text

    def read(self, chunk: Mapping[str, JSON]) -> ChatChunk | None:
        """Read a chunk; None if it contains nothing new."""
        usage = self._read_usage(chunk)
        choice = _first_choice(chunk)
        if choice is None:
            self._sources.read(chunk, {})
            return ChatChunk(usage=usage) if usage else None
        message = choice.get("delta")
        if not isinstance(message, Mapping):
            message = choice.get("message")
        if not isinstance(message, Mapping):
            message = {}
        self._sources.read(chunk, message)
        reason = choice.get("finish_reason")
        reason = reason if isinstance(reason, str) and reason else None
        refusal = text_of(message.get("refusal"))
        told = self._reasoning.feed(_reasoning_of(message))
        if told:
            self._tags.rule_out_closing()
        thought, text, ends_thought = self._tags.feed(self._text.feed(text_of(message.get("content"))))
        reasoning = told + thought
        if ends_thought:
            self._said.clear()
        calls = tuple(self._read_calls(message.get("tool_calls")))
        if not (text or refusal or reasoning or calls or reason or usage or ends_thought):
            return None
        self.finish_reason = reason or self.finish_reason
        self.has_content = self.has_content or bool(text or refusal or reasoning or calls)
        if text:
            self._said.append(text)
        return ChatChunk(text, refusal, reasoning, calls, reason, usage, ends_thought=ends_thought)

    @property
    def is_over(self) -> bool:
        """False, because the usage may follow the finish reason."""
        return False

    def is_answer(self, payload: Mapping[str, JSON]) -> bool:
        """Whether a payload is a complete answer."""
        return bool(payload.get("choices"))

    def error_in(self, payload: Mapping[str, JSON]) -> Mapping[str, JSON] | None:
        """The error in a payload, in the nested or the flat form."""
        flat = not payload.get("choices") and ("statusCode" in payload or payload.get("type") == "error")
        return payload if payload.get("error") or flat else None

    def held_back(self) -> ChatChunk | None:
        """Return what was held back of the text and the thought, because the rest of a character or a tag could follow."""
        thought, text, ends_thought = self._tags.feed(self._text.finish())
        last = self._tags.finish()
        text, thought = text + last.text, self._reasoning.finish() + thought + last.thought
        if text:
            self._said.append(text)
        self.has_content = self.has_content or bool(text or thought)
        if not (text or thought or ends_thought):
            return None
        return ChatChunk(text, reasoning=thought, ends_thought=ends_thought)

    @property
    def opens_thought(self) -> bool | None:
        """Whether the model's template opens a thought of which only the closing tag comes; None if that is unknown.

        False means that such a thought was expected, and that a complete answer came without its closing tag.
        """
        if self._tags.closed_unopened:
            return True
        return False if self._tags.is_assumed and self.finish_reason == "stop" else None

    def closing(self) -> ChatChunk | None:
        """The text to add at the end of the answer: the sources that a model with web search named."""
        listed = self._sources.markdown("".join(self._said)) if self._said and not self._count else ""
        found = len(self._sources)
        return ChatChunk(text=listed, web_sources=found) if listed or found else None

    def add_cost(self, cost_usd: float | None) -> None:
        """Add a cost from outside the body; it is part of the next usage."""
        self._update({"cost_usd": cost_usd})

    @property
    def usage(self) -> ChatUsage | None:
        """The known usage of the turn; None if nothing is known."""
        known = self._usage
        if not known:
            return None
        prompt, completion = int(known.get("prompt_tokens", 0)), int(known.get("completion_tokens", 0))
        cached, reasoning = known.get("cached_tokens"), known.get("reasoning_tokens")
        return ChatUsage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=int(known.get("total_tokens") or prompt + completion),
            cached_tokens=None if cached is None else int(cached),
            reasoning_tokens=None if reasoning is None else int(reasoning),
            cost_usd=known.get("cost_usd"),
        )

    def _read_usage(self, chunk: Mapping[str, JSON]) -> ChatUsage | None:
        found: dict[str, int | float | None] = {}
        usage = chunk.get("usage")
        if isinstance(usage, Mapping):
            found |= {
                "prompt_tokens": _count(usage, "prompt_tokens", "input_tokens"),
                "completion_tokens": _count(usage, "completion_tokens", "output_tokens"),
                "total_tokens": _count(usage, "total_tokens"),
                "cached_tokens": _count(
                    {**usage, **_mapping(usage, "prompt_tokens_details")},
                    "cached_tokens",
                    "cache_read_input_tokens",
                ),
                "reasoning_tokens": _count(_mapping(usage, "completion_tokens_details"), "reasoning_tokens"),
            }
        spent = _mapping(_mapping(chunk, "meta"), "usage").get("usd_spent")
        return self._update({**found, "cost_usd": cost_of(spent)})

    def _update(self, found: Mapping[str, int | float | None]) -> ChatUsage | None:
        before = dict(self._usage)
        self._usage |= {name: value for name, value in found.items() if value is not None}
        return self.usage if self._usage != before else None

    def _read_calls(self, calls: JSON) -> Iterator[ToolCallDelta]:
        if not isinstance(calls, Sequence) or isinstance(calls, str):
            return
        for call in calls:
            if not isinstance(call, Mapping):
                continue
            function = _mapping(call, "function")
            call_id, name, arguments = call.get("id"), function.get("name"), function.get("arguments")
            call_id = call_id if isinstance(call_id, str) else ""
            name = name if isinstance(name, str) else ""
            extra = call.get("extra_content")
            place = self._place_of(call.get("index"), call_id, name)
            joiner = self._arguments.setdefault(place, SurrogateJoiner())
            yield ToolCallDelta(
                index=place,
                id=call_id,
                name=name,
                arguments=joiner.feed(_arguments(arguments)),
                extra={"extra_content": extra} if extra is not None else None,
            )

    def _place_of(self, index: JSON, call_id: str, name: str) -> int:
        """The call's place, counted from 0 in the order of appearance.

        Some servers omit the index or send 0 for every call: a new id together with a name starts a new call. A
        new id alone does not, because some servers invent one for each fragment. Others give several calls one id: then
        a new index together with a name starts a new call, and from there on the index counts.
        """
        known = self._by_id.get(call_id) if call_id else None
        if not isinstance(index, int) or isinstance(index, bool):
            index = None
            place = self._count - 1 if self._count and not call_id else known
        else:
            place = self._by_index.get(index)
            if place is None and known is not None and name:
                self._shared.add(call_id)
            elif known is not None and call_id not in self._shared:
                return known
            elif known is None and place is not None and call_id and name and place in self._by_id.values():
                place = None
        if place is None:
            place, self._count = self._count, self._count + 1
        if index is not None:
            self._by_index[index] = place
        if call_id:
            self._by_id[call_id] = place
        return place


def text_of(content: JSON) -> str:
    """The text of a `content`, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_part_text(part) for part in content)
    return _part_text(content)


def _reasoning_of(message: Mapping[str, JSON]) -> str:
    """Return a delta's thought: in a separate field, or as parts of the content as Mistral sends it."""
    told = text_of(message.get("reasoning_content")) or text_of(message.get("reasoning"))
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    return told + "".join(text_of(part.get("thinking")) for part in parts if isinstance(part, Mapping))


def _part_text(part: JSON) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else ""


def _first_choice(chunk: Mapping[str, JSON]) -> Mapping[str, JSON] | None:
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        return None
    for choice in choices:
        if isinstance(choice, Mapping) and choice.get("index", 0) in (0, None):
            return choice
    return None


def _mapping(value: Mapping[str, JSON], key: str) -> Mapping[str, JSON]:
    inner = value.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _count(usage: Mapping[str, JSON], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
            return int(value)
    return None


def _arguments(value: JSON) -> str:
    if isinstance(value, str):
        return value
    # Some local servers send the arguments as an object instead of as JSON text.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else ""
