"""Lets a field take keys in the order in which they were pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.widget import Widget

    _Field = Widget
else:
    _Field = object


class KeysInOrder(_Field):
    """Mixed into a field before Textual's class: its own keys are done where letters are.

    Textual puts a letter in at once, but hands a key such as backspace or left from parent to parent up to the app,
    which does it then: letters that are typed meanwhile come before it, and it deletes the wrong one. Remove this when
    Textual does a field's bindings in the field.
    """

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
