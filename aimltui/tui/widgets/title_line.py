"""TitleLine: the title of a panel, which ends after a word where it is too long."""

from __future__ import annotations

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

from aimltui.formatting.cells import ELLIPSIS, cut


class TitleLine(Static):
    """One line of text."""

    def render(self) -> VisualType:
        """Return the text for the current width; Textual would cut it inside a word."""
        whole, width = super().render(), self.content_size.width
        if not isinstance(whole, Content) or whole.cell_length <= width:
            return whole
        return whole[: len(cut(whole.plain, width).removesuffix(ELLIPSIS))].append(ELLIPSIS)
