"""Reads single values of any server's list of models: texts, numbers, ids, prices. Invalid values give None."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON, Price
from aimltui.engine.models.endpoint.redaction import clip, one_line

ID_LIMIT = 200
NAME_LIMIT = 120
MOST_TOKENS = 2**30
"""A larger context length must be an error in the list."""
MOST_DOLLARS = 0.02
"""Highest believable price of one token; the most expensive known model costs a thirtieth of it."""
_ALIASES = 16
_IN_NAME = pattern(r"(?<![a-z\d.])(?:(\d+)x)?e?(\d+(?:\.\d+)?)([bm])(?![a-z\d])")
_LEAST_MILLIONS = 30
_COUNT = pattern(r"(\d{1,6}(?:\.\d{1,6})?)\s*([KMBT])", re.IGNORECASE)
_UNITS = {"K": 1_000, "M": 1_000_000, "B": 1_000_000_000, "T": 1_000_000_000_000}
_MAKERS = {
    "open ai": "OpenAI",
    "openai": "OpenAI",
    "openai-internal": "OpenAI",
    "x ai": "xAI",
    "x-ai": "xAI",
    "nvidia": "NVIDIA",
    "deepseek": "DeepSeek",
    "deepseek ai": "DeepSeek",
    "deepseek-ai": "DeepSeek",
    "zhipu": "Zhipu AI",
    "mistralai": "Mistral AI",
    "bytedance seed": "ByteDance",
    "anthropic": "Anthropic",
    "google": "Google",
    "llamacpp": "llama.cpp",
    "library": "Ollama",
    "organization_owner": "LM Studio",
}
"""One spelling for each maker, so that its models form one group."""


def mapping(value: JSON) -> Mapping[str, JSON]:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: JSON) -> Sequence[JSON]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else ()


def words(value: JSON) -> frozenset[str] | None:
    """The texts of a list in lower case; None if it is no list of texts."""
    if not isinstance(value, list):
        return None
    return frozenset(item.strip().lower() for item in value if isinstance(item, str))


def text_of(*values: JSON, limit: int = NAME_LIMIT) -> str:
    """The first text among the values, as one line without control characters."""
    for value in values:
        if isinstance(value, str) and (line := one_line(value[: 8 * limit])):
            return clip(line, limit)
    return ""


def id_of(value: JSON) -> str | None:
    """A model's id. An id with invisible characters is refused, as it could pass for another one."""
    if not isinstance(value, str) or len(value) > ID_LIMIT or not value.isprintable():
        return None
    return value.strip() or None


def aliases_of(value: JSON, own: str) -> tuple[str, ...]:
    """Other ids of the same model, each once."""
    if isinstance(value, str):
        value = [value]
    found = dict.fromkeys(alias for item in listed(value) if (alias := id_of(item)) and alias != own)
    return tuple(found)[:_ALIASES]


def tokens_of(*values: JSON) -> int | None:
    """The first value that can be a number of tokens, also as text."""
    for value in values:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
            value = int(value)
        if isinstance(value, float) and math.isfinite(value) and value == int(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS:
            return value
    return None


def count_of(value: JSON) -> int | None:
    """A number of weights: an integer, or a text such as `494.03M`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > 0 else None
    found = _COUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    return round(float(found[1]) * _UNITS[found[2].upper()]) if found is not None else None


def weights_in_name(model_id: str) -> int | None:
    """The number of weights that a model's name gives, such as 500 million for `qwen2.5-coder-0.5b`; None for none.

    Of several numbers the greatest one counts: `30b-a3b` has 30 billion weights, of which 3 are active.
    """
    found = [
        float(count) * int(experts or 1) * _UNITS[unit.upper()]
        for experts, count, unit in _IN_NAME.findall(model_id.lower())
        # `1m` is the length of a context
        if unit == "b" or float(count) >= _LEAST_MILLIONS
    ]
    return round(max(found)) if found else None


def time_of(*values: JSON) -> int | None:
    """The first value that is a time: Unix seconds, or a date such as 2025-08-07."""
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**33:
            return value
        if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return int(datetime.fromisoformat(value[:10]).replace(tzinfo=UTC).timestamp())
            except (ValueError, OverflowError):
                continue
    return None


def maker_of(name: str, model_id: str = "") -> str:
    """A maker's name in one spelling; without a name, the part before the slash of the id."""
    if name.lower() in ("", "system"):
        name = model_id.partition("/")[0] if "/" in model_id else name
    return _MAKERS.get(name.lower(), name)


def dollars(value: JSON, per: JSON = 1) -> float | None:
    """A price per token; None if it is missing, below zero, or unbelievably high."""
    try:
        amount, divisor = (
            float(part) if isinstance(part, int | float | str) and not isinstance(part, bool) else math.nan
            for part in (value, per)
        )
    except (ValueError, OverflowError):
        return None
    if not (math.isfinite(amount) and math.isfinite(divisor)) or divisor <= 0:
        return None
    price = amount / divisor
    return price if 0 <= price <= MOST_DOLLARS else None


def cost_of(value: JSON) -> float | None:
    """Dollars from a JSON number or a header's text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = float(value)
    except (ValueError, OverflowError):
        return None
    return cost if math.isfinite(cost) and cost >= 0 else None


def price_of(pricing: JSON) -> tuple[Price | None, bool]:
    """Read a row's `pricing`.

    Returns:
        The price as far as it is known, and whether it depends on the request.
    """
    pricing = mapping(pricing)
    if "prompt" in pricing or "completion" in pricing:
        flat = Price(
            dollars(pricing.get("prompt")),
            dollars(pricing.get("completion")),
            dollars(pricing.get("input_cache_read")),
        )
        return _known(flat), pricing.get("prompt") in ("-1", -1)
    if str(pricing.get("currency") or "USD").upper() != "USD":
        return None, False
    kind = pricing.get("kind")
    if kind == "variable":
        return None, True
    units = [mapping(unit) for unit in listed(pricing.get("units"))]
    for variant in listed(pricing.get("variants")):
        units += [mapping(unit) for unit in listed(mapping(variant).get("units"))]
    found: dict[str, set[float | None]] = {}
    for unit in units:
        if (place := _place(unit)) is not None:
            found.setdefault(place, set()).add(dollars(unit.get("price"), unit.get("per")))
    # Of two prices for the same thing, the request decides which one applies, so the price is unknown.
    price = Price(*(_only(found.get(place, ())) for place in ("prompt", "completion", "cached")))
    return _known(price), kind == "variants" and any(len(prices) > 1 for prices in found.values())


def _place(unit: Mapping[str, JSON]) -> str | None:
    """The part of a price that a unit belongs to."""
    if str(unit.get("name") or "token").lower() not in ("token", "tokens"):
        return None
    if str(unit.get("modality") or "text").lower() != "text":
        return None
    origin, measure = str(unit.get("origin") or "").lower(), str(unit.get("measure") or "").lower()
    if origin == "cached" or "cach" in measure:
        # Writing into the cache has another price than reading from it.
        return None if "write" in measure or measure == "output" else "cached"
    if measure == "input" or (not measure and origin == "provided"):
        return "prompt"
    if measure == "output" or (not measure and origin == "generated"):
        return "completion"
    return None


def _only(prices: Iterable[float | None]) -> float | None:
    known = list(prices)
    return known[0] if len(known) == 1 else None


def _known(price: Price) -> Price | None:
    return None if price == Price() else price
