"""SharpPictures: covers half blocks in a transcript with sharp pictures while nothing moves."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from textual.geometry import Region
from textual.timer import Timer
from textual.widget import Widget

from aimltui.tui.pictures.setting import covering_terminal

if TYPE_CHECKING:
    from aimltui.tui.pictures.terminal import TerminalPictures
    from aimltui.tui.widgets.transcript.canvas import PicturePart, Row

log = logging.getLogger(__name__)

REST_S: Final = 0.25
"""Seconds without a frame that paints the transcript after which pictures are sent: a picture may take 200 KB."""
LONG_REST_S: Final = 2.5
"""The same after an answer that is being written has moved a picture soon after it was sent: it would flicker."""
_SOON_S: Final = 3.0
_MOST_MADE: Final = 8
_MOST_BYTES: Final = 1 << 20
"""A picture that takes more, such as noise with sixel, stays drawn with half blocks: keys would wait behind it."""


class Spot(NamedTuple):
    """The part of a picture that is in the window."""

    part: PicturePart
    """Its first row in the window."""
    height: int
    """Rows."""
    x: int
    y: int
    """The first cell, on the screen."""

    @property
    def region(self) -> Region:
        """The cells, on the screen."""
        return Region(self.x, self.y, self.part.columns, self.height)


class SharpPictures:
    """Sends pictures to a terminal that draws them at a place of the screen: with sixel, or as kitty or iTerm2 do.

    The terminal does not know that a picture belongs to text that scrolls. So every frame that paints over a picture takes
    it away, half blocks are seen while the text moves, and once it rests the visible rows are sent. A picture is never
    sent while anything covers a part of it, since it would cover that.

    Args:
        pane: The transcript.
        row_at: Returns a row of the window, counted from its first.
        is_wanted: Returns whether pictures are drawn as sharply as the terminal can.
        is_growing: Returns whether an answer is being written.
    """

    def __init__(
        self,
        pane: Widget,
        row_at: Callable[[int], Row | None],
        is_wanted: Callable[[], bool],
        is_growing: Callable[[], bool],
    ) -> None:
        self._pane = pane
        self._row_at = row_at
        self._is_wanted = is_wanted
        self._is_growing = is_growing
        self._shown: dict[Spot, int] = {}
        """What the terminal draws, with the terminal's number of the picture; 0 if it has none."""
        self._made: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        """The sequences that were sent last; an empty one is a picture that could not be made."""
        self._timer: Timer | None = None
        """Runs while the transcript does not rest."""
        self._rest_s = REST_S
        self._painted_at = self._sent_at = 0.0
        self._is_scrolled = False
        """Whether the user has scrolled since a picture was sent."""

    def attach(self) -> None:
        """Watch the frames of the screen, if it tells of them."""
        screen, app = self._pane.screen, self._pane.app
        if (watch := getattr(screen, "watch_damage", None)) is not None:
            watch(self._paints)
            app.screen_change_signal.subscribe(self._pane, lambda _: self._change_screen(), immediate=True)
            app.app_suspend_signal.subscribe(self._pane, lambda _: self.erase(), immediate=True)

    def note_scroll(self) -> None:
        """Note that the user, and no answer that is being written, moves the text."""
        self._is_scrolled = True
        self._rest_s = REST_S

    def erase(self) -> None:
        """Take all pictures away from a terminal that draws them over the text."""
        for spot in list(self._shown):
            self._forget(spot)

    @property
    def _terminal(self) -> TerminalPictures | None:
        return covering_terminal(self._pane.app) if self._is_wanted() else None

    def _forget(self, spot: Spot) -> None:
        number = self._shown.pop(spot)
        terminal = covering_terminal(self._pane.app)
        if number and terminal is not None:
            terminal.erase(number)

    def _change_screen(self) -> None:
        if not self._is_in_front:
            self.erase()

    @property
    def _is_in_front(self) -> bool:
        return self._pane.is_attached and self._pane.app.screen is self._pane.screen

    def _paints(self, damage: Sequence[Region]) -> None:
        """Take pictures away over which the next frame paints, and wait until the text rests."""
        screen = self._pane.screen.size.region
        touched = [
            spot
            for spot in self._shown
            # a terminal that has become smaller may have moved it
            if any(part.overlaps(spot.region) for part in damage) or not screen.contains_region(spot.region)
        ]
        for spot in touched:
            self._forget(spot)
        area = self._pane.region
        if self._terminal is None or not any(part.overlaps(area) for part in damage):
            return
        now = time.monotonic()
        if touched:
            is_soon = not self._is_scrolled and now - self._sent_at < _SOON_S
            self._rest_s = LONG_REST_S if is_soon and self._is_growing() else REST_S
        self._painted_at = now
        if self._timer is None:
            self._timer = self._pane.set_timer(self._rest_s, self._look)

    def _look(self) -> None:
        """Send the pictures if the text rests."""
        self._timer = None
        left = self._painted_at + self._rest_s - time.monotonic()
        if left > 0:
            self._timer = self._pane.set_timer(left, self._look)
            return
        terminal = self._terminal
        if terminal is not None and (wanted := self._missing()):
            self._pane.run_worker(
                self._send_all(terminal, wanted), group="sharp pictures", exclusive=True, exit_on_error=False
            )

    def _missing(self) -> list[Spot]:
        """Return what is in the window, not covered, and not drawn by the terminal."""
        if not self._is_in_front:
            return []
        is_covered = self._pane.screen.is_covered  # type: ignore[attr-defined]
        return [
            spot
            for spot in self._visible()
            if spot not in self._shown and not is_covered(self._pane, spot.region)
        ]

    def _visible(self) -> list[Spot]:
        area = self._pane.content_region
        found: list[Spot] = []
        for y in range(area.height):
            row = self._row_at(y)
            if row is None or row.part is None:
                continue
            part, last = row.part, found[-1] if found else None
            if last is not None and part == last.part._replace(number=last.part.number + last.height):
                found[-1] = last._replace(height=last.height + 1)
            else:
                found.append(Spot(part, 1, area.x + part.left, area.y + y))
        return found

    async def _send_all(self, terminal: TerminalPictures, wanted: Sequence[Spot]) -> None:
        for spot in wanted:
            made = await self._sequence(terminal, spot)
            # the text may have moved meanwhile
            if made and spot in self._missing():
                self._shown[spot] = terminal.draw(made, spot.x, spot.y, spot.part.columns, spot.height)
                self._sent_at, self._is_scrolled = time.monotonic(), False

    async def _sequence(self, terminal: TerminalPictures, spot: Spot) -> bytes:
        """Return the visible part of a picture as the terminal takes it; nothing if it cannot be made."""
        # imported with the first picture: it is not needed for the first frame
        from aimltui.tui.pictures.decoding import drawn
        from aimltui.tui.pictures.worker import PictureError

        part, (width, height) = spot.part, terminal.cell
        key = (part._replace(left=0), spot.height, width, height, terminal.viewer)
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        box = part.columns * width, part.rows * height
        lines = part.number * height, (part.number + spot.height) * height
        form = terminal.form
        try:
            made = await drawn(part.picture.png, box, form, part.ground, lines, _MOST_BYTES)
        except PictureError as error:
            log.info("a picture stays drawn with half blocks: %s", error)
            made = b""
        self._made[key] = made
        while len(self._made) > _MOST_MADE:
            self._made.popitem(last=False)
        return made
