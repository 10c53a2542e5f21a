"""The clients of `aimltui serve` that have a token and a budget: `[serve.clients.NAME]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.common.patterns import pattern
from aimltui.config.toml_file import check_text, type_sentence

LIMITS: Final = {
    "per_day_usd": False,
    "per_day_tokens": True,
    "per_month_usd": False,
    "per_month_tokens": True,
}
"""The limits, and whether each is a whole number."""
_MOST: Final = 1e12
_OPTION = pattern(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>usd|tokens)/(?P<time>day|month)")


@dataclass(frozen=True, slots=True)
class ServedClientSettings:
    """A client of the server."""

    name: str
    token_env: str
    """The environment variable with its token."""
    limits: Mapping[str, float]
    """By the names of `LIMITS`."""


def served_clients(document: Mapping[str, Any], origin: str) -> tuple[ServedClientSettings, ...]:
    """Return the clients that a configuration names.

    Raises:
        ConfigError: A value is not allowed.
    """
    serve = document.get("serve", {})
    table = serve.get("clients", {}) if isinstance(serve, Mapping) else serve
    if not isinstance(table, Mapping):
        raise ConfigError(
            type_sentence(origin, "serve.clients", table, "tables, written [serve.clients.NAME]")
        )
    return tuple(_client(origin, name, given) for name, given in table.items())


def client_of_option(text: str) -> ServedClientSettings:
    """Return the client of a command line: `NAME` or `NAME:1.50usd/day,200000tokens/month`.

    Raises:
        ConfigError: It cannot be read.
    """
    name, _, rest = text.partition(":")
    limits: dict[str, float] = {}
    for part in filter(None, rest.split(",")):
        found = _OPTION.fullmatch(part.strip())
        amount = float(found["amount"]) if found is not None else 0.0
        if found is None or not _is_limit(amount) or (found["unit"] == "tokens" and "." in found["amount"]):
            raise ConfigError(
                f"--client-token {text}: write it as NAME:1.50usd/day,200000tokens/month, where NAME is an environment "
                "variable."
            )
        limits[f"per_{found['time']}_{found['unit']}"] = amount
    if not name:
        raise ConfigError(f"--client-token {text} names no environment variable.")
    return ServedClientSettings(name, name, limits)


def _client(origin: str, name: str, given: object) -> ServedClientSettings:
    if not name:
        raise ConfigError(f"{origin}: a client under serve.clients has no name.")
    where = f"serve.clients.{name}"
    if not isinstance(given, Mapping):
        raise ConfigError(type_sentence(origin, where, given, f"a table, written [{where}]"))
    if "token_env" not in given:
        raise ConfigError(
            f"{origin}: {where} needs token_env, the name of the environment variable with its token."
        )
    check_text(origin, f"{where}.token_env", given["token_env"])
    if unknown := [key for key in given if key not in ("token_env", *LIMITS)]:
        raise ConfigError(
            f"{origin}: {where}.{unknown[0]} is not known. Known: token_env, {', '.join(LIMITS)}."
        )
    limits = {key: _limit(origin, f"{where}.{key}", given[key]) for key in LIMITS if key in given}
    return ServedClientSettings(name, given["token_env"], limits)


def _limit(origin: str, dotted: str, value: object) -> float:
    is_whole = LIMITS[dotted.rpartition(".")[2]]
    is_number = isinstance(value, int) or (isinstance(value, float) and not is_whole)
    if isinstance(value, bool) or not is_number or not _is_limit(value):
        wanted = "a whole number above 0" if is_whole else "a number above 0, without a currency sign"
        raise ConfigError(type_sentence(origin, dotted, value, wanted))
    return float(str(value))


def _is_limit(value: Any) -> bool:
    # no limit is one that nothing reaches, such as nan
    return bool(0 < value <= _MOST)
