"""What is known of files and of code that was run again; it arrives later than the entries. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Protocol

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Entry, MessageEntry, StepEntry


class Picture(Protocol):
    """A decoded picture."""

    @property
    def width(self) -> int:
        """Pixels of the original picture."""
        ...

    @property
    def height(self) -> int:
        """Pixels of the original picture."""
        ...

    def pixels(self, width: int, height: int) -> bytes:
        """The picture in this size: three bytes per pixel, row after row."""
        ...


@dataclass(frozen=True, slots=True)
class FileFact:
    """What is known of a file."""

    name: str
    size: int | None = None
    """Bytes."""
    picture: Picture | None = None
    problem: str = ""
    """Why it is not shown, in a few words."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The result of a call that the user ran again."""

    running: bool = False
    text: str = ""
    """What the code printed; or a sentence that says why it did not run."""
    ok: bool = True
    seconds: float = 0.0


@dataclass(slots=True)
class Extras:
    """All facts, for the renderers."""

    files: dict[str, FileFact] = field(default_factory=dict)
    """By the file's id."""
    repeats: dict[str, Repeat] = field(default_factory=dict)
    """By the call's id."""
    waiting: frozenset[str] = frozenset()
    """The ids of the calls that wait for the user."""


PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is a picture that this program can draw."""
    return name.lower().endswith(PICTURES)


TEXTS = (".csv", ".json", ".log", ".md", ".py", ".rst", ".toml", ".tsv", ".txt", ".xml", ".yaml", ".yml")


def is_text_name(name: str) -> bool:
    """Whether a file of this name is a text that can be read here."""
    return name.lower().endswith(TEXTS)


def file_ids(entry: Entry) -> Iterator[tuple[str, bool]]:
    """The files that an entry shows, each with whether it is a picture."""
    if isinstance(entry, MessageEntry):
        for attachment in entry.attachments:
            if attachment.file_id:
                yield attachment.file_id, attachment.is_picture
        for citation in entry.citations:
            if citation.file_id:
                yield citation.file_id, False
    elif isinstance(entry, StepEntry):
        for call in entry.calls:
            for output in call.outputs:
                if output.kind == "image" and output.file_id:
                    yield output.file_id, True
