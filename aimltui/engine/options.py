"""What the composition root hands to the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.approval import Approve
from aimltui.engine.models.base import ToolProtocol
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.wire.files import MAX_FILE
from aimltui.wire.ids import NewId, new_id

Clock = Callable[[], float]
"""Unix seconds, with fractions."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a failed model turn is tried, and how long it waits in between."""

    tries: int = 3
    """Attempts in all, the first one included."""
    base_s: float = 1.0
    """Seconds before the second attempt; doubled for each one after it."""
    cap_s: float = 60.0
    """Seconds at most, also where the server asks for more."""

    def delay_s(self, failed: int, retry_after_s: float | None) -> float:
        """Seconds to wait after attempt number `failed` (from 1)."""
        own = self.base_s * 2.0 ** (failed - 1)
        return min(self.cap_s, max(own, retry_after_s or 0.0))


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Directories, limits, clock and ids of one engine."""

    data_dir: Path
    """Where the database lives; made with mode 0700 if it is not there."""
    clock: Clock = time.time
    new_id: NewId = new_id
    run_lifetime_s: float = 600.0
    """Seconds from a run's creation to its expiry."""
    checkpoint_s: float = 0.25
    """Seconds after which streamed text is in the database, at the latest."""
    heartbeat_s: float = 5.0
    """Seconds between signs of life while this engine executes runs."""
    poll_s: float = 1.0
    """Seconds between looks at what other processes wrote, while nothing here is going on."""
    busy_poll_s: float = 0.25
    """The same while a run is active here or a run of another process is followed."""
    stop_s: float = 2.0
    """Seconds that a stopped run may take to let go before its end is written without it."""
    readers: int = 3
    """Worker threads that read the database."""
    max_turns: int = 100
    """Model turns of one run before it fails: a tool loop has to end somewhere."""
    max_tool_turns: int = 25
    """Turns of one run in which the engine's own tools are called; the next turn goes out without tools."""
    tool_protocol: ToolProtocol = "auto"
    """How models call the code interpreter that say nothing about it themselves; see `engine.runs.tool_protocol`."""
    interpreter: str = "auto"
    """Where a model's Python runs: `auto` (the strongest sandbox that holds), `off`, or a sandbox by its name."""
    interpreter_python: str | None = None
    """The Python that runs there; None for that of `aimltui interpreter setup`, and without such the
    one that this program runs with, without its packages."""
    unconfined: Literal["off", "ask"] = "off"
    """What happens where no sandbox holds: no code is run, or the user is asked about each piece."""
    approve: Approve | None = None
    """Asks the user about a piece of code that nothing would keep in; None: there is nobody to ask, so it is not run."""
    max_sessions: int = 8
    """Threads that may have a running interpreter at the same time."""
    default_context_tokens: int = 128_000
    """The context window of a model that does not say how large it is."""
    keep_events_s: float = 86_400.0
    """Seconds for which the event log of an ended run can be replayed."""
    max_file_bytes: int = MAX_FILE
    """Of a file that is uploaded in one piece."""
    indexers: int = 2
    """Files that are made searchable at the same time."""
    extract_s: float = 60.0
    """Seconds that finding the text of one file may take."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    lessons: Lessons = field(default_factory=Lessons)
    """What refusals have taught about models; the registry of models has the same."""
    first_byte_notice_s: float = 30.0
    """Seconds without a first sign of an answer after which those who follow the run are told."""
    silence_notice_s: float = 60.0
    """The same within an answer."""
    limits: BudgetLimits = field(default_factory=BudgetLimits)
    """What may be spent."""

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.data_dir / "aimltui.db"

    @property
    def files(self) -> Path:
        """The directory of the files' bytes."""
        return self.data_dir / "files"

    def now(self) -> int:
        """The clock's time as the API writes it."""
        return int(self.clock())
