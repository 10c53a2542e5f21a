"""Answers function calls: the editor's user is asked for permission, and what is allowed runs on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from acp.helpers import text_block, tool_content
from acp.interfaces import Client
from acp.schema import PermissionOption, ToolCallUpdate

from aimltui.acp.prompts import fenced
from aimltui.acp.updates import RunUpdates, arguments_of
from aimltui.common.sanitize import clean, clean_line
from aimltui.local_tools.host import REFUSED, BadArguments, LocalTools, read_arguments
from aimltui.local_tools.types import LocalTool
from aimltui.wire.runs import RequiredToolCall, ToolOutput

_ONCE, _SESSION, _REJECT = "once", "session", "reject"
_REJECTED = "The user did not allow this call."
_UNKNOWN = "The function {name} cannot be run here: this program has no function of this name."


def _about(tool: LocalTool) -> list[str]:
    """What the user must know before a call runs; of a file that was never approved, also its code.

    The code is a separate block, and stands first, so that no Markdown of the function hides it.
    """
    told = "\n\n".join(part for part in (tool.description, tool.touches, f"From {tool.source}.") if part)
    if tool.is_trusted or not tool.code:
        return [told]
    return [f"This file was not approved yet:\n{fenced(tool.code, 'python')}", told]


class Calls:
    """Answers the calls of one prompt.

    Args:
        editor: The connection to the editor.
        session_id: The session, which is the thread.
        local: The functions that run on this machine.
        updates: Knows under which ids the editor knows the calls.
    """

    def __init__(
        self, editor: Client, session_id: str, local: LocalTools | None, updates: RunUpdates
    ) -> None:
        self._editor = editor
        self._session_id = session_id
        self._local = local
        self._updates = updates

    async def answer(self, calls: Sequence[RequiredToolCall]) -> list[ToolOutput] | None:
        """Return the outputs of calls; None if the user has cancelled the prompt instead."""
        outputs: list[ToolOutput] = []
        for call in calls:
            output = await self._output(call)
            if output is None:
                return None
            outputs.append(ToolOutput(tool_call_id=call.id, output=output))
        return outputs

    async def _output(self, call: RequiredToolCall) -> str | None:
        local, name = self._local, call.function.name
        tool = local.find(name, call.function.arguments) if local is not None else None
        if local is None or tool is None or tool.kind == "schema":
            return _UNKNOWN.format(name=name)
        verdict = local.verdict(tool, self._session_id)
        if verdict == "refuse":
            return REFUSED
        if verdict == "ask":
            chosen = await self._ask(call, tool, may_always=local.may_always(tool))
            if chosen is None:
                return None
            if chosen not in (_ONCE, _SESSION):
                return _REJECTED
            tool = await local.trust(tool)
            if chosen == _SESSION:
                await local.allow(tool, self._session_id)
        try:
            arguments = read_arguments(call.function.arguments)
        except BadArguments as error:
            return str(error)
        return (await local.call(tool, arguments, self._session_id)).text

    async def _ask(self, call: RequiredToolCall, tool: LocalTool, *, may_always: bool) -> str | None:
        options = [PermissionOption(option_id=_ONCE, name="Run it once", kind="allow_once")]
        if may_always:
            options.append(
                PermissionOption(option_id=_SESSION, name="Always in this session", kind="allow_always")
            )
        options.append(PermissionOption(option_id=_REJECT, name="Do not run it", kind="reject_once"))
        about = ToolCallUpdate(
            tool_call_id=self._updates.ids.get(call.id, call.id),
            title=clean_line(f"{tool.name} {call.function.arguments}"),
            kind="execute",
            status="pending",
            content=[tool_content(text_block(clean(part))) for part in _about(tool)],
            raw_input=arguments_of(call.function.arguments),
        )
        response = await self._editor.request_permission(self._session_id, about, options)
        return response.outcome.option_id if response.outcome.outcome == "selected" else None
