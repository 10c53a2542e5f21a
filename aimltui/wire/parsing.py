"""Turns JSON and query strings into params, and refuses errors in the API's own words."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from aimltui.wire import request_errors as refusals
from aimltui.wire.base import JSONObject, Params
from aimltui.wire.constraints import check_params
from aimltui.wire.errors import BadRequest
from aimltui.wire.operations import Operation

Query = Sequence[tuple[str, str]]
"""Names and values in the order of the query string, decoded."""

IGNORED_QUERY = frozenset({"api-version"})
"""Azure's client sends it with every request; it says nothing about the operation."""

Part = TypeVar("Part", bound=BaseModel)

_MAX_DIGITS = 18


MAX_INTEGER: Final = 2**63 - 1
"""The largest integer of a parameter, as SQLite stores it."""


def parse_json(body: bytes) -> JSONObject:
    """Return the JSON object of a body; an empty body, or null, is an empty object.

    Raises:
        BadRequest: Not JSON, or JSON that is not an object.
    """
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"We could not parse the JSON body of your request: {error}.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(
            f"Invalid type for the body: expected an object, but got {refusals.kind_of(value)} instead.",
            code="invalid_type",
        )
    return value


def wants_stream(operation: Operation[Any, Any], body: Mapping[str, Any]) -> bool:
    """Return whether the request asks for a stream.

    Raises:
        BadRequest: `stream` is neither a boolean nor null.
    """
    if operation.streams != "optional":
        return operation.streams == "always"
    value = body.get("stream")
    if value is not None and not isinstance(value, bool):
        raise refusals.invalid_type("stream", "a boolean", value)
    return bool(value)


def parse_params(
    operation: Operation[Any, Any], path: Mapping[str, str], query: Query, body: Mapping[str, Any]
) -> Params:
    """Return the operation's params, fully checked.

    In a body a string is not a number and a boolean is not an integer; in a query every value is text and is read as the
    parameter's type.

    Raises:
        BadRequest: A parameter is missing, unknown, of the wrong type or outside its limits.
    """
    in_query = operation.query if operation.method == "POST" else frozenset(operation.params.model_fields)
    fields = dict(body)
    if operation.streams == "optional":
        fields.pop("stream", None)
    for name in fields:
        # a parameter of the path or the query is unknown in a body
        if name in path or name in operation.query:
            raise refusals.unknown_parameter(name)
    fields.update(_from_query(operation, query, in_query - frozenset(path)))
    return validated(operation.params, {**fields, **path})


def form_fields(operation: Operation[Any, Any], pairs: Query) -> JSONObject:
    """Return the text fields of a form as JSON values: `expires_after[seconds]` is a member of an object.

    Raises:
        BadRequest: A field is unknown, given twice, or of a type that text cannot have.
    """
    fields: JSONObject = {}
    for full_name, text in pairs:
        name, _, rest = full_name.partition("[")
        info = operation.params.model_fields.get(name)
        if info is None or f"{{{name}}}" in operation.path:
            raise refusals.unknown_parameter(full_name)
        if name == operation.blob:
            # a text field must never be taken for the description of a file on this machine
            raise refusals.invalid_type(full_name, "a file", text)
        kind = _plain_kind(info.annotation)
        inner = rest.removesuffix("]")
        if kind is None or issubclass(kind, BaseModel) != bool(rest):
            raise refusals.unknown_parameter(full_name)
        target = fields
        if issubclass(kind, BaseModel):
            known = kind.model_fields.get(inner)
            if known is None:
                raise refusals.unknown_parameter(full_name)
            kind, name, target = _plain_kind(known.annotation), inner, fields.setdefault(name, {})
        if name in target:
            raise BadRequest(f"The form has the field '{full_name}' twice.", param=full_name)
        target[name] = _read(full_name, text, kind)
    return fields


def validated(kind: type[Params], fields: Mapping[str, Any]) -> Params:
    """Return params from JSON values, fully checked.

    Raises:
        BadRequest: See `parse_params`.
    """
    try:
        # through JSON, because only there strict mode lets an object become a model
        params = kind.model_validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        raise refusal(error, fields) from error
    except RecursionError as error:
        raise BadRequest(
            "We could not parse the JSON body of your request: it is nested too deeply."
        ) from error
    _check_integers(params, ())
    check_params(params)
    return params


def checked(kind: type[Part], fields: JSONObject) -> Part:
    """Return the object of a part of a request.

    Raises:
        BadRequest: A value is malformed.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise refusal(error, fields) from error


def check_text(body: bytes) -> None:
    """Check that no string of a JSON body has half of a surrogate pair, which cannot be stored.

    Raises:
        BadRequest: One has.
    """
    try:
        if b"\\u" in body:
            from_json(body)
    except ValueError as error:
        raise BadRequest(f"We could not parse the JSON body of your request: {error}.") from error


def _check_integers(params: BaseModel, path: tuple[str | int, ...]) -> None:
    """Refuse an integer that no column of 64 bits holds; what a JSON Schema says is not looked at.

    Raises:
        BadRequest: An integer is too large or too small.
    """
    for name in type(params).model_fields:
        value = getattr(params, name)
        inner = value if isinstance(value, list) else [value]
        for index, one in enumerate(inner):
            place = (*path, name, index) if inner is value else (*path, name)
            if isinstance(one, BaseModel):
                _check_integers(one, place)
            elif isinstance(one, int) and not -MAX_INTEGER <= one <= MAX_INTEGER:
                limit = MAX_INTEGER if one > 0 else -MAX_INTEGER
                raise refusals.out_of_range(path_text(place), one, limit, above=one > 0)


def refusal(error: ValidationError, fields: Any) -> BadRequest:
    """Return pydantic's first error in the API's words."""
    found = [_Finding(details, fields) for details in error.errors(include_url=False, include_context=True)]
    found = sorted(found, key=lambda finding: finding.kind != "extra_forbidden")
    first = found[0]
    # every member of a union reports its error; the one that went deepest was meant
    same = [finding for finding in found if finding.path[:1] == first.path[:1]]
    deepest = max(same, key=lambda finding: len(finding.path))
    alike = [finding for finding in same if finding.path == deepest.path]
    fitting = next((finding for finding in alike if finding.kind not in _EXPECTED), alike[0])
    return fitting.refusal(alike)


_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


class _Finding:
    """One error of pydantic, with its place in the request."""

    def __init__(self, details: Any, fields: Any) -> None:
        self.kind: str = details["type"]
        self._context: Mapping[str, Any] = details.get("ctx", {})
        self.path, self.value = _locate(details["loc"], fields, self.kind)
        self._text: str = details["msg"]

    @property
    def name(self) -> str:
        return path_text(self.path)

    def refusal(self, alike: Sequence[_Finding]) -> BadRequest:
        if self.kind == "missing":
            return refusals.missing(self.name)
        if self.kind == "json_invalid":
            return BadRequest(f"We could not parse the JSON body of your request: {self._text}.")
        if self.kind == "extra_forbidden":
            return refusals.unknown_parameter(self.name)
        if self.kind in _EXPECTED:
            expected = list(dict.fromkeys(_EXPECTED[f.kind] for f in alike if f.kind in _EXPECTED))
            words = expected[0] if len(expected) == 1 else f"one of {' or '.join(expected)}"
            return refusals.invalid_type(self.name, words, self.value)
        return self._limit() or BadRequest(
            f"Invalid '{self.name}': {self._text}.", code="invalid_value", param=self.name
        )

    def _limit(self) -> BadRequest | None:
        context, name, value = self._context, self.name, self.value
        match self.kind:
            case "less_than_equal":
                return refusals.out_of_range(name, value, context["le"], above=True)
            case "greater_than_equal":
                return refusals.out_of_range(name, value, context["ge"], above=False)
            case "string_too_long":
                return refusals.too_long_string(name, context["max_length"], len(value))
            case "too_long":
                return refusals.too_long_array(name, context["max_length"], len(value))
            case "too_short":
                return refusals.empty(name, "array")
        return None


def path_text(path: Sequence[str | int]) -> str:
    """Return a place in a request as the API writes it: `messages[0].content`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _locate(place: Sequence[str | int], fields: Any, kind: str) -> tuple[tuple[str | int, ...], Any]:
    # pydantic's places also name the members of unions; only parts of the request are used
    path: list[str | int] = []
    value = fields
    for number, part in enumerate(place):
        is_key = isinstance(value, dict) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
        elif not (kind == "missing" and number == len(place) - 1):
            continue
        path.append(part)
    return tuple(path), value


def _from_query(operation: Operation[Any, Any], query: Query, allowed: frozenset[str]) -> JSONObject:
    fields: JSONObject = {}
    for full_name, text in query:
        name = full_name.removesuffix("[]")
        if full_name in IGNORED_QUERY:
            continue
        if name not in allowed:
            raise refusals.unknown_parameter(full_name)
        kind = _plain_kind(operation.params.model_fields[name].annotation)
        if kind is list:
            fields.setdefault(name, []).append(text)
        else:
            fields[name] = _read(name, text, kind)
    return fields


def _read(name: str, text: str, kind: type | None) -> object:
    if kind is int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS):
            raise refusals.invalid_type(name, "an integer", text)
        return int(text)
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0"):
            raise refusals.invalid_type(name, "a boolean", text)
        return text.lower() in ("true", "1")
    return text


def _plain_kind(annotation: Any) -> type | None:
    # `Annotated[int | None, ...]` and `list[str] | None` count as int and list
    if get_origin(annotation) is Annotated:
        return _plain_kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return next((_plain_kind(arm) for arm in get_args(annotation) if arm is not types.NoneType), None)
    origin = get_origin(annotation) or annotation
    return origin if isinstance(origin, type) else None


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
