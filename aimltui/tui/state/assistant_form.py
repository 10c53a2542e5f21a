"""The form of an assistant: its values as they are typed, what is wrong with them, and what is sent. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.wire.assistants import (
    LOCAL_TOOLS,
    MOST_STARTERS,
    PROMPT_CACHE,
    STARTER,
    Assistant,
    CreateAssistant,
    ModifyAssistant,
    starter_pairs,
    starters_of,
)
from aimltui.wire.constraints import METADATA_KEY, METADATA_PAIRS, METADATA_VALUE
from aimltui.wire.threads import CONNECTION, TOOLS, TRASHED_AT

CODE, SEARCH = "code_interpreter", "file_search"
FUNCTION = "function:"
"""Keys of an assistant's own functions begin with this; the name follows."""
FORMATS: Final = (("auto", "text"), ("json_object", "JSON"), ("json_schema", "JSON by a schema"))
EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_LIMITS: Final = {"name": 256, "description": 512, "instructions": 256_000}
_OWN_KEYS: Final = frozenset({CONNECTION, TOOLS, LOCAL_TOOLS, PROMPT_CACHE, TRASHED_AT})

Json = dict[str, Any]


@dataclass(frozen=True)
class AssistantForm:
    """The values of the form; texts are as they are typed."""

    name: str = ""
    description: str = ""
    model: str = ""
    connection: str = ""
    instructions: str = ""
    known_tools: tuple[Json, ...] = ()
    """The assistant's tools as the API writes them, so that their own settings stay."""
    tools: tuple[str, ...] = ()
    """The keys of the tools that are on; see `tool_key`."""
    has_local_tools: bool = False
    """Whether its runs are offered the functions and MCP servers beside the client."""
    code_files: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    temperature: str = ""
    top_p: str = ""
    effort: str = ""
    """Empty is the model's own."""
    format: str = "auto"
    schema: str = ""
    starters: str = ""
    """One per line."""
    metadata: str = ""
    """`key = value`, one per line."""
    cache: str = ""
    """`off` keeps long prompts out of the provider's cache."""


def tool_key(tool: Mapping[str, Any]) -> str:
    """What a tool is called in the form."""
    if tool.get("type") == "function":
        return f"{FUNCTION}{(tool.get('function') or {}).get('name', '')}"
    return str(tool.get("type"))


def form_of(assistant: Assistant) -> AssistantForm:
    """The form with an assistant's values."""
    resources, metadata = assistant.tool_resources, assistant.metadata or {}
    code = resources.code_interpreter if resources is not None else None
    search = resources.file_search if resources is not None else None
    tools = tuple(tool.to_json() for tool in assistant.tools)
    kind, schema = _format_of(assistant)
    return AssistantForm(
        name=assistant.name or "",
        description=assistant.description or "",
        model=assistant.model,
        connection=metadata.get(CONNECTION, ""),
        instructions=assistant.instructions or "",
        known_tools=tools,
        tools=tuple(map(tool_key, tools)),
        has_local_tools=metadata.get(LOCAL_TOOLS) == "on",
        code_files=tuple(code.file_ids) if code is not None else (),
        stores=tuple(search.vector_store_ids) if search is not None else (),
        temperature=_number_text(assistant.temperature),
        top_p=_number_text(assistant.top_p),
        effort=assistant.reasoning_effort or "",
        format=kind,
        schema=schema,
        starters="\n".join(starters_of(metadata)),
        metadata="\n".join(
            f"{key} = {_escaped(value)}" for key, value in metadata.items() if value and not is_own_key(key)
        ),
        cache="off" if metadata.get(PROMPT_CACHE) == "off" else "",
    )


def is_own_key(key: str) -> bool:
    """Whether a metadata key belongs to this program, which has other fields for it."""
    return key in _OWN_KEYS or key.startswith(("aimltui", STARTER))


def _format_of(assistant: Assistant) -> tuple[str, str]:
    wanted = assistant.response_format
    kind = wanted if isinstance(wanted, str) or wanted is None else wanted.type
    schema = None if isinstance(wanted, str) or wanted is None else wanted.json_schema
    text = json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""
    return (kind if kind in ("json_object", "json_schema") else "auto"), text


def _number_text(value: float | None) -> str:
    # the API shows 1 where nothing was chosen
    return "" if value is None or value == 1 else f"{value:g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


# What is wrong


def problems_of(form: AssistantForm) -> dict[str, str]:
    """What cannot be saved as it is typed: a sentence by the name of the field."""
    checks = {
        "name": _too_long("name", form.name) or ("" if form.name.strip() else "Give it a name."),
        "description": _too_long("description", form.description),
        "instructions": _too_long("instructions", form.instructions),
        "temperature": number_problem(form.temperature, 0, 2),
        "top_p": number_problem(form.top_p, 0, 1),
        "schema": _schema_problem(form) if form.format == "json_schema" else "",
        "starters": _starters_problem(form.starters),
        "metadata": _metadata_problem(form),
    }
    return {name: problem for name, problem in checks.items() if problem}


def _too_long(name: str, text: str) -> str:
    over = len(text) - _LIMITS[name]
    return f"At most {_LIMITS[name]:,} characters: {over:,} too many." if over > 0 else ""


def number_problem(text: str, least: float, most: float) -> str:
    """What is wrong with a number; empty if nothing is, or if there is none."""
    if not text.strip():
        return ""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    return "" if least <= value <= most else f"A number from {least:g} to {most:g}, or empty."


def number_of(text: str) -> float | None:
    """The number that was typed; None for none."""
    return float(text.strip().replace(",", ".")) if text.strip() else None


def _schema_problem(form: AssistantForm) -> str:
    if not form.schema.strip():
        return "Paste a JSON schema, or choose another format."
    try:
        value = json.loads(form.schema)
    except (ValueError, RecursionError) as error:
        return f"This is not JSON: {error}."
    return "" if isinstance(value, dict) else "A JSON schema is an object in braces."


def _starters_problem(text: str) -> str:
    lines = _lines(text)
    if len(lines) > MOST_STARTERS:
        return f"At most {MOST_STARTERS} starters, one per line: there are {len(lines)}."
    if any(len(line) > METADATA_VALUE for line in lines):
        return f"A starter has at most {METADATA_VALUE} characters."
    return ""


def _metadata_problem(form: AssistantForm) -> str:
    seen: set[str] = set()
    for line in _lines(form.metadata):
        key, value = _pair(line)
        if not key:
            return f"Write one key = value per line, not “{line[:30]}”."
        if is_own_key(key):
            return f"The key {key} belongs to this program."
        if key in seen:
            return f"The key {key} appears twice."
        if len(key) > METADATA_KEY or len(_unescaped(value)) > METADATA_VALUE:
            return f"A key has at most {METADATA_KEY} characters, a value {METADATA_VALUE}."
        seen.add(key)
    own = bool(form.connection) + form.has_local_tools + bool(form.cache)
    used = len(seen) + len(_lines(form.starters)) + own
    return f"Starters and pairs together: at most {METADATA_PAIRS - 3}." if used > METADATA_PAIRS - 3 else ""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


# What is sent


def tools_of(form: AssistantForm) -> list[Json]:
    """The tools that are on, as the API writes them."""
    known = {tool_key(tool): tool for tool in form.known_tools}
    return [known.get(key, {"type": key}) for key in form.tools]


def create_params(form: AssistantForm, model: str) -> CreateAssistant:
    """The request that makes a new assistant.

    Args:
        form: The values, without problems.
        model: The model if none was chosen.
    """
    given = _given(form, {})
    given["model"] = form.model or model
    metadata = {key: value for key, value in given["metadata"].items() if value}
    return CreateAssistant.model_validate(given | {"metadata": metadata})


def modify_params(form: AssistantForm, before: Assistant) -> ModifyAssistant:
    """The request that changes an assistant to the form's values."""
    given = _given(form, before.metadata or {})
    if not form.model:
        given.pop("model")
    # an empty value stays in the metadata, where the number of pairs is limited
    metadata = {
        key: value for key, value in given["metadata"].items() if value or key in (before.metadata or {})
    }
    return ModifyAssistant.model_validate(given | {"assistant_id": before.id, "metadata": metadata})


def _given(form: AssistantForm, before: Mapping[str, str]) -> Json:
    return {
        "name": form.name.strip(),
        "description": form.description.strip() or None,
        "model": form.model,
        "instructions": form.instructions or None,
        "tools": tools_of(form),
        "tool_resources": _resources(form),
        "temperature": number_of(form.temperature),
        "top_p": number_of(form.top_p),
        "reasoning_effort": form.effort or None,
        "response_format": _response_format(form),
        "metadata": _pairs(form, before),
    }


def _resources(form: AssistantForm) -> Json:
    resources: Json = {}
    if form.code_files:
        resources["code_interpreter"] = {"file_ids": list(form.code_files)}
    if form.stores:
        resources["file_search"] = {"vector_store_ids": list(form.stores)}
    return resources


def _response_format(form: AssistantForm) -> Json | str:
    if form.format == "json_object":
        return {"type": "json_object"}
    if form.format != "json_schema":
        return "auto"
    value: Json = json.loads(form.schema)
    schema = value if "schema" in value else {"name": "answer", "schema": value}
    return {"type": "json_schema", "json_schema": {"name": "answer", **schema}}


def _pair(line: str) -> tuple[str, str]:
    """Return the key and the value in a line; without an equals sign there is no key."""
    key, sign, value = line.partition("=")
    return key.strip() if sign else "", value[1:] if value[:1].isspace() else value


def _pairs(form: AssistantForm, before: Mapping[str, str]) -> dict[str, str]:
    removed = {key: "" for key in before if not is_own_key(key)}
    typed = {key: _unescaped(value) for key, value in map(_pair, _lines(form.metadata)) if key}
    own = {
        CONNECTION: form.connection,
        LOCAL_TOOLS: "on" if form.has_local_tools else "",
        PROMPT_CACHE: form.cache,
    }
    return {**removed, **typed, **own, **starter_pairs(_lines(form.starters))}


# Copies and drafts


def copy_of(form: AssistantForm, names: Sequence[str]) -> AssistantForm:
    """The form of a copy, under a name that no other assistant has."""
    base = f"{form.name or 'Assistant'} copy"
    taken = set(names)
    number = 2
    name = base
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return replace(form, name=name)


def draft_of(form: AssistantForm) -> str:
    """The form as a text to save."""
    return json.dumps(asdict(form), ensure_ascii=False)


def form_from_draft(text: str) -> AssistantForm | None:
    """The form that was saved as a text; None if it is none."""
    try:
        values = json.loads(text)
        known = {one.name: type(getattr(AssistantForm(), one.name)) for one in fields(AssistantForm)}
        given: Json = {
            name: tuple(value) if known[name] is tuple else known[name](value)
            for name, value in values.items()
            if name in known
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    form = AssistantForm(**given)
    return form if all(isinstance(tool, dict) for tool in form.known_tools) else None
