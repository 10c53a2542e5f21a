"""KnownRuns: the runs of one thread as far as they are known, and what they used together."""

from __future__ import annotations

from aimltui.wire.runs import Run, Usage


class KnownRuns:
    """The runs of a thread, oldest first."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    @property
    def latest(self) -> Run | None:
        """The newest known run."""
        return next(reversed(self._runs.values()), None)

    @property
    def active(self) -> Run | None:
        """The run that locks the thread; None if no known run does."""
        newest = self.latest
        return newest if newest is not None and newest.is_active else None

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all known runs."""
        return frozenset(self._runs)

    @property
    def counted(self) -> int:
        """The number of runs whose usage is known."""
        return sum(run.usage is not None for run in self._runs.values())

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all runs together; the cost is None if no run's cost is known."""
        used = [run.usage for run in self._runs.values() if run.usage is not None]
        costs = [usage.cost_usd for usage in used if usage.cost_usd is not None]
        return Usage(
            prompt_tokens=sum(usage.prompt_tokens for usage in used),
            completion_tokens=sum(usage.completion_tokens for usage in used),
            cost_usd=sum(costs) if costs else None,
            cost_is_computed=any(usage.cost_is_computed for usage in used) or None,
            cost_is_partial=(
                len(costs) < len(used) or any(usage.cost_is_partial for usage in used) if costs else None
            ),
            context_tokens=used[-1].context_tokens if used else None,
            context_length=used[-1].context_length if used else None,
        )

    def get(self, run_id: str) -> Run | None:
        """Return a run; None if it is not known."""
        return self._runs.get(run_id)

    def latest_of(self, assistant_id: str | None) -> Run | None:
        """Return the newest run of an assistant; the newest of any if it has none."""
        runs = reversed(self._runs.values())
        return next((run for run in runs if run.assistant_id == assistant_id), self.latest)

    def name_in(self, run_id: str | None) -> str | None:
        """Return the name that the assistant of a run had when it was created, if that is known."""
        run = self._runs.get(run_id or "")
        return run.assistant_name if run is not None else None

    def note(self, run: Run) -> None:
        """Take a run's state; a new run becomes the newest one."""
        self._runs[run.id] = run

    def forget(self, run_id: str) -> None:
        """Remove a run, if it is known."""
        self._runs.pop(run_id, None)

    def add_older(self, older: KnownRuns) -> None:
        """Add runs before those that are known; of a run that both have, the state here stays."""
        self._runs = {**older._runs, **self._runs}

    def replace_end(self, newer: KnownRuns, reached: frozenset[str]) -> None:
        """Replace the newest runs by those of a snapshot.

        Args:
            newer: The runs that the snapshot shows.
            reached: The ids of all runs in the snapshot; those that it does not show are removed.
        """
        gone = newer.ids | reached
        self._runs = {**{i: run for i, run in self._runs.items() if i not in gone}, **newer._runs}
