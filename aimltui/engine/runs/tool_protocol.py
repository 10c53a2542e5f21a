"""Decides how a model calls tools: by function calls, or by blocks in its text."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aimltui.common.patterns import pattern
from aimltui.engine.models.base import ModelError, ToolProtocol
from aimltui.engine.models.compat.lesson_store import FENCED, LOOPS, Lessons

_REFUSES_TOOLS = pattern(r"\btools?\b|tool[_ -](?:use|choice|call)|function[_ -]call", re.IGNORECASE)
_STATUSES = frozenset({400, 404, 422, 500, 501})

_CODE = """You can run Python. To do so, end your message with one block:

```python
print(1 + 1)
```

The code runs as soon as the block is closed, and you receive its output; then you continue. {about}
Never write output that you did not receive. Code that is only meant for the user goes into a block that \
begins with ```py instead."""
_FUNCTIONS = """You can call these functions:

{listed}

To call one, end your message with one block of JSON:

```tool_call
{{"name": "{example}", "arguments": {{}}}}
```

The arguments are an object that matches the function's JSON schema. You receive the function's result; then you \
continue. Never write a result that you did not receive."""
_FORCED_CODE = "You must run Python before you answer."
_FORCED_CALL = "You must call {name} before you answer."
_LAST = "You cannot run code or call functions now: answer with what you know."


class ToolProtocols:
    """Knows which models cannot make function calls.

    Args:
        configured: The user's setting for models about which nothing is known.
        of_model: Returns what is known about a model by its id and connection; None for nothing.
        lessons: What refused requests have shown.
        default: Returns the name of the connection that is meant where none is named.
    """

    def __init__(
        self,
        configured: ToolProtocol,
        of_model: Callable[[str, str | None], ToolProtocol | None],
        lessons: Lessons,
        default: Callable[[], str] = str,
    ) -> None:
        self._configured = configured
        self._of_model = of_model
        self._lessons = lessons
        self._default = default

    def uses_text_calls(self, model_id: str, connection: str | None = None) -> bool:
        """Return whether the model writes its code and its calls into its text."""
        wanted = self._wanted(model_id, connection)
        return wanted == "fenced" or (wanted == "auto" and self._has_learned(model_id, connection))

    def may_change(self, model_id: str, connection: str | None = None) -> bool:
        """Return whether this is still unknown and found out by trying."""
        return self._wanted(model_id, connection) == "auto" and not self._has_learned(model_id, connection)

    async def learn_text_calls(self, model_id: str, connection: str | None = None) -> None:
        """Remember that the model cannot make function calls."""
        if self.may_change(model_id, connection):
            await asyncio.to_thread(
                self._lessons.learn, connection or self._default(), model_id, {FENCED: True}
            )

    def learned(self, model_id: str, connection: str | None = None) -> frozenset[str]:
        """Return the names of what was learned about the model."""
        return frozenset(self._lessons.of(connection or self._default(), model_id))

    async def learn_loop(self, model_id: str, connection: str | None = None) -> None:
        """Remember that the model makes the same call again and again."""
        if LOOPS not in self.learned(model_id, connection):
            connection = connection or self._default()
            await asyncio.to_thread(self._lessons.learn, connection, model_id, {LOOPS: True})

    def _has_learned(self, model_id: str, connection: str | None) -> bool:
        return FENCED in self.learned(model_id, connection)

    def _wanted(self, model_id: str, connection: str | None) -> ToolProtocol:
        return self._of_model(model_id, connection) or self._configured


def refuses_tools(error: ModelError) -> bool:
    """Return whether the server says that the model does not support tools."""
    return error.status in _STATUSES and _REFUSES_TOOLS.search(error.message) is not None


def text_calls_note(
    about: str | None,
    functions: Sequence[Mapping[str, Any]] = (),
    *,
    forced: str | None = None,
    last: bool = False,
) -> str:
    """Return the instructions for a model that writes its code and its calls into its text.

    Args:
        about: The description of the code interpreter; None without one.
        functions: The other tools, in the shape of `/chat/completions`.
        forced: The name of the tool that must be used; empty for any tool.
        last: The model has used tools often enough.
    """
    if last:
        return _LAST
    told = [function["function"] for function in functions]
    parts = [] if about is None else [_CODE.format(about=about)]
    if told:
        parts.append(_FUNCTIONS.format(listed="\n".join(map(_listed, told)), example=told[0]["name"]))
    names = {function["name"] for function in told}
    if forced in names or (forced is not None and about is None):
        parts.append(_FORCED_CALL.format(name=forced or "one of these functions"))
    elif forced is not None:
        parts.append(_FORCED_CODE)
    return "\n\n".join(parts)


def _listed(function: Mapping[str, Any]) -> str:
    schema = json.dumps(function.get("parameters") or {}, ensure_ascii=False)
    about = " ".join(str(function.get("description") or "").split())
    return f"- {function['name']}: {about} JSON schema of its arguments: {schema}"
