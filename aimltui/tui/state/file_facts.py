"""What is known of files and of code that was run again; it arrives later than the entries. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Entry, MessageEntry, StepEntry

Rgb = tuple[int, int, int]
"""Red, green, blue: 0 to 255."""
HALF_BLOCK_CELL: Final = (1, 2)
"""Pixels of a cell that half blocks draw: width, height."""


class Picture(Hashable, Protocol):
    """A decoded picture."""

    @property
    def width(self) -> int:
        """Pixels of the original picture."""
        ...

    @property
    def height(self) -> int:
        """Pixels of the original picture."""
        ...

    @property
    def png(self) -> bytes:
        """The reduced picture as a PNG."""
        ...

    def ground_for(self, ground: Rgb) -> Rgb:
        """Return the colour that is seen through the picture where it is transparent.

        Args:
            ground: What it is drawn on; the answer is another colour if the picture could hardly be seen there.
        """
        ...

    def pixels(self, width: int, height: int, ground: Rgb) -> bytes:
        """The picture in this size on a ground: three bytes per pixel, row after row."""
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

    @property
    def weight(self) -> int:
        """Bytes of memory that its picture takes."""
        return len(self.picture.png) if self.picture is not None else 0


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

    def learn(self, files: Mapping[str, FileFact]) -> set[str]:
        """Take facts about files, and forget the pictures learned first where all take too much memory.

        Returns:
            The ids of the files whose pictures were forgotten.
        """
        for file_id, fact in files.items():
            self.files.pop(file_id, None)
            self.files[file_id] = fact
        drawn = [(file_id, fact.weight) for file_id, fact in self.files.items() if fact.picture is not None]
        total = sum(weight for _, weight in drawn)
        dropped = set()
        for file_id, weight in drawn[:-1]:
            if total <= MOST_PICTURE_BYTES:
                break
            total -= weight
            dropped.add(file_id)
        self._drop(dropped)
        return dropped

    def retain_pictures(self, entries: Iterable[Entry]) -> None:
        """Forget the pictures that none of these entries shows."""
        shown = {file_id for entry in entries for file_id, _ in file_ids(entry)}
        self._drop({id_ for id_, fact in self.files.items() if fact.picture is not None} - shown)

    def _drop(self, ids: Iterable[str]) -> None:
        for file_id in ids:
            self.files[file_id] = replace(self.files[file_id], picture=None)


MOST_PICTURE_BYTES: Final = 48 << 20
"""Bytes of pictures that a thread remembers."""


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
                if output.file_id:
                    yield output.file_id, output.kind == "image"
