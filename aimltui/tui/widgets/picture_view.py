"""PictureView: a picture as large as fits, sharp where the terminal can draw it, else with half blocks."""

from __future__ import annotations

import logging
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.tui.pictures.abilities import ViewerProtocol
from aimltui.tui.pictures.decoding import drawn
from aimltui.tui.pictures.setting import terminal_pictures
from aimltui.tui.pictures.terminal import TerminalPictures
from aimltui.tui.pictures.worker import PictureError
from aimltui.tui.state.file_facts import HALF_BLOCK_CELL, Picture, Rgb
from aimltui.tui.widgets.transcript.renderers.files import half_block_rows, picture_size, rgb_of

log = logging.getLogger(__name__)

_SETTLE_S: Final = 0.1
"""Seconds for which the size must stay before the picture is made for it: each time takes a process."""


@dataclass(frozen=True)
class Sharp:
    """A picture as the terminal takes it."""

    made: bytes
    columns: int
    rows: int


class PictureView(Widget, can_focus=True):
    """Draws a picture in the middle.

    A terminal that draws at a place of the screen is sent the picture behind each frame that paints this widget: what is
    painted over the picture would have erased it.

    Args:
        picture: The picture.
        content: The file, for terminals that draw it sharply; None draws with half blocks.
    """

    DEFAULT_CSS = "PictureView { height: 1fr; background: $background; }"

    def __init__(self, picture: Picture, content: bytes | None = None) -> None:
        super().__init__()
        self._picture = picture
        self._content = content
        self._drawn: tuple[tuple[int, int, int, int], list[Strip]] | None = None
        """The lines, and the columns and rows of the widget and of the picture for which they were drawn."""
        self._sharp: Sharp | None = None
        self._shown = 0
        """The number of the picture that the terminal draws over the text."""
        self._is_due = False
        """Whether the picture is sent behind the next frame."""
        self._timer: Timer | None = None
        """Runs while the size may change again."""

    def on_mount(self) -> None:
        """Ask the terminal how it can draw the picture."""
        terminal = self._terminal
        if terminal is not None:
            terminal.ask()
            if (signal := getattr(self.app, "pictures_signal", None)) is not None:
                signal.subscribe(self, lambda _: self._prepare())
            self.app.app_resume_signal.subscribe(self, lambda _: self._draw_again())

    def on_resize(self) -> None:
        """Draw the picture as large as fits, once the size stays."""
        self.erase()
        self._sharp = None
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SETTLE_S, self._prepare)

    def on_unmount(self) -> None:
        """Take the picture away."""
        self.erase()

    @property
    def _terminal(self) -> TerminalPictures | None:
        return terminal_pictures(self.app) if self._content is not None else None

    @property
    def _ground(self) -> Style:
        return Style(bgcolor=self.background_colors[1].rich_color)

    @property
    def _protocol(self) -> ViewerProtocol | None:
        terminal = self._terminal
        return terminal.viewer if terminal is not None else None

    def _cells(self) -> tuple[int, int]:
        """Return the columns and rows that the picture fills."""
        terminal = self._terminal
        cell = terminal.cell if terminal is not None and self._protocol else HALF_BLOCK_CELL
        return picture_size(self._picture, *self.size, cell)

    # Sharp

    def _prepare(self) -> None:
        """Have the picture made for the terminal in the present size."""
        self.erase()
        self._sharp = None
        if self._protocol is not None and self.size:
            self.run_worker(self._load(), group="picture", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        terminal, content = self._terminal, self._content
        assert terminal is not None
        assert content is not None
        columns, rows = self._cells()
        width, height = terminal.cell
        ground = self._picture.ground_for(rgb_of(self._ground.bgcolor))
        try:
            made = await drawn(content, (columns * width, rows * height), terminal.form, ground)
        except PictureError as error:
            log.info("the picture is drawn with half blocks: %s", error)
            return
        if (columns, rows) != self._cells():
            # the size has changed meanwhile, and the picture is made once more
            return
        self._sharp = Sharp(made, columns, rows)
        self.refresh()

    def erase(self) -> None:
        """Take the picture away from a terminal that draws it over the text; elsewhere what is painted erases it."""
        terminal = self._terminal
        if self._shown and terminal is not None:
            terminal.erase(self._shown)
            self._shown = 0

    def _draw_again(self) -> None:
        """Send the picture once more: the terminal has forgotten it while another program had it."""
        self.erase()
        self.refresh()

    def _send(self) -> None:
        """Send the picture, unless another screen is in front."""
        self._is_due = False
        sharp, terminal = self._sharp, self._terminal
        if sharp is None or terminal is None or not self.is_attached or self.app.screen is not self.screen:
            return
        if self._shown:
            return
        region = self.region
        column = region.x + (region.width - sharp.columns) // 2
        row = region.y + (region.height - sharp.rows) // 2
        self._shown = terminal.draw(sharp.made, column, row, sharp.columns, sharp.rows)

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines for a frame, behind which the picture is sent, also if the lines are those of the last frame."""
        if self._sharp is not None and not self._is_due:
            self._is_due = True
            self.call_after_refresh(self._send)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A line of the picture with half blocks."""
        width, height = self.size
        ground = self._ground
        columns, rows = self._cells()
        if self._drawn is None or self._drawn[0] != (width, height, columns, rows):
            self._drawn = ((width, height, columns, rows), self._lines(columns, rows, ground))
        strips = self._drawn[1]
        number = y - (height - len(strips)) // 2
        return strips[number] if 0 <= number < len(strips) else Strip([Segment(" " * width, ground)], width)

    def _lines(self, columns: int, rows: int, ground: Style) -> list[Strip]:
        room = self.size.width - columns
        left = Segment(" " * (room // 2), ground)
        right = Segment(" " * (room - room // 2), ground)
        color: Rgb = rgb_of(ground.bgcolor)
        return [Strip([left, *row, right]) for row in half_block_rows(self._picture, columns, rows, color)]
