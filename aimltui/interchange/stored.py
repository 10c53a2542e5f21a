"""Goes through the conversations of a file; what is broken is named, and the rest comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from aimltui.interchange.detection import shape_of
from aimltui.interchange.inputs import Member, readable
from aimltui.interchange.json_values import MAX_VALUE, parse, values
from aimltui.interchange.records import Item, JSONValue, Skipped, UnreadableInput

Object = Mapping[str, JSONValue]
Convert = Callable[[Object, str], Iterable[Item]]
"""Makes conversations of a JSON object; it is also given a name for one that has no id."""

_log = logging.getLogger(__name__)


def converted(member: Member, convert: Convert) -> Iterator[Item]:
    """All conversations of a file that is an array of them, one of them, or one on each line."""
    shape = shape_of(member)
    try:
        if shape == "object":
            yield from guarded(member.name, convert, load(member), member.stem)
            return
        with readable(member) as stream:
            for value in values(stream, "array" if shape == "array" else "lines"):
                place = f"{member.name}, {'element' if shape == 'array' else 'line'} {value.number}"
                try:
                    row = value.parse()
                except UnreadableInput as error:
                    yield Skipped(place, str(error))
                    continue
                yield from guarded(place, convert, row, f"{member.stem}-{value.number}")
    except UnreadableInput as error:
        yield Skipped(member.path, str(error))


def guarded(place: str, convert: Convert, row: JSONValue, fallback: str) -> Iterator[Item]:
    """Convert one; a form that nobody foresaw is named, as a broken one is."""
    if not isinstance(row, dict):
        yield Skipped(place, "it is not a conversation")
        return
    yield from attempted(place, lambda: convert(row, fallback))


def attempted(place: str, make: Callable[[], Iterable[Item]]) -> Iterator[Item]:
    """What is made of one conversation; a form that nobody foresaw is named, as a broken one is."""
    try:
        # all of it, before the first is given on: half a conversation must not come
        yield from list(make())
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        _log.warning("a conversation cannot be read: %s", place, exc_info=True)
        yield Skipped(place, "its format is unknown")


def load(member: Member) -> JSONValue:
    """A whole file as one JSON value.

    Raises:
        UnreadableInput: It is too long, or broken.
    """
    if member.size > MAX_VALUE:
        raise UnreadableInput(f"{member.name} is one conversation of more than {MAX_VALUE // 1024**2} MB")
    with readable(member) as stream:
        raw = stream.read(MAX_VALUE + 1).removeprefix(b"\xef\xbb\xbf")
    return parse(raw, raw.count(b"{") + raw.count(b"["))


def session_lines(member: Member) -> Iterator[Object | Skipped]:
    """`lines` of a program that may have been ended while it wrote: a last line that is cut off is not named."""
    broken: Skipped | None = None
    for row in lines(member):
        if broken is not None:
            yield broken
        broken = row if isinstance(row, Skipped) else None
        if not isinstance(row, Skipped):
            yield row


def lines(member: Member) -> Iterator[Object | Skipped]:
    """The objects of a file that has one on each line; a broken line is named, an empty one is not."""
    with readable(member) as stream:
        for value in values(stream, "lines"):
            try:
                row = value.parse()
            except UnreadableInput as error:
                yield Skipped(f"{member.name}, line {value.number}", str(error))
                continue
            if isinstance(row, dict):
                yield row
            else:
                yield Skipped(f"{member.name}, line {value.number}", "it is not an object")
