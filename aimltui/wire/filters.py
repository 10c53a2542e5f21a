"""Filters of a search by file attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aimltui.wire import request_errors as refusals
from aimltui.wire.errors import BadRequest

COMPARISONS: Final = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
COMPOUNDS: Final = ("and", "or")
MAX_DEPTH: Final = 16
MAX_NODES: Final = 1_000

Scalar = (str, bool, int, float)


def check_filter(where: str, value: Any) -> None:
    """Check a filter.

    Raises:
        BadRequest: The first error in it.
    """
    _check(where, value, 1, [0])


def passes(attributes: Mapping[str, object] | None, condition: Mapping[str, Any]) -> bool:
    """Return whether a file with these attributes passes a checked filter.

    A missing attribute is unequal to everything, and neither greater nor less. Values of different types are unequal
    and have no order.
    """
    kind = condition["type"]
    if kind in COMPOUNDS:
        results = (passes(attributes, part) for part in condition["filters"])
        return all(results) if kind == "and" else any(results)
    found, wanted = (attributes or {}).get(condition["key"]), condition["value"]
    match kind:
        case "eq":
            return _equal(found, wanted)
        case "ne":
            return not _equal(found, wanted)
        case "in":
            return any(_equal(found, item) for item in wanted)
        case "nin":
            return not any(_equal(found, item) for item in wanted)
    return _ordered(kind, found, wanted)


def _ordered(kind: str, found: Any, wanted: Any) -> bool:
    if found is None or _family(found) != _family(wanted):
        return False
    match kind:
        case "gt":
            return bool(found > wanted)
        case "gte":
            return bool(found >= wanted)
        case "lt":
            return bool(found < wanted)
    return bool(found <= wanted)


def _equal(found: object, wanted: object) -> bool:
    return found is not None and _family(found) == _family(wanted) and found == wanted


def _family(value: object) -> str:
    # bool before int: in Python a bool is an int, in JSON it is not
    return "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _check(where: str, value: Any, depth: int, seen: list[int]) -> None:
    if not isinstance(value, dict):
        raise refusals.invalid_type(where, "an object", value)
    seen[0] += 1
    if depth > MAX_DEPTH or seen[0] > MAX_NODES:
        raise BadRequest(
            f"Invalid '{where}': the filter is too large. At most {MAX_DEPTH} levels and {MAX_NODES:,} conditions "
            "are taken.",
            code="invalid_value",
            param=where,
        )
    if "type" not in value:
        raise refusals.missing(f"{where}.type")
    kind = value["type"]
    if kind not in COMPARISONS + COMPOUNDS:
        raise refusals.invalid_value(f"{where}.type", kind, COMPARISONS + COMPOUNDS)
    known = ("type", "filters") if kind in COMPOUNDS else ("type", "key", "value")
    for name in value:
        if name not in known:
            raise refusals.unknown_parameter(f"{where}.{name}")
    for name in known:
        if name not in value:
            raise refusals.missing(f"{where}.{name}")
    if kind in COMPARISONS:
        _check_comparison(where, value)
        return
    if not isinstance(value["filters"], list):
        raise refusals.invalid_type(f"{where}.filters", "an array", value["filters"])
    if not value["filters"]:
        raise refusals.empty(f"{where}.filters", "array")
    for number, part in enumerate(value["filters"]):
        _check(f"{where}.filters[{number}]", part, depth + 1, seen)


def _check_comparison(where: str, value: dict[str, Any]) -> None:
    if not isinstance(value["key"], str):
        raise refusals.invalid_type(f"{where}.key", "a string", value["key"])
    wanted = value["value"]
    if value["type"] in ("in", "nin"):
        if not isinstance(wanted, list):
            raise refusals.invalid_type(f"{where}.value", "an array", wanted)
        for number, item in enumerate(wanted):
            if not isinstance(item, Scalar):
                raise refusals.invalid_type(f"{where}.value[{number}]", "a string or a number", item)
    elif not isinstance(wanted, Scalar):
        raise refusals.invalid_type(f"{where}.value", "a string, a number or a boolean", wanted)
