"""Searches the vector stores of a run: for the tool, and before the question of a model that cannot call tools."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.engine.embedding import QueryVectors
from aimltui.engine.events.deltas import CALL, CallHead, Delta
from aimltui.engine.runs.hosted_tools import HostedToolCalls
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.run_memory import RunMemory
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.step_calls import answer_calls, set_calls
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import messages, passages, threads
from aimltui.engine.store import runs as run_rows
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store import vector_stores as store_rows
from aimltui.engine.store.database import Connection
from aimltui.engine.tools.base import FoundPassage, SearchOutcome, ToolContext
from aimltui.engine.tools.file_search.marks import Key, without_marks
from aimltui.engine.tools.file_search.tool import FILE_SEARCH, TOKENS
from aimltui.wire import ids
from aimltui.wire.events import NOTICE, Notice, StreamEvent
from aimltui.wire.run_steps import FileSearchCall, ToolCallsDetails
from aimltui.wire.runs import Run
from aimltui.wire.tools import ToolResources
from aimltui.wire.vector_stores import COMPLETED, INDEXING, FileProgress

SEARCHED_BEFORE = (
    "This model cannot call tools, so the best passages of the files were put before the question."
)
SEARCHED_WITHOUT_TOOLS = "Tools are off, so the best passages of the files were put before the question."
_LOOK_S = 0.1
_SLOWEST_LOOK_S = 1.0
_WAITS = 5
"""A file that makes progress is waited for so many times longer than one that makes none."""
_TOLD_FAILURES = 5
_LONGEST_QUESTION = 1_000


@dataclass(frozen=True, slots=True)
class SearchState:
    """What a run can search, and what it has found."""

    own: tuple[str, ...] = ()
    """The vector stores of the assistant."""
    of_thread: tuple[str, ...] = ()
    searches: int = 0
    """How many searches the run has made."""
    sources: Mapping[Key, FoundPassage] | None = None
    """The passages that a text may cite; None if the run has no file search."""

    @property
    def stores(self) -> tuple[str, ...]:
        """All stores, each once."""
        return tuple(dict.fromkeys((*self.own, *self.of_thread)))


def load(conn: Connection, run: Run) -> SearchState:
    """Return the vector stores of a run and the passages that it has found."""
    if all(tool.type != FILE_SEARCH for tool in run.tools):
        return SearchState()
    sources: dict[Key, FoundPassage] = {}
    searches = 0
    for step in run_rows.steps_of_run(conn, run.id):
        calls = step.step_details.tool_calls if isinstance(step.step_details, ToolCallsDetails) else ()
        for call in calls:
            if not isinstance(call, FileSearchCall):
                continue
            for number, result in enumerate(call.file_search.results or ()):
                text = "".join(part.text for part in result.content or ())
                sources[searches, number] = FoundPassage(
                    result.file_id,
                    result.file_name,
                    text,
                    result.score,
                    result.place or "",
                    result.places or (),
                )
            searches += 1
    thread = threads.get(conn, run.thread_id)
    return SearchState(_stores(run.tool_resources), _stores(thread.tool_resources), searches, sources)


def _stores(resources: ToolResources | None) -> tuple[str, ...]:
    search = resources.file_search if resources is not None else None
    return tuple(search.vector_store_ids) if search is not None else ()


class StoreSearch:
    """Searches the vector stores of a run.

    Args:
        services: The engine's services.
        state: The stores.
        journal: Tells the run's followers which files are waited for.
    """

    def __init__(self, services: RunServices, state: SearchState, journal: Journal) -> None:
        self._services = services
        self._state = state
        self._journal = journal

    async def __call__(self, queries: Sequence[str], limit: int, threshold: float) -> SearchOutcome:
        """Search; see `PassageSearch`. Files of the thread that are being indexed are waited for."""
        pending = await self._wait_for_files()
        now = self._services.options.now()
        embed = self._services.query_vectors
        meaning = await embed(self._state.stores, queries) if embed is not None else QueryVectors()

        def look(conn: Connection) -> tuple[SearchOutcome, list[str]]:
            usable = [store for store in self._state.stores if store_rows.is_usable(conn, store, now)]
            found = (
                passages.search(conn, usable, queries, limit, threshold=threshold, meaning=meaning.by_store)
                if usable
                else []
            )
            notes = _notes(conn, usable, len(self._state.stores) - len(usable), pending)
            notes += [meaning.problem] if meaning.problem else []
            files = store_files.count(conn, usable, COMPLETED) if usable else 0
            known = [
                FoundPassage(one.file_id, one.filename, one.text, one.score, one.where, one.places)
                for one in found
            ]
            return SearchOutcome(known, files, notes), usable

        outcome, usable = await self._services.database.read(look)

        def touch(conn: Connection) -> None:
            for store in usable:
                store_rows.touch(conn, store, now)

        await self._services.database.write(touch)
        return outcome

    async def _wait_for_files(self) -> int:
        """Wait until the thread's files are indexed, as long as there is progress; return how many are not."""
        stores, pause, told = self._state.of_thread, _LOOK_S, ""
        patience = Patience(self._services.options.index_wait_s)
        files: list[tuple[str, FileProgress | None]] = []
        try:
            while stores:
                files = await self._services.database.read(lambda conn: store_files.being_read(conn, stores))
                if not files:
                    break
                told = self._tell(files, told)
                left_s = patience.left_s(told)
                if left_s <= 0:
                    break
                await asyncio.sleep(min(pause, left_s))
                pause = min(pause * 1.5, _SLOWEST_LOOK_S)
        finally:
            if told:
                self._emit(Notice(run_id=self._journal.run_id, kind="cleared"))
        return len(files)

    def _tell(self, files: Sequence[tuple[str, FileProgress | None]], told: str) -> str:
        """Say which files are read, unless that was the last thing said; return it."""
        text = _reading(files)
        if text != told:
            self._emit(Notice(run_id=self._journal.run_id, kind="reading", text=text))
        return text

    def _emit(self, notice: Notice) -> None:
        self._journal.emit_transient(StreamEvent(NOTICE, notice))


class Patience:
    """How long something is waited for that makes progress.

    Args:
        wait_s: Seconds without progress, and a fifth of the time in all.
        clock: Returns seconds.
    """

    def __init__(self, wait_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._wait_s = wait_s
        self._clock = clock
        self._seen = ""
        self._since = clock()
        self._latest = self._since + _WAITS * wait_s

    def left_s(self, seen: str) -> float:
        """Return the seconds that are left.

        Args:
            seen: How far it is; another text than the last one means progress.
        """
        now = self._clock()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return min(self._since + self._wait_s, self._latest) - now


def _reading(files: Sequence[tuple[str, FileProgress | None]]) -> str:
    name, progress = files[0]
    parts, doing = "", "Reading"
    if progress is not None and progress.stage == INDEXING:
        parts, doing = f" ({progress.percent} %)", "Indexing"
    elif progress is not None:
        of = f"{progress.percent} %, {progress.done:,} of {progress.total:,}" if progress.total else ""
        parts = f" ({of or f'{progress.done:,}'})"
    more = f", and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{doing} {clean_line(name)}{parts}{more}"


def _notes(conn: Connection, stores: Sequence[str], gone: int, pending: int) -> list[str]:
    notes: list[str] = []
    if gone:
        notes.append("Some files have expired, and were not searched. The user can add them again.")
    if pending:
        notes.append(f"{pending} files are still being read, and were not searched.")
    failed = store_files.failures(conn, stores, _TOLD_FAILURES) if stores else []
    notes += [f"The file {without_marks(name)} cannot be searched. {reason}" for name, reason in failed]
    return notes


async def search_before_question(
    services: RunServices, journal: Journal, run: Run, memory: RunMemory
) -> RunMemory:
    """Search with the user's question for a model that cannot call tools; the result is a step of the run."""
    tool = services.tools.of_type(FILE_SEARCH)
    state = await services.database.read(lambda conn: load(conn, run))
    if memory.searched or tool is None or not state.stores:
        return memory
    question = await services.database.read(lambda conn: _question(conn, run))
    if not question:
        return memory
    arguments = json.dumps({"queries": [question]}, ensure_ascii=False)
    call = Call(services.options.new_id(ids.CALL), FILE_SEARCH, arguments, type=FILE_SEARCH, shown={})
    step_id = services.options.new_id(ids.STEP)

    def begin(transaction: RunTransaction) -> None:
        transaction.open_tools(step_id, memory.turns)
        set_calls(transaction, step_id, [call], None)

    await journal.commit(begin)
    journal.emit(Delta(step_id, CALL, 0, CallHead(call.id, FILE_SEARCH, FILE_SEARCH), first=True))
    room = _room(services, run, memory)
    context = ToolContext(
        run, search=StoreSearch(services, state, journal), searches=state.searches, room=room
    )
    done = await HostedToolCalls(journal, step_id, context).run([call], {}, {FILE_SEARCH: tool})

    def finish(transaction: RunTransaction) -> RunMemory:
        answer_calls(transaction, step_id, done)
        transaction.finish_tools({})
        transaction.remember(transaction.memory.after_search())
        return transaction.memory

    return await journal.commit(finish)


def _question(conn: Connection, run: Run) -> str:
    row = messages.newest_user_row(conn, run.thread_id)
    return messages.build(conn, row).text.strip()[:_LONGEST_QUESTION] if row is not None else ""


def _room(services: RunServices, run: Run, memory: RunMemory) -> int:
    """Return the tokens for the passages: a quarter of what the model can read."""
    size = services.context_tokens(run.model, run.connection)
    if run.max_prompt_tokens is not None:
        size = min(size, 2 * (run.max_prompt_tokens - memory.spent_prompt))
    return min(TOKENS, size // 4)
