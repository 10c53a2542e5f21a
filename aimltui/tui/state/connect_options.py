"""What the Connect screen offers to connect to. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.common.dataclass import dataclass
from aimltui.common.urls import AIMLAPI_BASE_URL, OPENAI_BASE_URL, same_origin
from aimltui.connections.types import ConnectionRow, EnvironmentKey, LocalServer
from aimltui.formatting.numbers import plural
from aimltui.tui.state.connect_form import FOUND, NO_KEY, TYPED, ConnectForm, host_of
from aimltui.tui.state.guides import DEMO_HINT, TRY_DEMO

LOCAL, OTHER, DEMO = "local", "other", "demo"
"""Options that have no address yet."""


@dataclass(frozen=True, slots=True)
class ConnectOption:
    """An endpoint, or a way to one."""

    id: str
    label: str
    hint: str
    help: str
    """A sentence or two about it."""
    base_url: str = ""
    needs_key: bool = True


_SERVERS = ConnectOption(
    LOCAL,
    "A server on this machine",
    "Ollama, LM Studio, llama.cpp, vLLM",
    "Looks for model servers on this machine's usual ports (ctrl+r). Nothing else is contacted.",
)
_ADDRESS = ConnectOption(
    OTHER,
    "Another address",
    "any OpenAI-compatible URL",
    "Any server of chat models, or of the Assistants API. Contacts the address that you type.",
)
_DEMO = ConnectOption(
    DEMO,
    TRY_DEMO,
    DEMO_HINT,
    "You can connect a real model at any time: /connect, or ctrl+p, Connections.",
)


def connect_options(found: Sequence[EnvironmentKey], *, with_demo: bool) -> list[ConnectOption]:
    """What the user can connect to, AI/ML API first.

    Args:
        found: Keys in the environment.
        with_demo: Whether to offer the demo, too.
    """
    known = [
        ConnectOption(
            "aimlapi",
            "AI/ML API",
            _found_hint(found, AIMLAPI_BASE_URL) or "one key, hundreds of models",
            "One key for the models of all vendors. Contacts api.aimlapi.com.",
            AIMLAPI_BASE_URL,
        ),
        ConnectOption(
            "openai",
            "OpenAI",
            _found_hint(found, OPENAI_BASE_URL) or "with a key of OpenAI",
            "OpenAI's own models. Contacts api.openai.com.",
            OPENAI_BASE_URL,
        ),
    ]
    others = {key.base_url: key for key in reversed(found) if _is_other(key, known)}
    known += [
        ConnectOption(f"env:{url}", key.provider, _found_hint(found, url), f"Contacts {host_of(url)}.", url)
        for url, key in others.items()
    ]
    return [*known, _SERVERS, _ADDRESS, *([_DEMO] if with_demo else [])]


def server_option(server: LocalServer) -> ConnectOption:
    """The option for a server that answered on this machine."""
    host = host_of(server.base_url)
    return ConnectOption(
        f"server:{server.base_url}",
        f"{server.name} · {'needs a key' if server.wants_key else plural(server.models, 'model')}",
        host,
        f"It answers at {host}, on this machine.",
        server.base_url,
        needs_key=server.wants_key,
    )


def _is_other(key: EnvironmentKey, known: Sequence[ConnectOption]) -> bool:
    return all(not same_origin(key.base_url, option.base_url) for option in known)


def _found_hint(found: Sequence[EnvironmentKey], base_url: str) -> str:
    names = [key.variable for key in found if same_origin(key.base_url, base_url)]
    return f"found {names[0]}: use it" if names else ""


def form_for(
    option: ConnectOption,
    found: Sequence[EnvironmentKey],
    rows: Sequence[ConnectionRow],
    *,
    make_default: bool = True,
) -> ConnectForm:
    """The form for a new connection.

    Args:
        option: What was chosen.
        found: Keys in the environment.
        rows: The connections that exist.
        make_default: Whether new threads use it.
    """
    is_other = option.id == OTHER
    names = tuple(
        key.variable for key in found if option.base_url and same_origin(key.base_url, option.base_url)
    )
    label = option.label.partition(" · ")[0]
    key_option = f"{FOUND}{names[0]}" if names else TYPED if option.needs_key else NO_KEY
    return ConnectForm(
        title="Another address" if is_other else label,
        base_url=option.base_url,
        name="" if is_other else free_name(label, rows),
        option=key_option,
        found=names,
        has_address=is_other,
        has_kind=is_other,
        needs_key=option.needs_key,
        make_default=make_default,
    )


def free_name(name: str, rows: Sequence[ConnectionRow]) -> str:
    """The name, with a number behind it if a connection has that name already."""
    taken = {row.name.casefold() for row in rows}
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name} {number}"
    return free
