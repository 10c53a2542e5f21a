"""Tool calls of a model turn: their request, their details in the step, their output for the model. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.wire.base import JSONObject
from aimltui.wire.run_steps import FUNCTION, RunStep, ToolCallsDetails


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the chat model made it; `output` is None until it is answered."""

    id: str
    name: str
    arguments: str
    extra: Mapping[str, Any] | None = None
    output: str | None = None
    """What the model receives."""
    type: str = FUNCTION
    """The API's tool type; the engine executes every type but `function`."""
    shown: Mapping[str, Any] | None = None
    """The details of a hosted call in the step; None leaves the step's details as they are."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Call:
        """Return the call that `to_json` stored."""
        return cls(**stored)

    @property
    def is_hosted(self) -> bool:
        """True if the engine executes it."""
        return self.type != FUNCTION

    def to_json(self) -> JSONObject:
        """Return the JSON object that is stored with the step; the shown details are in the step itself."""
        return {
            "id": self.id,
            "name": self.name,
            "arguments": self.arguments,
            "extra": dict(self.extra) if self.extra else None,
            "output": self.output,
            "type": self.type,
        }


def with_calls(step: RunStep, calls: Sequence[Call]) -> RunStep:
    """Return the step with these calls."""
    before: dict[str, JSONObject] = {}
    if isinstance(step.step_details, ToolCallsDetails):
        before = {call["id"]: call for call in step.step_details.to_json()["tool_calls"]}
    wire = [_wire(call, before.get(call.id)) for call in calls]
    details = ToolCallsDetails.model_validate({"type": "tool_calls", "tool_calls": wire})
    return step.model_copy(update={"step_details": details})


def answered(call: Call, outputs: Mapping[str, str]) -> Call:
    """Return the call with its output if `outputs` has one."""
    if call.output is not None or call.id not in outputs:
        return call
    return Call(call.id, call.name, call.arguments, call.extra, outputs[call.id], call.type, call.shown)


def _wire(call: Call, before: JSONObject | None) -> JSONObject:
    if not call.is_hosted:
        function = {"name": call.name, "arguments": call.arguments, "output": call.output}
        return {"id": call.id, "type": FUNCTION, "function": function}
    if call.shown is None and before is not None:
        return before
    return {"id": call.id, "type": call.type, call.type: dict(call.shown or {})}
