"""Decides whether a run's model is offered the hosted tools, and says why it is not. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.engine.models.base import ModelInfo, ToolProtocol
from aimltui.engine.models.catalogue.values import weights_in_name
from aimltui.engine.models.compat.lesson_store import LOOPS
from aimltui.wire.tools import FunctionTool, Tool

SMALLEST = 4_000_000_000
"""A model with fewer weights calls tools where none are needed, and prints calls as text."""
SWITCHED_OFF = "switched off"
SMALL_MODEL = "small model"
NO_TOOL_CALLS = "the model calls none"
REPEATS_CALLS = "the model repeats its calls"


def why_off(
    switch: str,
    tools: Iterable[Tool],
    model_id: str,
    known: ModelInfo | None,
    learned: Iterable[str],
    protocol: ToolProtocol = "auto",
) -> str | None:
    """Return why the hosted tools of a run are not offered, in a few words; None if they are, or if there are none.

    Only a run whose request says `hosted_tools: off` or `auto` loses its hosted tools: the screen and `aimltui chat` say
    `auto` for the assistants that they make for themselves, and what the user switched for a thread. A program that names
    tools in its assistant or its run sends no such switch and gets them, whatever the model. Functions of programs are
    always offered.

    Args:
        switch: The request's switch; empty for none.
        tools: The run's tools.
        model_id: The model's id, which may give the number of its weights.
        known: What the server's list says about the model.
        learned: The names of the lessons about the model.
        protocol: How the user says that models call tools; other than `auto` it comes before the server's list.
    """
    if switch not in ("off", "auto") or all(isinstance(tool, FunctionTool) for tool in tools):
        return None
    return SWITCHED_OFF if switch == "off" else why_not_auto(model_id, known, LOOPS in learned, protocol)


def why_not_auto(
    model_id: str, known: ModelInfo | None, repeats_calls: bool, protocol: ToolProtocol = "auto"
) -> str | None:
    """Return why a model is offered no hosted tools with the switch at `auto`; None if it is. See `why_off`."""
    weights = (known.parameters if known is not None else None) or weights_in_name(model_id)
    if weights is not None and weights < SMALLEST:
        return SMALL_MODEL
    able = known.abilities if known is not None and (known.tool_protocol or protocol) == "auto" else None
    if able is not None and "tools" not in able:
        return NO_TOOL_CALLS
    return REPEATS_CALLS if repeats_calls else None
