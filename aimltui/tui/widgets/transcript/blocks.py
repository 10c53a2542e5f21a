"""The blocks of an entry that the keyboard can mark: a message, its blocks of code, panels, files, sources, choices."""

from __future__ import annotations

from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean
from aimltui.tui.state.blocks import Block
from aimltui.tui.state.entries import Entry, MessageEntry, NoticeEntry, QueuedEntry, RunEntry
from aimltui.tui.widgets.transcript import renderers
from aimltui.tui.widgets.transcript.canvas import ClickTarget, CodeText, Row
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.marks import call_at, chosen_source

MESSAGE: Final = ClickTarget("message", "")
"""The mark of a whole message."""

_NOT_MARKED: Final = ("link", "cited", "copy", "branch", "cut")
"""Targets for the mouse alone."""
_PANEL: Final = "toggle"


@dataclass(slots=True)
class Stop:
    """A place at which the keyboard's mark stops."""

    target: ClickTarget
    first: int
    """Its first row in the item, without the gap."""
    end: int
    """One past its last row."""

    @property
    def is_block(self) -> bool:
        """Whether it is marked as a whole, not as a line of a list."""
        return self.target.kind in ("message", "code", _PANEL)


def may_stop(entry: Entry) -> bool:
    """Return whether an entry of this class can have stops."""
    return not isinstance(entry, RunEntry | NoticeEntry | QueuedEntry)


def stops_of(item: Item) -> list[Stop]:
    """Return the stops of a drawn item, from top to bottom; a message comes before what is in it."""
    rows = item.rows
    stops = [Stop(MESSAGE, 0, len(rows))] if isinstance(item.entry, MessageEntry) and rows else []
    code: Stop | None = None
    panel: Stop | None = None
    of: CodeText | None = None
    codes = 0
    for number, row in enumerate(rows):
        if row.code is not of:
            of, code = row.code, None
            if of is not None:
                code = Stop(ClickTarget("code", str(codes)), number, number)
                stops.append(code)
                codes += 1
        if code is not None:
            code.end = number + 1
        for target in _targets(row):
            if stops and stops[-1].target == target and stops[-1].end >= number:
                stops[-1].end = number + 1
                continue
            stop = Stop(target, number, number + 1)
            if target.kind == _PANEL:
                if panel is not None:
                    panel.end = number
                panel = stop
            stops.append(stop)
    if panel is not None:
        panel.end = len(rows)
    return stops


def _targets(row: Row) -> list[ClickTarget]:
    return [target for _, _, target in row.targets if target.kind not in _NOT_MARKED]


def code_at(item: Item, target: ClickTarget) -> CodeText | None:
    """Return a message's block of code by its target."""
    found: list[CodeText] = []
    for row in item.rows:
        if row.code is not None and (not found or found[-1] is not row.code):
            found.append(row.code)
    place = int(target.value)
    return found[place] if place < len(found) else None


def block_of(item: Item, target: ClickTarget) -> Block:
    """Return what letters act on while this target is marked."""
    entry = item.whole_entry
    match target.kind:
        case "message" if isinstance(entry, MessageEntry):
            return Block("message", entry, clean(renderers.message_source(entry)))
        case "code":
            code = code_at(item, target)
            if code is not None:
                return Block("code", entry, clean(code.text), language=code.language)
        case "toggle" | "expand" | "view":
            call = call_at(entry, target)
            if call is not None:
                return Block("panel", entry, clean(call.input).strip("\n"), call=call)
        case "file":
            return Block("file", entry, file_id=target.value)
        case "source":
            chosen = chosen_source(entry, target)
            if chosen is not None:
                return Block("file", entry, file_id=chosen[0].file_id)
    return Block("other", entry)
