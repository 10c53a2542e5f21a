"""Learns from a refusal which part of a request the server does not support. No I/O.

Every rule looks at the request, because only its content can be the cause. A lesson is a guess until a request that
applies it is answered; see `OpenAICompatibleModel`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON
from aimltui.engine.models.compat.quirks import EFFORTS, Quirks

TEACHING = frozenset({400, 404, 405, 415, 416, 422, 500, 501})
"""Statuses that may be about the content of the request: several servers wrap a 400 as 500."""
_NO = pattern(
    r"not (?:\w+ )?(?:support|allow|permit|accept|available|enabled|accessible)|n't (?:support|accept)|unsupported"
    r"|invalid|unknown|unexpected|unrecognized|extra (?:inputs|field)|must be|expected|only (?:\w+ )?support|\bonly\b"
    r"|cannot|forbidden|deprecated|disallowed|no endpoints found|require|remove"
)
_IMAGE = pattern(r"\bimages?\b|image_url|\bvision\b|multi-?modal|mmproj")
_FILE = pattern(r"\bfiles?\b|file_data|\bpdfs?\b|\bdocuments?\b|[`'\"]file[`'\"]")
_STREAMLESS = pattern(
    r"\bstream(?:ing|ed)?\b[^.]{0,60}(?:\bnot |n't |\bun)(?:\w+ )?(?:support|allow|permit|avail|enabl|accept)"
    r"|(?:\bnot|n't|un)(?: ?support| ?allow)[^.]{0,40}\bstream(?!_options)|verified to stream"
    r"|\bstream\b[^.]{0,60}(?:must|should|only)[^.]{0,30}false"
)
_BLIND = pattern(
    r"(?:\bnot|n't) (?:\w+ )?(?:support|allow|permit|accept|available|enabled)|unsupported|only (?:\w+ )?support"
    r"|no endpoints found|unknown variant|text[- ]only|(?:has|have|with) no |\bmmproj\b|expected (?:`|')?text"
    r"|invalid (?:content type|value|enum)|cannot (?:process|accept|see|handle|read)"
)
_BROKEN = pattern(
    r"too (?:large|big)|corrupt|\bformat\b|\bmime\b|media[- _]type|could not (?:be )?(?:process|decod|download|fetch|load)"
    r"|failed to (?:process|decode|download|fetch|load)|invalid (?:image|base64)|decod|download"
)
_TOO_MUCH = pattern(
    r"at most|too (?:large|big|high|many)|maximum|less than|range|exceed|<=|valid range|up to|greater than"
)
_CONTEXT = pattern(r"context (?:length|window|size)|context_length")
_NUMBER = pattern(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?!\w|,\d)|(?<![\w.])\d+(?!\w|\.\d|,\d{3})")
_SMALLEST_LIMIT = 16


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """A refused request and the server's message."""

    quirks: Quirks
    text: str
    """In lower case."""
    body: Mapping[str, JSON]

    def names(self, parameter: str) -> bool:
        """Whether a parameter was sent and the message mentions it."""
        return (
            parameter in self.body
            and re.search(rf"(?<![\w]){re.escape(parameter)}(?![\w])", self.text) is not None
        )

    @property
    def says_no(self) -> bool:
        """Whether the message says that something is not supported."""
        return _NO.search(self.text) is not None

    @property
    def messages(self) -> Sequence[Mapping[str, JSON]]:
        """The messages that were sent, to either endpoint."""
        found = self.body.get("messages") or self.body.get("input") or ()
        return found if isinstance(found, list | tuple) else ()

    def has_part(self, *types: str) -> bool:
        """Whether a message had a part of one of these types."""
        return any(
            isinstance(part, Mapping) and part.get("type") in types
            for message in self.messages
            if isinstance(message.get("content"), list)
            for part in message["content"]
        )


def learn(quirks: Quirks, status: int, text: str, body: Mapping[str, JSON]) -> Quirks | None:
    """The quirks after a refusal; None if it teaches nothing that is worth another try.

    Args:
        quirks: Those that were applied to the request.
        status: HTTP status of the refusal, or the status in its body.
        text: The server's message.
        body: The request.
    """
    if status not in TEACHING or not text:
        return None
    # this error type says nothing about the cause
    refused = RefusedRequest(quirks, text.lower().replace("invalid_request_error", ""), body)
    for rule in _RULES:
        changes = rule(refused)
        if changes:
            learned = replace(quirks, **changes)
            if learned != quirks:
                return learned
    return None


def _other_endpoint(refused: RefusedRequest) -> dict[str, Any] | None:
    if "messages" not in refused.body:
        return None
    named = re.search(r"v1/responses|responses api|/responses\b", refused.text)
    elsewhere = "chat/completions" in refused.text and refused.says_no
    return {"responses": True} if named or elsewhere else None


def _stream_options(refused: RefusedRequest) -> dict[str, Any] | None:
    about = "stream_options" in refused.text or "include_usage" in refused.text
    return {"no_stream_options": True} if "stream_options" in refused.body and about else None


def _limit(refused: RefusedRequest) -> dict[str, Any] | None:
    text, body = refused.text, refused.body
    if "max_tokens" in body and "max_completion_tokens" in text and not _is_number_refused(refused):
        return {"completion_tokens": True}
    name = next((n for n in ("max_tokens", "max_completion_tokens", "max_output_tokens") if n in body), None)
    if name is None:
        wanted = re.search(r"max_(?:\w+_)?tokens", text) and re.search(r"required|missing", text)
        return {"needs_limit": True, "no_limit": False} if wanted else None
    sent = body[name]
    spoken = re.search(r"max_(?:\w+_)?tokens|completion tokens|output tokens|tokens to generate", text)
    if spoken and _is_number_refused(refused):
        return {"output_limit": _smaller(sent, text)}
    return {"no_limit": True} if refused.names(name) and refused.says_no else None


def _is_number_refused(refused: RefusedRequest) -> bool:
    return _TOO_MUCH.search(refused.text) is not None and _NUMBER.search(refused.text) is not None


def _smaller(sent: JSON, text: str) -> int | None:
    if not isinstance(sent, int) or sent <= _SMALLEST_LIMIT:
        return None
    if not _CONTEXT.search(text):
        numbers = [int(found.replace(",", "")) for found in _NUMBER.findall(text) if len(found) < 12]
        fitting = [number for number in numbers if _SMALLEST_LIMIT <= number < sent]
        if fitting:
            return max(fitting)
    return sent // 2


def is_passing(text: str) -> bool:
    """Whether the limit comes from the length of this conversation, so that the lesson must not be saved."""
    return _CONTEXT.search(text.lower()) is not None


def _roles(refused: RefusedRequest) -> dict[str, Any] | None:
    text = refused.text
    roles = {message.get("role") for message in refused.messages}
    if "alternat" in text and not refused.quirks.alternate:
        return {"alternate": True}
    folds = {"fold_system": True} if roles & {"system", "developer"} else None
    if "alternat" in text or ("role" in text and re.search(r"\b(?:system|developer)\b", text)):
        return folds if refused.says_no or "alternat" in text else None
    return None


def _told_calls(refused: RefusedRequest) -> dict[str, Any] | None:
    has_calls = any(
        message.get("tool_calls") or message.get("role") == "tool" for message in refused.messages
    )
    if not has_calls or not refused.says_no:
        return None
    about_role = "role" in refused.text and re.search(r"received 'tool'|['\"`]tool['\"`]", refused.text)
    about_tools = "tools" not in refused.body and re.search(r"\btools?\b|tool_call", refused.text)
    return {"fold_calls": True} if about_role or about_tools else None


def _sampling(refused: RefusedRequest) -> dict[str, Any] | None:
    if refused.names("temperature") and refused.names("top_p") and "both" in refused.text:
        return {"no_top_p": True}
    if refused.names("temperature"):
        return {"no_temperature": True}
    return {"no_top_p": True} if refused.names("top_p") else None


def _effort(refused: RefusedRequest) -> dict[str, Any] | None:
    reasoning = refused.body.get("reasoning")
    sent = refused.body.get("reasoning_effort")
    if sent is None and isinstance(reasoning, Mapping):
        sent = reasoning.get("effort")
    if not isinstance(sent, str):
        return None
    if not re.search(r"reasoning|\beffort\b|thinking", refused.text) or not refused.says_no:
        return None
    levels = {
        level
        for level in EFFORTS
        if level != sent
        and re.search(rf"['\"`]{level}['\"`]|\b{level}\b(?=[,.]| (?:and|or)\b|$)", refused.text)
    }
    return {"efforts": tuple(level for level in EFFORTS if level in levels)}


def _tools(refused: RefusedRequest) -> dict[str, Any] | None:
    if refused.names("parallel_tool_calls"):
        return {"no_parallel": True}
    choice = refused.body.get("tool_choice")
    if choice is None or not re.search(r"tool[_ ]choice", refused.text):
        return None
    if isinstance(choice, Mapping):
        return {"choice": "required"}
    return {"choice": "auto"} if choice == "required" else None


def _format(refused: RefusedRequest) -> dict[str, Any] | None:
    sent = refused.body.get("response_format")
    text = refused.body.get("text")
    if sent is None and isinstance(text, Mapping):
        sent = text.get("format")
    about = re.search(
        r"response_format|json_schema|json_object|json mode|structured output|text\.format", refused.text
    )
    if not isinstance(sent, Mapping) or not about:
        return None
    return {"format": "json_object" if sent.get("type") == "json_schema" else "text"}


def _thinking(refused: RefusedRequest) -> dict[str, Any] | None:
    return (
        {"no_thinking": True}
        if "enable_thinking" in refused.text and not refused.body.get("stream")
        else None
    )


def _stream(refused: RefusedRequest) -> dict[str, Any] | None:
    # "parameter.enable_thinking only supports stream": turn reasoning off, or stream
    if not refused.body.get("stream") or "enable_thinking" in refused.text:
        return None
    return {"no_stream": True} if _STREAMLESS.search(refused.text) else None


def _reasoning_back(refused: RefusedRequest) -> dict[str, Any] | None:
    if "reasoning_content" not in refused.text and "content[].thinking" not in refused.text:
        return None
    if re.search(r"missing|must be passed|required|passed back|must return", refused.text):
        return {"reasoning_back": "all" if refused.quirks.reasoning_back in ("calls", "all") else "calls"}
    sent = any("reasoning_content" in message for message in refused.messages)
    return {"reasoning_back": "no"} if sent else None


def _pictures(refused: RefusedRequest) -> dict[str, Any] | None:
    plain = re.search(r"content\W.{0,40}(?:must be a string|expected (?:a )?string)", refused.text, re.DOTALL)
    for kinds, about, lesson in (
        (("image_url", "input_image"), _IMAGE, "no_images"),
        (("file", "input_file"), _FILE, "no_files"),
    ):
        if refused.has_part(*kinds) and (plain or (about.search(refused.text) and _not_at_all(refused))):
            return {lesson: True}
    return None


def _not_at_all(refused: RefusedRequest) -> bool:
    """Whether pictures or files are not supported at all; a broken or too large one teaches nothing."""
    return _BLIND.search(refused.text) is not None and _BROKEN.search(refused.text) is None


def _cache_marks(refused: RefusedRequest) -> dict[str, Any] | None:
    marked = any(
        isinstance(part, Mapping) and "cache_control" in part
        for message in refused.messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
    )
    about = re.search(r"cache_control|cach(?:e|ing)\b|content\W.{0,40}string", refused.text, re.DOTALL)
    return {"no_cache_marks": True} if marked and about else None


def _budget(refused: RefusedRequest) -> dict[str, Any] | None:
    about = re.search(r"\bthinking\b|budget_tokens", refused.text)
    return {"no_budget": True} if "thinking" in refused.body and about else None


def _web_search(refused: RefusedRequest) -> dict[str, Any] | None:
    about = "web_search" in refused.text or "web search" in refused.text
    return {"no_web_search": True} if "web_search_options" in refused.body and about else None


def _include(refused: RefusedRequest) -> dict[str, Any] | None:
    reasoning = refused.body.get("reasoning")
    if isinstance(reasoning, Mapping) and "summary" in reasoning:
        about_it = "effort" not in reasoning and "reasoning" in refused.text
        if "summar" in refused.text or about_it:
            return {"no_summary": True}
    about = re.search(r"\binclude\b|encrypted", refused.text)
    return {"no_include": True} if "include" in refused.body and about else None


_RULES: tuple[Callable[[RefusedRequest], dict[str, Any] | None], ...] = (
    _other_endpoint,
    _stream_options,
    _web_search,
    _cache_marks,
    _budget,
    _limit,
    _include,
    _reasoning_back,
    _pictures,
    _told_calls,
    _roles,
    _sampling,
    _tools,
    _format,
    _effort,
    _thinking,
    _stream,
)
