"""What a file seems to be, from its content: its name says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import islice
from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.interchange.databases import opened
from aimltui.interchange.inputs import Member, readable
from aimltui.interchange.json_values import Value, values
from aimltui.interchange.records import JSONValue, UnreadableInput

_ROWS = 20
_BYTES = 8 * 1024 * 1024
"""So much of a file is read, and no more, to see what it is."""
_LINE = 4 * 1024 * 1024
_LARGE = 1024 * 1024

Shape = Literal["array", "object", "lines", "sqlite", "text"]
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file."""

    shape: Shape
    rows: tuple[Mapping[str, JSONValue], ...] = ()
    """Objects: elements, lines, or the one object, in which large members are None."""
    head: str = ""
    """The first characters, of text that is not JSON."""
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of a database: its tables with their columns."""

    def has(self, *keys: str) -> bool:
        """True if an object has all of these members."""
        return any(row.keys() >= set(keys) for row in self.rows)


def shape_of(member: Member) -> Shape:
    """What a file is.

    Raises:
        UnreadableInput: It cannot be read.
    """
    head = member.head(1024)
    if head.startswith(_SQLITE):
        return "sqlite"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"[":
        return "array"
    if start == b"{":
        return "lines" if _has_lines(member) else "object"
    return "text"


def sample(member: Member) -> Sample:
    """The beginning of a file, with what is needed to tell formats apart.

    Raises:
        UnreadableInput: It cannot be read.
    """
    shape = shape_of(member)
    if shape == "sqlite":
        with opened(member) as database:
            return Sample(shape, tables=database.tables)
    if shape == "text":
        return Sample(shape, head=member.head().decode("utf-8", "replace").removeprefix("\ufeff"))
    if shape == "object":
        with readable(member) as stream:
            members = {
                value.key: _small(value)
                for value in _beginning(values(stream, "object", _BYTES))
                if value.key
            }
        return Sample(shape, (members,))
    with readable(member) as stream:
        found = [_small(value, _BYTES) for value in islice(_beginning(values(stream, shape, _BYTES)), _ROWS)]
    return Sample(shape, tuple(row for row in found if isinstance(row, dict)))


def _has_lines(member: Member) -> bool:
    with readable(member) as stream:
        first, second = [*islice(values(stream, "lines", _LINE), 2), None, None][:2]
    try:
        return first is not None and second is not None and isinstance(first.parse(), dict)
    except UnreadableInput:
        return False


def _beginning(found: Iterator[Value]) -> Iterator[Value]:
    """As much of it as is read for a sample."""
    total = 0
    for value in found:
        yield value
        total += len(value.raw)
        if total > _BYTES:
            return


def _small(value: Value, largest: int = _LARGE) -> JSONValue:
    try:
        return value.parse() if len(value.raw) <= largest else None
    except UnreadableInput:
        return None
