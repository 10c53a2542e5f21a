"""TerminalPictures: what the terminal can do with pictures, and the pictures that it has been sent."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rich.segment import Segment

from aimltui.common.dataclass import dataclass
from aimltui.tui.pictures import kitty
from aimltui.tui.pictures.abilities import GRAPHICS_QUESTION, QUESTION, Abilities, ViewerProtocol
from aimltui.tui.pictures.files import file_sequence
from aimltui.tui.state.file_facts import Picture, Rgb

if TYPE_CHECKING:
    from aimltui.tui.pictures.worker import Form

log = logging.getLogger(__name__)

_USUAL_CELL: Final = (10, 20)
"""Pixels of a cell where the terminal does not say."""
_MOST_SENT: Final = 24
"""The most pictures that the terminal remembers for this program; more are never seen at once."""
_MOST_PLACED: Final = 48


@dataclass(frozen=True, eq=False)
class PlacedPicture:
    """A picture for which text stands in the transcript."""

    number: int
    picture: Picture
    columns: int
    rows: int
    _terminal: TerminalPictures

    def segments(self, ground: Rgb) -> tuple[tuple[Segment, ...], ...]:
        """Return the text that stands for it, row by row."""
        seen = self.picture.ground_for(ground)
        return kitty.placeholder_rows(self.number, self.columns, self.rows, seen)

    def send(self) -> None:
        """Send it to the terminal, unless the terminal has it."""
        self._terminal.send(self)


class TerminalPictures:
    """Asks the terminal what it can do, and sends it pictures.

    Args:
        write: Writes to the terminal.
        changed: Called when it is known that the terminal can draw pictures better than with half blocks.
        may_ask: Returns whether a terminal would answer.
        measure: Returns the pixels of a cell, width and height, as the system knows them.
        first: The number before the first picture's; None takes one that no other program has, most likely.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        changed: Callable[[], None],
        may_ask: Callable[[], bool],
        measure: Callable[[], tuple[int, int] | None] = lambda: None,
        first: int | None = None,
    ) -> None:
        self.write = write
        """Writes to the terminal, behind what was painted before."""
        self._may_ask = may_ask
        self._measure = measure
        self._changed = changed
        self._last = (1 + os.urandom(1)[0] % 254) << 16 if first is None else first
        self._is_asked = False
        self._is_asked_for_graphics = False
        self._sent: OrderedDict[int, None] = OrderedDict()
        self._placed: OrderedDict[tuple[Picture, int, int], PlacedPicture] = OrderedDict()
        self._drawn: set[int] = set()
        """The pictures that the terminal draws over the text."""
        self.abilities = Abilities()

    def ask(self) -> None:
        """Ask the terminal, once; the answers come later, or never."""
        if not self._is_asked and self._may_ask():
            self._is_asked = True
            self.write(QUESTION)

    def take(self, answer: str) -> None:
        """Learn from the terminal's answer."""
        if not self._is_asked:
            return
        abilities = self.abilities
        before = abilities.has_placeholders, abilities.viewer
        abilities.take(answer)
        if abilities.has_answered and abilities.may_have_graphics and not self._is_asked_for_graphics:
            self._is_asked_for_graphics = True
            self.write(GRAPHICS_QUESTION)
        if (abilities.has_placeholders, abilities.viewer) != before:
            log.info("the terminal %s %s draws pictures", abilities.name, abilities.version)
            self._changed()

    @property
    def cell(self) -> tuple[int, int]:
        """The pixels of a cell: width, height."""
        return self._known_cell or _USUAL_CELL

    @property
    def _known_cell(self) -> tuple[int, int] | None:
        # the system's is the present one; the terminal was asked once
        return self._measure() or self.abilities.cell

    @property
    def viewer(self) -> ViewerProtocol | None:
        """How the terminal draws a picture at a place of the screen; None if it cannot."""
        found = self.abilities.viewer
        # a sixel has a size in pixels, and must not reach below the screen
        return None if found == "sixel" and self._known_cell is None else found

    @property
    def form(self) -> Form:
        """What `draw` takes."""
        return "sixel" if self.viewer == "sixel" else "png"

    def draw(self, made: bytes, x: int, y: int, columns: int, rows: int) -> int:
        """Draw a picture at a place of the screen, over the text.

        Args:
            made: The picture in its size, as `form` says.
            x: Cells left of it.
            y: Rows above it.
            columns: Cells that it fills.
            rows: Rows that it fills.

        Returns:
            The terminal's number of it; 0 if it has none, and what is painted over it erases it.
        """
        number = 0
        if self.viewer == "kitty":
            number = self.next_number()
            self._drawn.add(number)
            sequence = kitty.transmission(number, made, columns, rows, is_virtual=False)
        elif self.viewer == "sixel":
            sequence = made.decode("ascii")
        else:
            sequence = file_sequence(made, columns, rows)
        self.write(f"\x1b7\x1b[{y + 1};{x + 1}H{sequence}\x1b8")
        return number

    def erase(self, number: int) -> None:
        """Take a picture away that was drawn over the text."""
        if number in self._drawn:
            self._drawn.remove(number)
            self.write(kitty.deletion(number))

    def place(self, picture: Picture, columns: int, rows: int) -> PlacedPicture:
        """Return the picture at this size; the terminal gets it when it comes into view."""
        key = (picture, columns, rows)
        found = self._placed.pop(key, None)
        if found is None:
            found = PlacedPicture(self.next_number(), picture, columns, rows, self)
        self._placed[key] = found
        while len(self._placed) > _MOST_PLACED:
            self._placed.popitem(last=False)
        return found

    def next_number(self) -> int:
        """Return a number for a picture."""
        self._last += 1
        return self._last

    def send(self, placed: PlacedPicture) -> None:
        """Send a picture that comes into view; those that were seen longest ago are deleted."""
        if placed.number in self._sent:
            self._sent.move_to_end(placed.number)
            return
        self.write(
            kitty.transmission(
                placed.number, placed.picture.png, placed.columns, placed.rows, is_virtual=True
            )
        )
        self._sent[placed.number] = None
        while len(self._sent) > _MOST_SENT:
            number, _ = self._sent.popitem(last=False)
            self.write(kitty.deletion(number))

    def delete(self) -> None:
        """Delete all pictures from the terminal; those that come into view are sent again."""
        for number in (*self._sent, *sorted(self._drawn)):
            self.write(kitty.deletion(number))
        self._sent.clear()
        self._drawn.clear()
