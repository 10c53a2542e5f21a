"""Checks requests against the API's limits and fixed values that the types do not express."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from aimltui.common.patterns import pattern
from aimltui.wire import request_errors as refusals
from aimltui.wire.base import Params, Wire
from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest
from aimltui.wire.files import CREATED_PURPOSES, PURPOSES, CreateFile, FileExpiresAfter, ListFiles
from aimltui.wire.filters import check_filter
from aimltui.wire.messages import NewTextContent
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT
from aimltui.wire.runs import TOOL_SWITCHES
from aimltui.wire.tools import Unknown
from aimltui.wire.uploads import CreateUpload
from aimltui.wire.vector_stores import SearchRanking, StoreExpiresAfter

METADATA_PAIRS = 16
OWN_METADATA = "aimltui"
"""Keys that begin with this are the program's: up to 16 of them do not count, so that none of the user's is in the way."""
METADATA_KEY = 64
METADATA_VALUE = 512
FUNCTION_NAME = 64
CODE_FILES = 20
MAX_RESULTS = 50
"""Passages of one search of files."""

PREFIXES: Final[Mapping[str, str]] = {
    "assistant_id": "asst",
    "thread_id": "thread",
    "message_id": "msg",
    "run_id": "run",
    "step_id": "step",
    "vector_store_id": "vs",
    "batch_id": "vsfb",
    "upload_id": "upload",
}
"""The prefix of an id, by the parameter's name."""

TOOLS = ("code_interpreter", "file_search", "function")
PARTS = ("image_file", "image_url", "text")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("asc", "desc"),
    "order_by": ("created_at", "last_active_at"),
    "role": ("user", "assistant"),
    "include": (INCLUDE_SEARCH_CONTENT,),
    "reasoning_effort": EFFORTS,
    "hosted_tools": TOOL_SWITCHES,
    "web": ("on", "off"),
    "detail": ("auto", "low", "high"),
    "ranker": ("auto", "default_2024_08_21"),
    "filter": ("in_progress", "completed", "failed", "cancelled"),
}
_VALUES_OF: Final[Mapping[tuple[type[BaseModel], str], tuple[str, ...]]] = {
    (CreateFile, "purpose"): CREATED_PURPOSES,
    (CreateUpload, "purpose"): CREATED_PURPOSES,
    (ListFiles, "purpose"): PURPOSES,
    (FileExpiresAfter, "anchor"): ("created_at",),
    (StoreExpiresAfter, "anchor"): ("last_active_at",),
    (SearchRanking, "ranker"): ("none", "auto", "default-2024-11-15"),
}
"""Values of parameters whose name has other values in another place."""
_NAME = pattern(r"[a-zA-Z0-9_-]+")


def check_params(params: Params) -> None:
    """Check everything that types do not express.

    Raises:
        BadRequest: The first violation.
    """
    _check_model(params, "")


def _check_model(model: BaseModel, path: str) -> None:
    if isinstance(model, Blob):
        return
    if isinstance(model, Wire):
        _check_shape(model, path)
    # in the order of the fields, so that the same request always gets the same refusal
    for name in type(model).model_fields:
        value = getattr(model, name) if name in model.model_fields_set else None
        if value is None:
            continue
        _check_field(f"{path}{name}", name, value, _VALUES_OF.get((type(model), name)) or _VALUES.get(name))
        _SPECIAL.get(name, _nothing)(f"{path}{name}", value)
        for place, inner in _models(f"{path}{name}", value):
            _check_model(inner, f"{place}.")


def _check_shape(model: Wire, path: str) -> None:
    if isinstance(model, Unknown):
        where = f"{path}type"
        if "type" not in model.model_fields_set:
            raise refusals.missing(where)
        raise refusals.invalid_value(where, model.type, PARTS if "content[" in path else TOOLS)
    if model.model_extra:
        name = f"{path}{next(iter(model.model_extra))}"
        raise refusals.unknown_parameter(name)


def _check_field(where: str, name: str, value: Any, allowed: tuple[str, ...] | None) -> None:
    if allowed is not None:
        for item in value if isinstance(value, list) else [value]:
            if item not in allowed:
                raise refusals.invalid_value(where, item, allowed)
    prefix = PREFIXES.get(name, "")
    if isinstance(value, str) and not value.startswith(prefix):
        raise refusals.wrong_prefix(where, value, prefix)


def check_pairs(where: str, value: Mapping[str, Any]) -> None:
    """Check the pairs of metadata or attributes.

    Raises:
        BadRequest: There are too many, or one is too long.
    """
    own = sum(key.startswith(OWN_METADATA) for key in value)
    if len(value) - min(own, METADATA_PAIRS) > METADATA_PAIRS:
        raise BadRequest(
            f"Invalid '{where}': too many properties. Expected an object with at most {METADATA_PAIRS} "
            f"properties, but got an object with {len(value)} properties instead.",
            code="object_above_max_properties",
            param=where,
        )
    for key, text in value.items():
        if len(key) > METADATA_KEY:
            raise BadRequest(
                f"Invalid '{where}': property name too long. Expected a name with maximum length "
                f"{METADATA_KEY}, but got a name with length {len(key)} instead.",
                code="string_above_max_length",
                param=where,
            )
        if isinstance(text, str):
            _check_length(f"{where}.{key}", text, METADATA_VALUE)
        elif isinstance(text, float) and not math.isfinite(text):
            raise refusals.invalid_type(f"{where}.{key}", "a finite number", text)


def _check_tool_choice(where: str, value: Any) -> None:
    if isinstance(value, str):
        if value not in ("none", "auto", "required"):
            raise refusals.invalid_value(where, value, ("none", "auto", "required"))
        return
    if value.type not in TOOLS:
        raise refusals.invalid_value(f"{where}.type", value.type, TOOLS)
    if value.type == "function" and value.function is None:
        raise refusals.missing(f"{where}.function")


def _check_response_format(where: str, value: Any) -> None:
    if isinstance(value, str):
        if value != "auto":
            raise refusals.invalid_value(where, value, ("auto",))
        return
    kinds = ("json_object", "json_schema", "text")
    if value.type not in kinds:
        raise refusals.invalid_value(f"{where}.type", value.type, kinds)
    if value.type != "json_schema":
        return
    if value.json_schema is None:
        raise refusals.missing(f"{where}.json_schema")
    name = value.json_schema.get("name")
    if name is None:
        raise refusals.missing(f"{where}.json_schema.name")
    _check_name(f"{where}.json_schema.name", str(name))


def _check_truncation(where: str, value: Any) -> None:
    kinds = ("auto", "last_messages")
    if "type" not in value.model_fields_set:
        raise refusals.missing(f"{where}.type")
    if value.type not in kinds:
        raise refusals.invalid_value(f"{where}.type", value.type, kinds)
    count = value.last_messages
    if value.type == "last_messages" and count is None:
        raise refusals.missing(f"{where}.last_messages")
    if count is not None and count < 1:
        raise refusals.out_of_range(f"{where}.last_messages", count, 1, above=False)


def _check_tool_resources(where: str, value: Any) -> None:
    code, search = value.code_interpreter, value.file_search
    if code is not None:
        _check_items(f"{where}.code_interpreter.file_ids", code.file_ids, CODE_FILES)
    if search is None:
        return
    place = f"{where}.file_search"
    _check_items(f"{place}.vector_store_ids", search.vector_store_ids, 1)
    _check_items(f"{place}.vector_stores", search.vector_stores or [], 1)
    if search.vector_store_ids and search.vector_stores:
        raise BadRequest(
            f"Invalid '{place}': vector_store_ids and vector_stores are mutually exclusive; give one of them.",
            code="invalid_value",
            param=place,
        )


def _check_chunking(where: str, value: Any) -> None:
    if "type" not in value.model_fields_set:
        raise refusals.missing(f"{where}.type")
    if value.type not in ("auto", "static"):
        raise refusals.invalid_value(f"{where}.type", value.type, ("auto", "static"))
    if value.type == "auto":
        return
    if value.static is None:
        raise refusals.missing(f"{where}.static")
    for name in type(value.static).model_fields:
        if name not in value.static.model_fields_set:
            raise refusals.missing(f"{where}.static.{name}")
    size, overlap = value.static.max_chunk_size_tokens, value.static.chunk_overlap_tokens
    if overlap > size // 2:
        raise BadRequest(
            f"Invalid '{where}.static.chunk_overlap_tokens': it must not exceed half of max_chunk_size_tokens "
            f"({size}), but is {overlap}.",
            code="invalid_value",
            param=f"{where}.static.chunk_overlap_tokens",
        )


def _check_function(where: str, value: Any) -> None:
    name = getattr(value, "name", None)
    if isinstance(name, str):
        _check_name(f"{where}.name", name)


def _check_attachments(where: str, value: Any) -> None:
    for number, attachment in enumerate(value):
        for place, tool in enumerate(attachment.tools or []):
            if tool.type not in TOOLS[:2]:
                raise refusals.invalid_value(f"{where}[{number}].tools[{place}].type", tool.type, TOOLS[:2])


def _check_content(where: str, value: Any) -> None:
    if value == "":
        raise _nothing_said(where)
    for number, part in enumerate(value):
        if isinstance(part, NewTextContent) and not part.text:
            raise _nothing_said(f"{where}[{number}].text")


def _nothing_said(where: str) -> BadRequest:
    return BadRequest("Message content must be non-empty.", param=where)


def _check_image_url(where: str, value: Any) -> None:
    if not value.url.lower().startswith(("http://", "https://", "data:image/")):
        raise BadRequest(
            f"Invalid '{where}.url': Expected a URL that begins with http:// or https://, or an image as a "
            f"data: URL.",
            code="invalid_value",
            param=f"{where}.url",
        )


def _check_score(where: str, value: Any) -> None:
    # what is no number at all is not between them either
    if not 0 <= value <= 1:
        above = value > 1
        raise refusals.out_of_range(where, value, 1.0 if above else 0.0, above=above)


def _check_results(where: str, value: Any) -> None:
    if not 1 <= value <= MAX_RESULTS:
        above = value > MAX_RESULTS
        raise refusals.out_of_range(where, value, MAX_RESULTS if above else 1, above=above)


def _check_name(where: str, name: str) -> None:
    if not name:
        raise refusals.empty(where, "string")
    _check_length(where, name, FUNCTION_NAME)
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern "
            f"'^{_NAME.pattern}$'.",
            code="invalid_value",
            param=where,
        )


def _check_length(where: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise refusals.too_long_string(where, limit, len(text))


def _check_items(where: str, items: Sequence[object], limit: int) -> None:
    if len(items) > limit:
        raise refusals.too_long_array(where, limit, len(items))


def _models(where: str, value: object) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield where, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _models(f"{where}[{number}]", item)


def _nothing(where: str, value: Any) -> None:
    pass


_SPECIAL: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "metadata": check_pairs,
    "attributes": check_pairs,
    "filters": check_filter,
    "chunking_strategy": _check_chunking,
    "tool_choice": _check_tool_choice,
    "response_format": _check_response_format,
    "truncation_strategy": _check_truncation,
    "tool_resources": _check_tool_resources,
    "function": _check_function,
    "content": _check_content,
    "attachments": _check_attachments,
    "image_url": _check_image_url,
    "score_threshold": _check_score,
    "max_num_results": _check_results,
}
"""Checks by field name, wherever the field is in a request."""
