"""A field for one line."""

from __future__ import annotations

from textual.widgets import Input

from aimltui.tui.widgets.keys_in_order import KeysInOrder


class LineInput(KeysInOrder, Input):
    """Textual's, which takes keys in the order in which they were pressed."""
