"""Refusals of request parameters, in the API's own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aimltui.wire.errors import BadRequest


def unknown_parameter(name: str) -> BadRequest:
    """Refuse a name that the operation does not have."""
    return BadRequest(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)


def missing(name: str) -> BadRequest:
    """Refuse a request without a required parameter."""
    return BadRequest(f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)


def invalid_type(name: str, expected: str, value: object) -> BadRequest:
    """Refuse a value of the wrong type."""
    return BadRequest(
        f"Invalid type for '{name}': expected {expected}, but got {kind_of(value)} instead.",
        code="invalid_type",
        param=name,
    )


def invalid_value(name: str, value: object, supported: Sequence[str]) -> BadRequest:
    """Refuse a value that is not one of the fixed ones."""
    return BadRequest(
        f"Invalid value: '{value}'. Supported values are: {_listed(supported)}.",
        code="invalid_value",
        param=name,
    )


def wrong_prefix(name: str, value: str, prefix: str) -> BadRequest:
    """Refuse an id of another kind, or a text that is not an id."""
    return BadRequest(
        f"Invalid '{name}': '{value}'. Expected an ID that begins with '{prefix}'.",
        code="invalid_value",
        param=name,
    )


def out_of_range(name: str, value: float, bound: float, *, above: bool) -> BadRequest:
    """Refuse a number beyond one of its limits."""
    # the parameter decides, not the value: 3 is too large a decimal for a temperature
    word = "integer" if isinstance(bound, int) else "decimal"
    side, sign, code = ("above maximum", "<=", "above_max") if above else ("below minimum", ">=", "below_min")
    limit = int(bound) if float(bound).is_integer() else bound
    return BadRequest(
        f"Invalid '{name}': {word} {side} value. Expected a value {sign} {limit}, but got {value} instead.",
        code=f"{word}_{code}_value",
        param=name,
    )


def too_long_string(name: str, limit: int, length: int) -> BadRequest:
    """Refuse a string with too many characters."""
    return BadRequest(
        f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead.",
        code="string_above_max_length",
        param=name,
    )


def too_long_array(name: str, limit: int, length: int) -> BadRequest:
    """Refuse an array with too many items."""
    return BadRequest(
        f"Invalid '{name}': array too long. Expected an array with maximum length {limit}, "
        f"but got an array with length {length} instead.",
        code="array_above_max_length",
        param=name,
    )


def empty(name: str, kind: str) -> BadRequest:
    """Refuse an empty `string` or `array`."""
    article = "an" if kind == "array" else "a"
    return BadRequest(
        f"Invalid '{name}': empty {kind}. Expected {article} {kind} with minimum length 1, "
        f"but got an empty {kind} instead.",
        code=f"empty_{kind}",
        param=name,
    )


def kind_of(value: object) -> str:
    """Return the type of a JSON value with its article."""
    if value is None:
        return "null"
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "something else")


# bool before int: in Python a bool is an int
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)


def _listed(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
