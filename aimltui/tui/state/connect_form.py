"""What the form of a connection holds, and the sentences about it. No text of this module contains a typed key. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Literal
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.common.urls import is_private, same_origin
from aimltui.connections.types import ConnectionDraft, ConnectionRow, EnvironmentKey, KeyPlace, Tested

KEEP, NO_KEY, NAMED, TYPED = "keep", "none", "environment", "typed"
"""Where the key comes from, besides `keychain`, `file` and `found:VARIABLE`; `typed` while the places are unknown."""
FOUND = "found:"

_VARIABLE = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class KeyOption:
    """Where the key comes from, or where it is saved."""

    id: str
    label: str
    hint: str = ""


@dataclass
class ConnectForm:
    """What is typed and chosen for one connection."""

    title: str
    base_url: str
    name: str
    option: str
    """Where the key comes from: `keep`, `found:NAME`, `keychain`, `file`, `environment`, `none`, or `typed`."""
    is_chosen: bool = False
    """Whether the user chose where the key comes from; until then it follows from the address."""
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
    """Where a typed key can be saved; None while that is not known."""

    @property
    def url(self) -> str:
        """The address with its scheme: `http` for this machine and its own network, else `https`."""
        text = "".join(self.base_url.split())
        if not text or _SCHEME.match(text):
            return text
        return f"http://{text}" if _is_near(f"http://{text}") else f"https://{text}"

    @property
    def is_moved(self) -> bool:
        """Whether the saved key belongs to another host."""
        return self.stored is not None and not same_origin(self.stored.base_url, self.url)

    @property
    def is_typed(self) -> bool:
        """Whether the user types or pastes the key."""
        return self.option in ("keychain", "file", TYPED)

    def options(self) -> list[KeyOption]:
        """Where the key can come from, the best first."""
        found = () if self.is_moved else self.found
        options = [
            KeyOption(f"{FOUND}{name}", f"Use {name}", "found; the key is not saved") for name in found
        ]
        if self.stored is not None and self.stored.key_place != "none" and not self.is_moved:
            options.insert(0, KeyOption(KEEP, "As now", stored_words(self.stored)))
        places = self.places
        if places is None:
            options.append(KeyOption(TYPED, "Paste a key", "looking where it can be saved…"))
        for place in places or ():
            if place in _PLACES:
                options.append(KeyOption(place, *_PLACES[place]))
        options.append(KeyOption(NAMED, "Name a variable", "it holds the key; not saved"))
        none = KeyOption(NO_KEY, "No key", "the server needs none")
        if not self.needs_key:
            options.insert(1 if options[0].id == KEEP else 0, none)
        elif self.has_address:
            options.append(none)
        return options

    def settle(self) -> None:
        """Choose another option if the chosen one is no longer offered, or if the places have become known.

        A new connection to this machine or its own network gets no key until the user or the server asks for one.
        """
        if (
            self.has_address
            and self.stored is None
            and not self.is_chosen
            and self.option in (NO_KEY, TYPED, *_PLACES)
        ):
            self.option = NO_KEY if _is_near(self.url) else self.option if self.is_typed else TYPED
        ids = [option.id for option in self.options()]
        if self.option not in ids:
            typed = [option for option in ids if option in ("keychain", "file", TYPED)]
            self.option = typed[0] if self.option in (TYPED, KEEP) and typed else ids[0]

    def choose(self, option: str) -> None:
        """Take the user's choice where the key comes from."""
        self.option, self.is_chosen = option, True

    def ask_for_other_key(self) -> None:
        """Choose a key that was found in the environment, or pasting one: the saved key was refused."""
        self.option = f"{FOUND}{self.found[0]}" if self.found else TYPED

    def ask_to_paste(self) -> None:
        """Choose pasting, with the best place for the key, unless a place was chosen already."""
        self.is_chosen = True
        if not self.is_typed:
            self.option = TYPED
            self.settle()

    @property
    def final_name(self) -> str:
        """The name under which it will be saved: what was typed, or the host."""
        return self.name.strip() or host_of(self.url)

    def problem(self, taken: Iterable[str]) -> tuple[str, str] | None:
        """The first field that is wrong, and a sentence about it; None if all are right.

        Args:
            taken: Names of the other connections.
        """
        if not self.url:
            return "address", "The address is missing, such as http://localhost:8080/v1."
        if self.is_typed and not one_line(self.key):
            if self.is_moved:
                return (
                    "key",
                    "The address has another host, and the saved key is not sent there. Paste the new one.",
                )
            return "key", "The key is missing: paste it, or choose where it comes from."
        if self.option == NAMED and not _VARIABLE.fullmatch(self.variable.strip()):
            return "variable", "Type the name of the variable that holds the key, such as MY_API_KEY."
        name = self.final_name
        if name.casefold() in {other.casefold() for other in taken}:
            return "name", f"There is a connection called {name} already. Give this one another name."
        return None

    def promise(self) -> str:
        """What is contacted, and which host gets the key, as sentences."""
        host = host_of(self.url) if self.url else "this address"
        text = f"Only {host} is contacted{'' if self.option == NO_KEY else ', and only it gets the key'}."
        if self.is_moved:
            text = f"The saved key is not for {host}, so it is not sent there. Enter the key for {host}."
        if self.stored is not None:
            text += "\nIts name stays: threads remember the connection by it."
        return text if self.has_address else f"{self.base_url}\n{text}"

    def draft(self) -> ConnectionDraft:
        """What is tested and saved."""
        draft = ConnectionDraft(self.final_name, self.url, kind=self.kind)
        if self.option == KEEP and self.stored is not None:
            variable = self.stored.key_hint if self.stored.key_place == "environment" else ""
            return replace(draft, key_place=self.stored.key_place, key_variable=variable)
        if self.option.startswith(FOUND):
            return replace(draft, key_place="environment", key_variable=self.option.removeprefix(FOUND))
        if self.option == NAMED:
            return replace(draft, key_place="environment", key_variable=self.variable.strip())
        if self.option == NO_KEY:
            return draft
        place: KeyPlace = "keychain" if self.option == "keychain" else "file"
        return replace(draft, key_place=place, key=one_line(self.key))


_PLACES: dict[str, tuple[str, str]] = {
    "keychain": ("Paste, save in keychain", "locked with your login"),
    "file": ("Paste, save in a file", "readable by you only (0600)"),
}


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


def one_line(text: str) -> str:
    """A pasted key in one line; `Connections` removes what else was pasted with it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def stored_words(row: ConnectionRow) -> str:
    """Where a connection's key is, in words; never the key."""
    match row.key_place:
        case "environment":
            return f"in {row.key_hint}" if row.key_hint else "in the environment"
        case "keychain":
            return f"{row.key_hint} in the keychain".strip()
        case "file":
            return f"{row.key_hint} in a file".strip()
        case _:
            return "no key"


def _is_near(url: str) -> bool:
    """Whether an address is this machine or belongs to its own network."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    # without a port, a name without a dot is the beginning of another name
    return is_private(host) and ("." in host or ":" in host or host == "localhost" or port is not None)


def host_of(url: str) -> str:
    """Host and port of a URL; the text itself if it is no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def saved_text(draft: ConnectionDraft, tested: Tested | None) -> str:
    """What happened when a connection was saved, as sentences.

    Args:
        draft: What was saved.
        tested: What its test has found; None if it failed.
    """
    if tested is None:
        found = f"{draft.name} is saved, but its test failed: it may not answer."
    else:
        found = f"{draft.name} is connected: {tested.text.rstrip('.')}. {tested.remedy}".strip()
    later = "It takes effect after a restart." if draft.kind == "assistants" else ""
    return " ".join(part for part in (found, later, _key_sentence(draft)) if part)


def _key_sentence(draft: ConnectionDraft) -> str:
    match draft.key_place:
        case "keychain":
            return "Its key is in the system's keychain."
        case "file":
            return "Its key is in a file that only you can read."
        case "environment":
            return f"Its key comes from {draft.key_variable}." if draft.key_variable else ""
        case _:
            return ""
