"""Assistants as TOML: the fields of the API's own object, for files that can live in git. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from aimltui.wire.assistants import Assistant, CreateAssistant
from aimltui.wire.constraints import check_params
from aimltui.wire.errors import APIError

MOST_BYTES: Final = 1_000_000
HEAD: Final = "# An assistant for `aimltui assistants import`. The fields are those of the Assistants API.\n"
_ORDER: Final = (
    "name",
    "description",
    "model",
    "instructions",
    "temperature",
    "top_p",
    "reasoning_effort",
    "response_format",
    "tools",
    "tool_resources",
    "metadata",
)
_USUAL: Final[Mapping[str, Any]] = {"temperature": 1.0, "top_p": 1.0, "response_format": "auto"}
"""What the API shows where nothing was chosen."""
_OWN: Final = "aimltui"
"""Metadata keys that begin with this are about this machine."""


class BadAssistantFile(Exception):
    """A file is no assistant. The message is a sentence that names the line, or the field."""


def fields_of(assistant: Assistant) -> dict[str, Any]:
    """What a file says about an assistant: every field that was chosen."""
    given = assistant.to_json()
    given["metadata"] = {
        key: value for key, value in (given["metadata"] or {}).items() if value and not key.startswith(_OWN)
    }
    resources = given["tool_resources"] or {}
    given["tool_resources"] = {name: part for name, part in resources.items() if any((part or {}).values())}
    return {
        name: _without_nulls(given[name])
        for name in _ORDER
        if given.get(name) not in (None, "", [], {}) and given[name] != _USUAL.get(name)
    }


def digest_of(fields: Mapping[str, Any]) -> str:
    """A short hash of what a file says, whatever the order."""
    written = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def to_toml(assistant: Assistant) -> str:
    """An assistant as TOML."""
    import tomli_w

    return HEAD + tomli_w.dumps(fields_of(assistant), multiline_strings=True)


def file_name(assistant: Assistant) -> str:
    """The name of an assistant's file: its own name, in letters that every system takes."""
    name = "".join(one if one.isalnum() else "-" for one in (assistant.name or "").lower())
    return f"{'-'.join(part for part in name.split('-') if part)[:60] or assistant.id}.toml"


def read_toml(text: str) -> CreateAssistant:
    """Read an assistant.

    Raises:
        BadAssistantFile: It is none.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # also an integer of thousands of digits
        raise BadAssistantFile(f"It is not valid TOML: {error}.") from error
    unknown = [name for name in values if name not in _ORDER]
    if unknown:
        raise BadAssistantFile(
            f"Line {_line_of(text, unknown[0])}: an assistant has no field “{unknown[0][:40]}”. "
            f"It may have: {', '.join(_ORDER)}."
        )
    for name in ("name", "model"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise BadAssistantFile(f"The field {name} is missing.")
    try:
        params = CreateAssistant.model_validate(values)
        check_params(params)
        _check_depth(params)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "name"
        line = _line_of(text, str(first["loc"][0]) if first["loc"] else "")
        raise BadAssistantFile(f"Line {line}: {place[:60]}: {first['msg']}.") from error
    except APIError as error:
        name = re.split(r"[.\[]", error.param or "")[0]
        raise BadAssistantFile(f"Line {_line_of(text, name)}: {error.message}") from error
    return params


def _check_depth(params: CreateAssistant) -> None:
    try:
        params.model_dump(mode="json")
    except ValueError as error:
        raise BadAssistantFile("It is nested too deeply.") from error


def as_assistant(params: CreateAssistant) -> Assistant:
    """What the file's assistant looks like once it is made, to compare it with another."""
    given = {name: value for name, value in params.given().items() if value is not None}
    return Assistant.model_validate({"id": "", **given})


def _without_nulls(value: Any) -> Any:
    # TOML has no null
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


def _line_of(text: str, name: str) -> int:
    """The line on which a field stands first."""
    wanted = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(name)}\b")
    lines = text.split("\n")
    return next((number for number, line in enumerate(lines, 1) if name and wanted.match(line)), 1)
