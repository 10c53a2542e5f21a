"""A field for one line of text, and the mixin that makes a field take its keys in the order in which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.widget import Widget

    _Field = Widget
else:
    _Field = object


class KeysInOrder(_Field):
    """Runs a field's own key bindings in the field. Stands before Textual's class among the bases.

    Textual inserts a letter at once, but passes a key such as backspace or left from parent to parent up to the app,
    which runs it later: letters typed in the meantime overtake it, and it deletes the wrong one. Remove this class when
    Textual runs a field's bindings in the field.
    """

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


class LineInput(KeysInOrder, Input):
    """Textual's `Input` with keys in order."""
