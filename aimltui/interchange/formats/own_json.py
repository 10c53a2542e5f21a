"""This program's own JSON: an array with an object for each conversation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterator, Sequence
from typing import Final

from aimltui.interchange import own
from aimltui.interchange.detection import Sample
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import Item, Skipped, Thread
from aimltui.interchange.stored import Object, converted
from aimltui.interchange.writing import Write

ID: Final = "aimltui-json"
NAME: Final = "aimltui, JSON"
SUFFIX: Final = ".json"


def claims(sample: Sample) -> bool:
    """True if the file is this program's."""
    return sample.shape in ("array", "object", "lines") and any(
        row.get("format") == own.FORMAT for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place)])


def _thread(row: Object, fallback: str) -> Thread | Skipped:
    return own.thread_from_json(row, fallback) or Skipped(fallback, "no messages")


async def write(threads: AsyncIterable[Thread], out: Write) -> None:
    """Write conversations, one after the other."""
    separator = "[\n"
    async for thread in threads:
        out(separator)
        # all but ASCII is escaped: nothing in it drives a terminal
        out(json.dumps(own.thread_to_json(thread)))
        separator = ",\n"
    out("[]\n" if separator == "[\n" else "\n]\n")
