"""Prompts of servers, which the user writes as `/server:prompt`, with values behind it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean, clean_line
from aimltui.local_tools.mcp.forms import Form, FormField, Value

_WORD = pattern(r"/([^\s:/]+):(\S+)(?:[ \t]+(.*))?", re.DOTALL)
_MOST_FIELDS = 20
_MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class ServerPrompt:
    """A prompt that a server offers."""

    server: str
    name: str
    description: str = ""
    fields: tuple[FormField, ...] = ()

    @property
    def word(self) -> str:
        """What the user writes."""
        return f"/{self.server}:{self.name}"

    @property
    def form(self) -> Form:
        """A form for its values."""
        return Form(self.server, self.description or self.word, self.fields)

    def written(self, values: Mapping[str, str]) -> str:
        """The prompt with values, as the user writes it."""
        return " ".join([self.word, *(f"{name}={shlex.quote(value)}" for name, value in values.items())])


def prompts_of(server: str, raw: Iterable[Mapping[str, Any]]) -> tuple[ServerPrompt, ...]:
    """Make prompts of what a server lists; those whose name cannot be written are left out."""
    found: list[ServerPrompt] = []
    for one in raw:
        name = one.get("name")
        arguments = one.get("arguments") or []
        if not isinstance(name, str) or clean_line(name) != name or not name or len(arguments) > _MOST_FIELDS:
            continue
        fields = tuple(
            FormField(
                str(item.get("name")),
                clean_line(str(item.get("title") or item.get("name")))[:80],
                "string",
                clean_line(str(item.get("description") or ""))[:300],
                is_required=item.get("required") is True,
            )
            for item in arguments
        )
        found.append(ServerPrompt(server, name, clean_line(str(one.get("description") or ""))[:300], fields))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class AskedPrompt:
    """What the user has written: a prompt, and the values behind it."""

    prompt: ServerPrompt
    values: Mapping[str, str]

    @property
    def is_complete(self) -> bool:
        """Whether every value is there that the prompt needs."""
        return all(field.name in self.values for field in self.prompt.fields if field.is_required)

    @property
    def form(self) -> Form:
        """A form for the prompt's values that begins with those that are written."""
        fields = (
            replace(field, default=self.values.get(field.name, field.default)) for field in self.prompt.fields
        )
        return replace(self.prompt.form, fields=tuple(fields))


def asked_prompt(text: str, prompts: Iterable[ServerPrompt]) -> AskedPrompt | None:
    """The prompt that a text asks for; None if it is an ordinary text.

    Values are written as `name=value`, or in the order of the prompt's arguments; the last one takes the rest.
    """
    match = _WORD.fullmatch(text.strip())
    if match is None:
        return None
    found = next((one for one in prompts if (one.server, one.name) == (match[1], _unquoted(match[2]))), None)
    return AskedPrompt(found, _values(found, match[3] or "")) if found is not None else None


def _unquoted(name: str) -> str:
    return name.strip("\"'")


def _values(prompt: ServerPrompt, text: str) -> dict[str, str]:
    names = [field.name for field in prompt.fields]
    if len(names) == 1 and text.strip() and not text.startswith(f"{names[0]}="):
        return {names[0]: text.strip()}
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    values: dict[str, str] = {}
    loose: list[str] = []
    for word in words:
        name, mark, value = word.partition("=")
        if mark and name in names:
            values[name] = value
        else:
            loose.append(word)
    for name in [name for name in names if name not in values]:
        if loose:
            is_last = name == names[-1]
            values[name] = " ".join(loose) if is_last else loose.pop(0)
            loose = [] if is_last else loose
    return values


def texts_of(values: Mapping[str, Value]) -> dict[str, str]:
    """The values of a form as the protocol wants them: texts."""
    return {name: str(value) for name, value in values.items()}


def prompt_text(raw: Mapping[str, Any]) -> str:
    """The text of a prompt that a server has filled in."""
    parts: list[str] = []
    messages = raw.get("messages")
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for one in content if isinstance(content, list) else [content]:
            if isinstance(one, dict):
                parts.append(_text_of(one))
    return clean("\n\n".join(part for part in parts if part))[:_MOST_TEXT]


def _text_of(one: Mapping[str, Any]) -> str:
    if one.get("type") == "text":
        return str(one.get("text") or "")
    resource = one.get("resource")
    if isinstance(resource, dict):
        return str(resource.get("text") or resource.get("uri") or "")
    return str(one.get("uri") or f"[{one.get('type')}: left out]")
