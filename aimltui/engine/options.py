"""The options of an engine, set by `bootstrap`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.approval import AskApproval
from aimltui.engine.embedding import Embed
from aimltui.engine.models.base import ToolProtocol
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.wire.files import MAX_FILE
from aimltui.wire.ids import NewId, new_id

Clock = Callable[[], float]
"""Unix seconds, with fractions."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a failed model turn is tried, and the delay between two attempts."""

    tries: int = 3
    """Attempts in all, the first one included."""
    base_s: float = 1.0
    """Seconds before the second attempt; doubled for each one after it."""
    cap_s: float = 60.0
    """The longest delay in seconds, even if the server asks for more."""

    def delay_s(self, failed: int, retry_after_s: float | None) -> float:
        """Return the seconds to wait after attempt number `failed` (from 1)."""
        own = self.base_s * 2.0 ** (failed - 1)
        return min(self.cap_s, max(own, retry_after_s or 0.0))


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Directories, limits, clock and ids of one engine."""

    data_dir: Path
    """The directory of the database; created with mode 0700 if it does not exist."""
    clock: Clock = time.time
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that only go forward: for everything that is measured, because the clock may jump."""
    new_id: NewId = new_id
    run_lifetime_s: float = 600.0
    """Seconds from a run's creation to its expiry."""
    checkpoint_s: float = 0.25
    """The longest time in seconds until streamed text is stored."""
    heartbeat_s: float = 5.0
    """Seconds between two heartbeats while this engine executes runs."""
    poll_s: float = 1.0
    """Seconds between two checks for changes by other processes, while this engine is idle."""
    busy_poll_s: float = 0.25
    """Seconds between two checks while a run is active here or a run of another process is followed."""
    quiet_s: float = 5.0
    """Seconds without writing after which the space of deleted rows is given back to the disk."""
    stop_s: float = 2.0
    """Seconds to wait until a stopped run has released its resources; after them its end is stored anyway."""
    readers: int = 3
    """Worker threads that read the database."""
    max_turns: int = 100
    """Model turns of one run before it fails, so that a loop of tool calls ends."""
    max_tool_turns: int = 25
    """Turns of one run that may call hosted tools; after them the model gets no tools."""
    tool_protocol: ToolProtocol = "auto"
    """How models call tools if nothing is known about the model; see `engine.runs.tool_protocol`."""
    interpreter: str = "auto"
    """The sandbox for a model's Python: `auto` (the strongest that passes its test), `off`, or a sandbox's name."""
    interpreter_python: str | None = None
    """The Python for that code. None for the one of `aimltui interpreter setup`; without that, this program's Python
    without its packages."""
    unconfined: Literal["off", "ask"] = "off"
    """What happens where no sandbox works: no code runs, or the user is asked about each piece."""
    ask_approval: AskApproval | None = None
    """Asks the user about code that would run without a sandbox; without it, no such code runs."""
    max_sessions: int = 8
    """Threads that may have a running interpreter at the same time."""
    default_context_tokens: int = 128_000
    """The context window of a model whose size is unknown."""
    keep_events_s: float = 86_400.0
    """Seconds for which the event log of an ended run can be replayed."""
    max_file_bytes: int = MAX_FILE
    """The limit for a file that is uploaded in one piece."""
    indexers: int = 2
    """Files that are indexed at the same time."""
    embed: Embed | None = None
    """Turns text into vectors; None searches by words alone."""
    extract_s: float = 60.0
    """The time limit for extracting the text of one file, in seconds."""
    index_wait_s: float = 60.0
    """Seconds without progress that a search waits for files of the thread that are being indexed; five times as long in all."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    lessons: Lessons = field(default_factory=Lessons)
    """What is known about models from refused requests; shared with the registry of models."""
    first_byte_notice_s: float = 30.0
    """Seconds without the first byte of an answer after which followers of the run receive a notice."""
    silence_notice_s: float = 60.0
    """Seconds of silence within an answer after which followers of the run receive a notice."""
    limits: BudgetLimits = field(default_factory=BudgetLimits)
    """The spending limits."""
    in_memory: bool = False
    """Whether nothing is stored on the disk. Then there are no files, and everything is gone when the engine closes."""

    @property
    def database(self) -> Path:
        """The path of the database."""
        return self.data_dir / "aimltui.db"

    @property
    def files(self) -> Path:
        """The directory of the blob store."""
        return self.data_dir / "files"

    def now(self) -> int:
        """Return the time in whole Unix seconds, as in the API."""
        return int(self.clock())
