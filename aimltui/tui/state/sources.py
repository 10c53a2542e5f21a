"""The passages that the searches of a thread's runs have found, by which a citation knows its place in a file. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aimltui.tui.state.entries import Source
from aimltui.wire.run_steps import FileSearchCall, RunStep, ToolCallsDetails

Key = tuple[int, int]
"""The number of the search in its run, and of the passage among its results."""

_MARK: Final = re.compile(r"[【\[](\d{1,6}):(\d{1,6})†")


def key_of(mark: str) -> Key | None:
    """Return which passage a mark such as `【0:2†source】` cites; None if it does not say."""
    found = _MARK.match(mark)
    return (int(found[1]), int(found[2])) if found is not None else None


def found_by(call: FileSearchCall, step_id: str = "", run_id: str = "") -> tuple[Source, ...]:
    """Return the passages that a search has found."""
    return tuple(
        Source(
            file_id=result.file_id,
            name=result.file_name or result.file_id,
            place=result.place or "",
            score=result.score,
            run_id=run_id,
            step_id=step_id,
            call_id=call.id,
            index=index,
        )
        for index, result in enumerate(call.file_search.results or ())
    )


class FoundSources:
    """What was found, by run."""

    def __init__(self) -> None:
        self._by_run: dict[str, dict[str, list[tuple[Source, ...]]]] = {}

    def note(self, step: RunStep) -> bool:
        """Take over the searches of a step; return whether they are new."""
        details = step.step_details
        calls = details.tool_calls if isinstance(details, ToolCallsDetails) else ()
        found = [found_by(call, step.id, step.run_id) for call in calls if isinstance(call, FileSearchCall)]
        steps = self._by_run.get(step.run_id, {})
        if not found or steps.get(step.id) == found:
            return False
        self._by_run.setdefault(step.run_id, {})[step.id] = found
        return True

    def update(self, other: FoundSources) -> None:
        """Take over what another view has read."""
        self._by_run.update(other._by_run)

    def of_run(self, run_id: str | None) -> Mapping[Key, Source]:
        """Return the passages that the messages of a run may cite."""
        searches = [search for step in self._by_run.get(run_id or "", {}).values() for search in step]
        return {
            (number, index): source
            for number, search in enumerate(searches)
            for index, source in enumerate(search)
        }
