"""How a model calls the code interpreter: by function calls, or by blocks of code in its text. Pure but for memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Literal

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.lessons import FENCED, Lessons

Protocol = Literal["auto", "calls", "fenced"]
"""`auto` begins with calls, and goes over to blocks with a model that refuses tools or prints its calls as text."""

_REFUSES_TOOLS = re.compile(r"\btools?\b|tool[_ -](?:use|choice|call)|function[_ -]call", re.IGNORECASE)
_STATUSES = frozenset({400, 404, 422, 500, 501})

_NOTE = """You can run Python. To do so, end your message with one block:

```python
print(1 + 1)
```

It is run as soon as the block is closed, and you are told what it printed; then you go on. {about}
Never write down output that you were not told. Code that is only to be shown to the user goes into a block that \
begins with ```py instead."""
_FORCED = "You must run Python before you answer."
_LAST = "You cannot run any more code now: answer with what you know."


class Protocols:
    """Remembers which models cannot call.

    Args:
        configured: What the user wants for all models that say nothing themselves.
        of_model: What is known of a model by its id; None for nothing.
        lessons: The memory.
    """

    def __init__(
        self, configured: Protocol, of_model: Callable[[str], Protocol | None], lessons: Lessons
    ) -> None:
        self._configured = configured
        self._of_model = of_model
        self._lessons = lessons

    def is_fenced(self, model_id: str, connection: str | None = None) -> bool:
        """True if the model writes its code into its text."""
        wanted = self._wanted(model_id)
        return wanted == "fenced" or (wanted == "auto" and self._has_learned(model_id, connection))

    def may_change(self, model_id: str, connection: str | None = None) -> bool:
        """True if it is found out by trying."""
        return self._wanted(model_id) == "auto" and not self._has_learned(model_id, connection)

    async def learn_fenced(self, model_id: str, connection: str | None = None) -> None:
        """The model has shown that it cannot call."""
        if self.may_change(model_id, connection):
            await asyncio.to_thread(self._lessons.learn, connection or "", model_id, {FENCED: True})

    def _has_learned(self, model_id: str, connection: str | None) -> bool:
        return FENCED in self._lessons.of(connection or "", model_id)

    def _wanted(self, model_id: str) -> Protocol:
        return self._of_model(model_id) or self._configured


def refuses_tools(error: ModelError) -> bool:
    """True if the server says that the model takes no tools."""
    return error.status in _STATUSES and _REFUSES_TOOLS.search(error.message) is not None


def fenced_note(about: str, *, forced: bool = False, last: bool = False) -> str:
    """What a model is told that writes its code into its text.

    Args:
        about: What it should know of the tool.
        forced: It has to use it.
        last: It has used it often enough.
    """
    if last:
        return _LAST
    note = _NOTE.format(about=about)
    return f"{note}\n{_FORCED}" if forced else note
