"""A limit of requests per minute, with the headers that clients of OpenAI's API read."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic

from aimltui.wire.errors import RateLimited


class TooManyRequests(RateLimited):
    """429: the limit of requests per minute is reached.

    Attributes:
        retry_after_s: Whole seconds after which one more request is answered.
    """

    def __init__(self, per_minute: int, wait_s: float) -> None:
        self.retry_after_s = max(1, math.ceil(wait_s))
        super().__init__(
            f"Rate limit reached for requests: this server answers {per_minute} per minute. Please try again in "
            f"{self.retry_after_s}s.",
            code="rate_limit_exceeded",
        )


class RateLimit:
    """Allows so many requests per minute, evenly, and as many at once after a quiet minute.

    Args:
        per_minute: The limit.
        clock: Monotonic seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = float(per_minute)
        self._filled_at = clock()

    def take(self) -> None:
        """Count a request.

        Raises:
            TooManyRequests: The limit is reached; the request does not count.
        """
        self._fill()
        if self._left < 1:
            raise TooManyRequests(self._per_minute, (1 - self._left) * 60 / self._per_minute)
        self._left -= 1

    def headers(self) -> dict[str, str]:
        """Return the limit, what is left of it, and when it is whole again."""
        self._fill()
        whole_s = (self._per_minute - self._left) * 60 / self._per_minute
        return {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(int(self._left)),
            "x-ratelimit-reset-requests": f"{whole_s:.3f}s",
        }

    def _fill(self) -> None:
        now = self._clock()
        self._left = min(self._per_minute, self._left + (now - self._filled_at) * self._per_minute / 60)
        self._filled_at = now
