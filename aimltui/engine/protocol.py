"""How a model calls the code interpreter: by function calls, or by blocks of code in its text. Pure but for memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from aimltui.engine.models.base import ModelError

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
    """Remembers, while the program runs, which models cannot call.

    Args:
        configured: What the user wants for all models that say nothing themselves.
        of_model: What is known of a model by its id; None for nothing.
    """

    def __init__(self, configured: Protocol, of_model: Callable[[str], Protocol | None]) -> None:
        self._configured = configured
        self._of_model = of_model
        self._learned: set[str] = set()

    def is_fenced(self, model_id: str) -> bool:
        """True if the model writes its code into its text."""
        return model_id in self._learned or self._wanted(model_id) == "fenced"

    def may_change(self, model_id: str) -> bool:
        """True if it is found out by trying."""
        return self._wanted(model_id) == "auto" and model_id not in self._learned

    def learn_fenced(self, model_id: str) -> None:
        """The model has shown that it cannot call."""
        if self.may_change(model_id):
            self._learned.add(model_id)

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
