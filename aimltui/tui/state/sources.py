"""The passages that the searches of a thread's runs have found, by which a citation knows its place in a file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.formatting.web_passages import WEB_TOOLS, host_of, read
from aimltui.tui.state.entries import Source
from aimltui.wire.run_steps import FileSearchCall, FunctionToolCall, RunStep, ToolCallsDetails

Key = tuple[int | str, int]
"""The number of the search in its run, and of the passage among its results; for a passage from the web see `WebKey`."""

_MARK: Final = pattern(r"[【\[](\d{1,6}):(\d{1,6})†")


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


def found_on_web(call: FunctionToolCall, step_id: str = "", run_id: str = "") -> dict[Key, Source]:
    """Return the passages of web pages in the output of a call."""
    if call.function.name not in WEB_TOOLS or not call.function.output:
        return {}
    passages = read(call.function.output)
    pages: dict[str, str] = {}
    for passage in passages.values():
        before = pages.get(passage.url)
        pages[passage.url] = passage.text if before is None else f"{before}\n\n{passage.text}"
    return {
        key: Source(
            file_id="",
            name=passage.title,
            place=host_of(passage.url),
            run_id=run_id,
            step_id=step_id,
            call_id=call.id,
            index=index,
            url=passage.url,
            text=passage.text,
            page=pages[passage.url],
        )
        for index, (key, passage) in enumerate(passages.items())
    }


class FoundSources:
    """What was found, by run."""

    def __init__(self) -> None:
        self._by_run: dict[str, dict[str, list[tuple[Source, ...]]]] = {}
        self._on_web: dict[str, dict[Key, Source]] = {}

    def note(self, step: RunStep) -> bool:
        """Take over the searches of a step; return whether they are new."""
        details = step.step_details
        calls = details.tool_calls if isinstance(details, ToolCallsDetails) else ()
        for call in calls:
            if isinstance(call, FunctionToolCall) and (on_web := found_on_web(call, step.id, step.run_id)):
                self._on_web.setdefault(step.run_id, {}).update(on_web)
        found = [found_by(call, step.id, step.run_id) for call in calls if isinstance(call, FileSearchCall)]
        steps = self._by_run.get(step.run_id, {})
        if not found or steps.get(step.id) == found:
            return False
        self._by_run.setdefault(step.run_id, {})[step.id] = found
        return True

    def update(self, other: FoundSources) -> None:
        """Take over what another view has read."""
        self._by_run.update(other._by_run)
        self._on_web.update(other._on_web)

    def of_run(self, run_id: str | None) -> Mapping[Key, Source]:
        """Return the passages that the messages of a run may cite."""
        searches = [search for step in self._by_run.get(run_id or "", {}).values() for search in step]
        in_files: dict[Key, Source] = {
            (number, index): source
            for number, search in enumerate(searches)
            for index, source in enumerate(search)
        }
        return in_files | self._on_web.get(run_id or "", {})
