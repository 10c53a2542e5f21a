"""Transient notices during a model call: that no answer comes, that it is retried, that a price is unknown."""

from __future__ import annotations

import asyncio
import math

from aimltui.common.text import replace_surrogates
from aimltui.engine.models.base import ChatModel, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.journal import Journal
from aimltui.wire import events
from aimltui.wire.events import Notice, StreamEvent


class WaitNotices:
    """Tells followers of a run why no text comes. A notice is withdrawn as soon as text comes."""

    def __init__(self, journal: Journal, options: EngineOptions) -> None:
        self._journal = journal
        self._options = options
        self._time = asyncio.get_running_loop().time
        self._is_open = False
        self._host = ""
        self._limit_s = 0.0
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self, model: ChatModel) -> None:
        """Start to wait for the answer of a request."""
        endpoint = getattr(model, "endpoint", None)
        self._host = endpoint.host if isinstance(endpoint, Endpoint) else "the model"
        self._listen(self._options.first_byte_notice_s)

    def reset(self) -> None:
        """Withdraw the notice and wait again: a part of the answer has come."""
        if self._is_open:
            self.clear()
        self._limit_s = self._options.silence_notice_s
        if self._timer is None:
            self._listen(self._limit_s)
        else:
            self._since = self._time()

    def end(self) -> None:
        """Stop to wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def clear(self) -> None:
        """Withdraw the notice, if there is one."""
        if self._is_open:
            self._is_open = False
            self._tell(Notice(run_id=self._journal.run_id, kind="cleared"))

    async def before_retry(self, error: ModelError, tried: int, tries: int) -> None:
        """Report a retry and wait for it.

        Args:
            error: Why the last attempt failed.
            tried: How many attempts have failed.
            tries: Attempts in all.
        """
        retry = self._options.retry
        delay = retry.delay_s(tried, error.retry_after_s)
        what, attempt = replace_surrogates(error.message).rstrip(". "), f"{tried + 1}/{tries}"
        self._is_open = True
        self._tell(
            Notice(
                run_id=self._journal.run_id,
                kind="retry",
                text=f"{what}. Trying again in {math.ceil(delay)} s ({attempt})",
                until=self._options.clock() + delay,
                what=what,
                attempt=attempt,
            )
        )
        await asyncio.sleep(delay)

    def note(self, text: str) -> None:
        """Report a notice that stays."""
        self._tell(Notice(run_id=self._journal.run_id, kind="remark", text=text))

    def _listen(self, limit_s: float) -> None:
        self.end()
        loop = asyncio.get_running_loop()
        self._since, self._limit_s = loop.time(), limit_s
        self._timer = loop.call_later(limit_s, self._look)

    def _look(self) -> None:
        # a timer for each delta of a fast stream would cost more than the delta, so the timer checks when it fires
        loop = asyncio.get_running_loop()
        silent = loop.time() - self._since
        if silent < self._limit_s:
            self._timer = loop.call_later(self._limit_s - silent, self._look)
            return
        self._timer = None
        self._is_open = True
        what = f"No answer from {self._host}"
        self._tell(
            Notice(
                run_id=self._journal.run_id,
                kind="silent",
                text=f"{what} for {round(silent)} s",
                since=self._options.clock() - silent,
                what=what,
            )
        )

    def _tell(self, notice: Notice) -> None:
        self._journal.emit_transient(StreamEvent(events.NOTICE, notice))
