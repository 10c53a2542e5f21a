"""Sends the events of a run to an editor: text, thoughts and tool calls."""

from __future__ import annotations

import json
from typing import Any, Final

from acp.helpers import (
    start_tool_call,
    text_block,
    tool_content,
    update_agent_message_text,
    update_agent_thought_text,
    update_tool_call,
)
from acp.interfaces import Client
from acp.schema import ToolKind

from aimltui.common.sanitize import StreamCleaner, clean, clean_line
from aimltui.wire import events
from aimltui.wire.events import Notice, Reasoning, StreamEvent
from aimltui.wire.messages import Message, MessageDelta
from aimltui.wire.run_steps import (
    CodeInterpreterCall,
    FileSearchCall,
    FunctionToolCall,
    LogsOutput,
    RunStep,
    RunStepDelta,
    ToolCallsDetails,
)

_KINDS: Final[dict[str, ToolKind]] = {"code_interpreter": "execute", "file_search": "search"}
_MOST_OUTPUT: Final = 20_000
"""Characters of an output that an editor gets."""
_DEEPEST: Final = 100


class RunUpdates:
    """Sends what happens in one prompt's run.

    Args:
        editor: The connection to the editor.
        session_id: The session.
    """

    def __init__(self, editor: Client, session_id: str) -> None:
        self._editor = editor
        self._session_id = session_id
        self._cleaner = StreamCleaner()
        self._started: set[str] = set()
        self._last_step = ""
        self.was_refused = False
        self.ids: dict[str, str] = {}
        """The id that the editor knows of a call, by the call's own id, which models use again and again."""

    async def take(self, event: StreamEvent) -> None:
        """Send an event."""
        match event.data:
            case MessageDelta():
                await self._text(event.data)
            case Message() if event.event in (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE):
                await self._say(self._cleaner.finish())
            case Reasoning() if event.data.text:
                await self._editor.session_update(
                    self._session_id, update_agent_thought_text(clean(event.data.text))
                )
            case Notice() if event.data.kind == "remark" and event.data.text:
                await self._editor.session_update(
                    self._session_id, update_agent_thought_text(clean(event.data.text) + "\n")
                )
            case RunStepDelta():
                for call in (event.data.delta.step_details or {}).get("tool_calls") or ():
                    if isinstance(call, dict):
                        await self._begin(event.data.id, call)
            case RunStep():
                await self._step(event.data)

    async def _text(self, delta: MessageDelta) -> None:
        for part in delta.delta.content or ():
            self.was_refused = self.was_refused or bool(part.refusal)
            await self._say(self._cleaner.feed((part.text.value if part.text else part.refusal) or ""))

    async def _say(self, text: str) -> None:
        if text:
            await self._editor.session_update(self._session_id, update_agent_message_text(text))

    async def _begin(self, step_id: str, call: dict[str, Any]) -> None:
        key = f"{step_id}.{call.get('index') or 0}"
        if call.get("id"):
            self.ids[str(call["id"])] = key
        if key in self._started:
            return
        self._started.add(key)
        kind = str(call.get("type") or "function")
        function = call.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        title = clean_line(str(name or kind.replace("_", " ")))
        await self._editor.session_update(
            self._session_id,
            start_tool_call(key, title, kind=_KINDS.get(kind, "other"), status="in_progress"),
        )

    async def _step(self, step: RunStep) -> None:
        details = step.step_details
        if not isinstance(details, ToolCallsDetails) or step.status == "in_progress":
            return
        for place, call in enumerate(details.tool_calls):
            key = f"{step.id}.{place}"
            if key not in self._started:
                name = call.function.name if isinstance(call, FunctionToolCall) else ""
                told = {"index": place, "type": call.type, "function": {"name": name}}
                await self._begin(step.id, told)
            given, came = _in_and_out(call)
            await self._editor.session_update(
                self._session_id,
                update_tool_call(
                    key,
                    status="completed" if step.status == "completed" else "failed",
                    content=[tool_content(text_block(clean(came[:_MOST_OUTPUT])))] if came else None,
                    raw_input=given,
                ),
            )


def _in_and_out(call: Any) -> tuple[Any, str]:
    if isinstance(call, CodeInterpreterCall):
        outputs = call.code_interpreter.outputs
        told = [output.logs if isinstance(output, LogsOutput) else "[an image]" for output in outputs]
        return {"code": call.code_interpreter.input}, "\n".join(told)
    if isinstance(call, FileSearchCall):
        found = [
            f"{result.file_name} {result.place or ''}".strip() for result in call.file_search.results or ()
        ]
        return {"queries": call.file_search.queries or []}, "\n".join(found)
    if isinstance(call, FunctionToolCall):
        return arguments_of(call.function.arguments), call.function.output or ""
    return None, ""


def arguments_of(text: str) -> Any:
    """Return the arguments of a call as JSON values, or as the text that the model wrote."""
    try:
        arguments = json.loads(text or "{}")
        # the protocol's messages may not be nested as deeply as a model may write
        return text if _is_deep(arguments, _DEEPEST) else arguments
    except (ValueError, RecursionError):
        return text


def _is_deep(value: Any, left: int) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return left == 0 or any(_is_deep(one, left - 1) for one in inner)
    return False
