"""The order of a thread's messages and runs, as far as the server's lists tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import MessageCreationDetails, RunStep
from aimltui.wire.runs import Run


@dataclass(frozen=True)
class Block:
    """A run with its steps and messages, in the order of their start."""

    run: Run
    parts: list[RunStep | Message] = field(default_factory=list)


def in_order(
    messages: Sequence[Message], runs: Sequence[Run], steps_by_run: Mapping[str, Sequence[RunStep]]
) -> Iterator[Message | Block]:
    """Put messages and runs into the order of the conversation.

    A run takes the place of its first message; a run without messages follows the user's message for which it was
    started. Times decide only where nothing else does, since they are whole seconds.

    Yields:
        Messages that belong to no run, and runs with their messages.
    """
    known = {run.id for run in runs}
    by_run: dict[str, list[Message]] = {}
    for message in messages:
        if message.run_id in known:
            by_run.setdefault(str(message.run_id), []).append(message)
    waiting = list(runs)
    heard = False
    for message in messages:
        is_answer = message.run_id in known
        while waiting:
            run = waiting[0]
            anchored = run.id in by_run
            if is_answer and not any(other.id == message.run_id for other in waiting):
                break
            if is_answer and run.id == message.run_id:
                yield _block(waiting.pop(0), by_run, steps_by_run)
                heard = False
                break
            earlier = run.created_at < message.created_at or (run.created_at == message.created_at and heard)
            if not is_answer and (anchored or not earlier):
                break
            yield _block(waiting.pop(0), by_run, steps_by_run)
            heard = False
        if not is_answer:
            yield message
            heard = heard or message.role == "user"
    for run in waiting:
        yield _block(run, by_run, steps_by_run)


def _block(
    run: Run, by_run: Mapping[str, Sequence[Message]], steps_by_run: Mapping[str, Sequence[RunStep]]
) -> Block:
    messages = {message.id: message for message in by_run.get(run.id, ())}
    parts: list[RunStep | Message] = []
    for step in steps_by_run.get(run.id, ()):
        parts.append(step)
        if isinstance(step.step_details, MessageCreationDetails):
            message = messages.pop(step.step_details.message_creation.message_id, None)
            if message is not None:
                parts.append(message)
    return Block(run, [*parts, *messages.values()])
