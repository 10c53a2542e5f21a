"""What one event of a run's stream changed, as `RunAccumulator` reports it.

This module loads nothing else, so that the screen can name these types before its first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass

if TYPE_CHECKING:
    from aimltui.wire.messages import Message
    from aimltui.wire.run_steps import RunStep
    from aimltui.wire.runs import Run


@dataclass(frozen=True, slots=True)
class RunChanged:
    """The run has a new state."""

    run: Run


@dataclass(frozen=True, slots=True)
class StepChanged:
    """The step has a new state."""

    step: RunStep


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """The message has a new state."""

    message: Message


@dataclass(frozen=True, slots=True)
class Appended:
    """The text of the message or of the reasoning `id` grew by `text` at its end; nothing else about it changed."""

    id: str
    text: str


FoldedChange = RunChanged | StepChanged | MessageChanged | Appended
