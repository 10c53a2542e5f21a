"""Counts requests and writes the counts in Prometheus' text format. No content, no ids."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field

from aimltui import __version__
from aimltui.common.dataclass import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)
"""Upper ends of the classes of durations, in seconds."""


@dataclass(slots=True)
class _Durations:
    counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    total_s: float = 0.0


class Metrics:
    """The requests of a server since it started."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._durations: defaultdict[str, _Durations] = defaultdict(_Durations)
        self._open_streams = 0

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Count a request that was answered.

        Args:
            operation: The operation's name; never a path, which has ids.
            status: HTTP status; 499 if the client left before the answer began.
            seconds: Until the end of the answer.
        """
        self._requests[operation, status] += 1
        durations = self._durations[operation]
        durations.counts[bisect.bisect_left(_BOUNDS, seconds)] += 1
        durations.total_s += seconds

    @contextmanager
    def open_stream(self) -> Iterator[None]:
        """Count a stream as open."""
        self._open_streams += 1
        try:
            yield
        finally:
            self._open_streams -= 1

    def text(self) -> bytes:
        """Return the counts in the text format."""
        return ("\n".join(self._lines()) + "\n").encode()

    def _lines(self) -> Iterator[str]:
        yield "# HELP aimltui_info The version of the server."
        yield "# TYPE aimltui_info gauge"
        yield f'aimltui_info{{version="{__version__}"}} 1'
        yield "# HELP aimltui_streams_open Event streams that are open."
        yield "# TYPE aimltui_streams_open gauge"
        yield f"aimltui_streams_open {self._open_streams}"
        yield "# HELP aimltui_requests_total Requests by operation and HTTP status."
        yield "# TYPE aimltui_requests_total counter"
        for (operation, status), number in sorted(self._requests.items()):
            yield f'aimltui_requests_total{{operation="{operation}",status="{status}"}} {number}'
        yield "# HELP aimltui_request_seconds Time until the end of the answer."
        yield "# TYPE aimltui_request_seconds histogram"
        for operation, durations in sorted(self._durations.items()):
            below = 0
            for bound, number in zip((*map(str, _BOUNDS), "+Inf"), durations.counts, strict=True):
                below += number
                yield f'aimltui_request_seconds_bucket{{operation="{operation}",le="{bound}"}} {below}'
            yield f'aimltui_request_seconds_sum{{operation="{operation}"}} {durations.total_s:.6f}'
            yield f'aimltui_request_seconds_count{{operation="{operation}"}} {below}'
