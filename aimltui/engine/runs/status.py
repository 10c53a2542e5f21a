"""The nine statuses of a run: the legal transitions, and the fields that each sets and clears. Pure."""

from __future__ import annotations

from typing import Any, Literal

from aimltui.common.dataclass import dataclass
from aimltui.wire.messages import IncompleteDetails
from aimltui.wire.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    EXPIRED,
    FAILED,
    IN_PROGRESS,
    INCOMPLETE,
    QUEUED,
    REQUIRES_ACTION,
    TERMINAL,
    EndStatus,
    LastError,
    RequiredAction,
    Run,
    RunStatus,
    Usage,
)

MOVES: dict[str, frozenset[RunStatus]] = {
    QUEUED: frozenset({IN_PROGRESS, CANCELLING, FAILED, EXPIRED}),
    IN_PROGRESS: frozenset({REQUIRES_ACTION, COMPLETED, INCOMPLETE, FAILED, CANCELLING, EXPIRED}),
    REQUIRES_ACTION: frozenset({QUEUED, CANCELLING, FAILED, EXPIRED}),
    CANCELLING: frozenset({CANCELLED, FAILED, EXPIRED}),
    **{status: frozenset[RunStatus]() for status in TERMINAL},
}
"""The legal transitions from each status. Source: OpenAI's guide to the Assistants API, "Run lifecycle"."""

CANCELLABLE = frozenset({QUEUED, IN_PROGRESS, REQUIRES_ACTION})

StepEnd = Literal["cancelled", "expired", "failed", "completed"]
"""The statuses of a step that has ended."""

STEP_ENDS: dict[EndStatus, StepEnd] = {
    CANCELLED: "cancelled",
    EXPIRED: "expired",
    FAILED: "failed",
    INCOMPLETE: "completed",
    COMPLETED: "completed",
}
"""The status of an open step when its run ends."""

MESSAGE_REASONS: dict[EndStatus, str] = {
    CANCELLED: "run_cancelled",
    EXPIRED: "run_expired",
    FAILED: "run_failed",
    INCOMPLETE: "max_tokens",
}
"""Why an open message is incomplete when its run ends."""


class IllegalMove(Exception):
    """A transition between two statuses is illegal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run."""

    status: EndStatus
    error: LastError | None = None
    reason: str | None = None
    """For `incomplete`: the run's reason."""
    message_reason: str | None = None
    """The open message's reason, if it differs from the usual one."""


def moved(
    run: Run,
    to: RunStatus,
    now: int,
    *,
    error: LastError | None = None,
    reason: str | None = None,
    action: RequiredAction | None = None,
    usage: Usage | None = None,
    duration_ms: int | None = None,
) -> Run:
    """Return the run after a transition.

    Args:
        run: The run before it.
        to: Its next status.
        now: Unix seconds.
        error: For `failed`.
        reason: For `incomplete`.
        action: For `requires_action`.
        usage: The sum of all turns; for terminal statuses and `requires_action`.
        duration_ms: For terminal statuses.

    Raises:
        IllegalMove: The table does not have this transition.
    """
    if to not in MOVES.get(run.status, frozenset()):
        raise IllegalMove(f"A run with status {run.status!r} cannot become {to!r}.")
    update: dict[str, Any] = {"status": to, "required_action": action if to == REQUIRES_ACTION else None}
    if to == IN_PROGRESS and run.started_at is None:
        update["started_at"] = now
    if to in (QUEUED, REQUIRES_ACTION):
        update["usage"] = usage
    if to in TERMINAL:
        update |= {"usage": usage, "duration_ms": duration_ms, "last_error": error}
        update["expires_at"] = run.expires_at if to == EXPIRED else None
    stamp = {COMPLETED: "completed_at", FAILED: "failed_at", CANCELLED: "cancelled_at"}.get(to)
    if stamp is not None:
        update[stamp] = now
    if to == INCOMPLETE:
        update["incomplete_details"] = IncompleteDetails(reason=reason)
    return run.model_copy(update=update)
