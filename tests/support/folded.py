"""What the events of a run fold into, collected from the changes that the fold reports."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.client.accumulator import RunAccumulator
from aimltui.client.changes import FoldedChange, MessageChanged, StepChanged
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import Run


class Folded:
    """Folds events, and holds what they add up to."""

    def __init__(self, events: Iterable[StreamEvent] = ()) -> None:
        self._accumulator = RunAccumulator()
        self._ids: dict[str, None] = {}
        self._steps: dict[str, RunStep] = {}
        for event in events:
            self.fold(event)

    def fold(self, event: StreamEvent) -> FoldedChange | None:
        change = self._accumulator.fold(event)
        match change:
            case MessageChanged(message):
                self._ids[message.id] = None
            case StepChanged(step):
                self._steps[step.id] = step
        return change

    @property
    def run(self) -> Run | None:
        return self._accumulator.run

    @property
    def messages(self) -> list[Message]:
        """The messages, in the order in which they appeared."""
        found = [self._accumulator.message(message_id) for message_id in self._ids]
        return [message for message in found if message is not None]

    @property
    def steps(self) -> list[RunStep]:
        """The steps, in the order in which they appeared."""
        return list(self._steps.values())
