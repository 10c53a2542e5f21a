"""What the Connect screen offers and what its form holds, without a screen. A typed key is in no text of this module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from aimltui.common.urls import AIMLAPI_BASE_URL, OPENAI_BASE_URL, same_origin
from aimltui.connections.types import ConnectionDraft, ConnectionRow, EnvironmentKey, KeyPlace, LocalServer

LOCAL, OTHER, DEMO = "local", "other", "demo"
"""Offers that are no endpoint by themselves."""

KEEP, NO_KEY, NAMED, TYPED = "keep", "none", "environment", "typed"
"""Where the key comes from, beside `keychain`, `file` and `found:VARIABLE`; `typed` while the places are unknown."""
_FOUND = "found:"

_LOOPBACK = ("localhost", "127.", "[::1]", "0.0.0.0")  # noqa: S104  # compared with, never bound
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class ConnectOption:
    """One of the things to connect to."""

    id: str
    label: str
    hint: str
    help: str
    """A sentence or two about it."""
    base_url: str = ""
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class KeyOption:
    """Where the key comes from, or where it goes."""

    id: str
    label: str
    hint: str = ""


def offers(found: Sequence[EnvironmentKey], *, with_demo: bool) -> list[ConnectOption]:
    """What there is to choose from: AI/ML API first.

    Args:
        found: Keys in the environment.
        with_demo: Offer to look around without any endpoint.
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
        ConnectOption(
            f"env:{url}",
            key.provider,
            _found_hint(found, url),
            f"Contacts {host_of(url)}.",
            url,
        )
        for url, key in others.items()
    ]
    known += [
        ConnectOption(
            LOCAL,
            "A server on this machine",
            "Ollama, LM Studio, llama.cpp, vLLM",
            "Asks the usual ports of this machine, and nothing else, which servers of models run here.",
        ),
        ConnectOption(
            OTHER,
            "Another address",
            "any OpenAI-compatible URL",
            "Any server of chat models, or one that speaks the Assistants API. Contacts the address that you type.",
        ),
    ]
    if with_demo:
        demo = "A scripted model answers; nothing is contacted. Connect later, whenever you like: ctrl+p, Connections."
        known.append(ConnectOption(DEMO, "Look around first", "an offline demo", demo))
    return known


def _is_other(key: EnvironmentKey, known: Sequence[ConnectOption]) -> bool:
    return all(not same_origin(key.base_url, offer.base_url) for offer in known)


def _found_hint(found: Sequence[EnvironmentKey], base_url: str) -> str:
    names = [key.variable for key in found if same_origin(key.base_url, base_url)]
    return f"found {names[0]}: use it" if names else ""


def models_text(number: int) -> str:
    """A number of models with its word."""
    return "1 model" if number == 1 else f"{number:,} models"


def server_offer(server: LocalServer) -> ConnectOption:
    """A server of this machine."""
    host = host_of(server.base_url)
    return ConnectOption(
        f"server:{server.base_url}",
        f"{server.name} · {'wants its key' if server.wants_key else models_text(server.models)}",
        host,
        f"It answers at {host}, on this machine.",
        server.base_url,
        needs_key=server.wants_key,
    )


@dataclass
class ConnectForm:
    """What is typed and chosen for one connection."""

    title: str
    base_url: str
    name: str
    option: str
    """Where the key comes from: `keep`, `found:NAME`, `keychain`, `file`, `environment`, `none`, or `typed`."""
    found: tuple[str, ...] = ()
    """Variables that hold a key for this endpoint."""
    stored: ConnectionRow | None = None
    """The connection that is changed; None for a new one."""
    has_address: bool = False
    """Whether the address can be changed."""
    has_kind: bool = False
    """Whether it can be a server of the Assistants API."""
    needs_key: bool = True
    kind: Literal["models", "assistants"] = "models"
    key: str = field(default="", repr=False)
    variable: str = ""
    make_default: bool = True
    places: tuple[KeyPlace, ...] | None = None
    """Where a typed key can be kept; None while nobody knows."""

    @property
    def url(self) -> str:
        """The address with its scheme: `http` for this machine, else `https`."""
        text = "".join(self.base_url.split())
        if not text or _SCHEME.match(text):
            return text
        return f"http://{text}" if text.lower().startswith(_LOOPBACK) else f"https://{text}"

    @property
    def is_moved(self) -> bool:
        """Whether the key that is kept was made for another host."""
        return self.stored is not None and not same_origin(self.stored.base_url, self.url)

    @property
    def is_typed(self) -> bool:
        """Whether the key is to be typed."""
        return self.option in ("keychain", "file", TYPED)

    def options(self) -> list[KeyOption]:
        """Where the key can come from, the best first."""
        found = () if self.is_moved else self.found
        options = [
            KeyOption(f"{_FOUND}{name}", f"Use {name}", "found; the key is not stored") for name in found
        ]
        if self.stored is not None and self.stored.key_place != "none" and not self.is_moved:
            options.insert(0, KeyOption(KEEP, "As now", stored_words(self.stored)))
        places = self.places
        if places is None:
            options.append(KeyOption(TYPED, "Paste a key", "looking where it can be kept…"))
        for place in places or ():
            if place in _PLACES:
                options.append(KeyOption(place, *_PLACES[place]))
        options.append(KeyOption(NAMED, "Name a variable", "it holds the key; not stored"))
        none = KeyOption(NO_KEY, "No key", "the server asks for none")
        if not self.needs_key:
            options.insert(1 if options[0].id == KEEP else 0, none)
        elif self.has_address:
            options.append(none)
        return options

    def settle(self) -> None:
        """Choose another option where the chosen one is not offered any more, or the places are known now."""
        ids = [option.id for option in self.options()]
        if self.option not in ids:
            typed = [option for option in ids if option in ("keychain", "file", TYPED)]
            self.option = typed[0] if self.option in (TYPED, KEEP) and typed else ids[0]

    def ask_anew(self) -> None:
        """The kept key was refused: begin where another one is pasted, or with one that was found."""
        self.option = f"{_FOUND}{self.found[0]}" if self.found else TYPED

    def ask_to_paste(self) -> None:
        """The key is pasted: it goes to the best place, unless one was chosen."""
        if not self.is_typed:
            self.option = TYPED
            self.settle()

    @property
    def final_name(self) -> str:
        """What it will be called: by its host where nothing was typed."""
        return self.name.strip() or host_of(self.url)

    def problem(self, taken: Iterable[str]) -> tuple[str, str] | None:
        """Which field is at fault, and a sentence about it; None if none is.

        Args:
            taken: Names of the other connections.
        """
        if not self.url:
            return "address", "The address is missing, such as http://localhost:8080/v1."
        if self.is_typed and not one_line(self.key):
            if self.is_moved:
                return (
                    "key",
                    "The address has another host, and the kept key stays with its own. Paste the new one.",
                )
            return "key", "The key is missing: paste it, or choose where else it is."
        if self.option == NAMED and not _VARIABLE.fullmatch(self.variable.strip()):
            return "variable", "Type the name of the variable that holds the key, such as MY_API_KEY."
        name = self.final_name
        if name.casefold() in {other.casefold() for other in taken}:
            return "name", f"There is a connection called {name} already. Give this one another name."
        return None

    def draft(self) -> ConnectionDraft:
        """What the service is to try and to keep."""
        draft = ConnectionDraft(self.final_name, self.url, kind=self.kind)
        if self.option == KEEP and self.stored is not None:
            variable = self.stored.key_hint if self.stored.key_place == "environment" else ""
            return replace(draft, key_place=self.stored.key_place, key_variable=variable)
        if self.option.startswith(_FOUND):
            return replace(draft, key_place="environment", key_variable=self.option.removeprefix(_FOUND))
        if self.option == NAMED:
            return replace(draft, key_place="environment", key_variable=self.variable.strip())
        if self.option == NO_KEY:
            return draft
        place: KeyPlace = "keychain" if self.option == "keychain" else "file"
        return replace(draft, key_place=place, key=one_line(self.key))


_PLACES: dict[str, tuple[str, str]] = {
    "keychain": ("Paste, keep in keychain", "locked with your login"),
    "file": ("Paste, keep in a file", "readable by you only (0600)"),
}


def form_for(
    offer: ConnectOption,
    found: Sequence[EnvironmentKey],
    rows: Sequence[ConnectionRow],
    *,
    make_default: bool = True,
) -> ConnectForm:
    """The form for something that was chosen.

    Args:
        offer: What was chosen.
        found: Keys in the environment.
        rows: The connections there are.
        make_default: Whether new threads are to use it.
    """
    is_other = offer.id == OTHER
    names = tuple(
        key.variable for key in found if offer.base_url and same_origin(key.base_url, offer.base_url)
    )
    label = offer.label.partition(" · ")[0]
    option = f"{_FOUND}{names[0]}" if names else TYPED if offer.needs_key else NO_KEY
    return ConnectForm(
        title="Another address" if is_other else label,
        base_url=offer.base_url,
        name="" if is_other else free_name(label, rows),
        option=option,
        found=names,
        has_address=is_other,
        has_kind=is_other,
        needs_key=offer.needs_key,
        make_default=make_default,
    )


def form_of(row: ConnectionRow, found: Sequence[EnvironmentKey]) -> ConnectForm:
    """The form for changing a connection.

    Args:
        row: The connection.
        found: Keys in the environment.
    """
    names = tuple(
        key.variable
        for key in found
        if same_origin(key.base_url, row.base_url)
        and not (row.key_place == "environment" and key.variable == row.key_hint)
    )
    return ConnectForm(
        title=row.name,
        base_url=row.base_url,
        name=row.name,
        option=NO_KEY if row.key_place == "none" else KEEP,
        found=names,
        stored=row,
        has_address=True,
        needs_key=row.key_place != "none",
        make_default=row.is_default,
    )


def free_name(name: str, rows: Sequence[ConnectionRow]) -> str:
    """A name that no connection has yet."""
    taken = {row.name.casefold() for row in rows}
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name} {number}"
    return free


def one_line(text: str) -> str:
    """A pasted key in one line; what else came with it is taken away by the service, which knows keys."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def stored_words(row: ConnectionRow) -> str:
    """Where a connection's key is, in words: never the key."""
    match row.key_place:
        case "environment":
            return f"in {row.key_hint}" if row.key_hint else "in the environment"
        case "keychain":
            return f"{row.key_hint} in the keychain".strip()
        case "file":
            return f"{row.key_hint} in a file".strip()
        case _:
            return "no key"


def host_of(url: str) -> str:
    """Host and port, as people write them; the text itself if it is no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url
