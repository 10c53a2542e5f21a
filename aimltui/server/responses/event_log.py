"""The events of responses in the background, for any number of followers: each sees the same numbers."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing

from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError, ServerError

log = logging.getLogger(__name__)

_MOST_ENDED = 50
"""Logs that are kept after their response has ended: a client that lost its connection comes back soon."""
_MOST_EVENTS = 200_000
"""Events of all logs that are kept after the end."""

Events = AsyncGenerator[JSONObject, None]


class ResponseLog:
    """The events of one response, which are read once, however many follow.

    Args:
        source: The events, in the order of their sequence numbers.
    """

    def __init__(self, source: Events) -> None:
        self.events: list[JSONObject] = []
        self._wake = asyncio.Event()
        self._error: APIError | None = None
        self._task = asyncio.create_task(self._read(source), name="events of a response")

    @property
    def has_ended(self) -> bool:
        """Whether no event follows."""
        return self._task.done()

    async def follow(self, least: int) -> Events:
        """Yield the events after a sequence number, until the response ends.

        Raises:
            APIError: The source failed.
        """
        position = 0
        while True:
            wake = self._wake
            fresh, position = self.events[position:], len(self.events)
            for event in fresh:
                if event["sequence_number"] > least:
                    yield event
            if fresh:
                continue
            if self.has_ended or self._error is not None:
                break
            await wake.wait()
        if self._error is not None:
            raise self._error

    async def aclose(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _read(self, source: Events) -> None:
        try:
            async with aclosing(source):
                async for event in source:
                    self.events.append(event)
                    self._announce()
        except APIError as error:
            self._error = error
        except Exception:
            log.exception("the events of a response could not be read")
            self._error = ServerError("The server had an error while it read the events of the response.")
        finally:
            # the task has ended for followers only after this step
            asyncio.get_running_loop().call_soon(self._announce)

    def _announce(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()


class ResponseLogs:
    """The logs of responses by id: those that run, and a few that have ended."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, ResponseLog] = OrderedDict()

    def get(self, response_id: str) -> ResponseLog | None:
        """Return the log of a response; None if there is none."""
        return self._logs.get(response_id)

    def start(self, response_id: str, source: Events) -> ResponseLog:
        """Read the events of a response from now on."""
        self._forget_old()
        found = self._logs[response_id] = ResponseLog(source)
        return found

    def forget(self, response_id: str) -> None:
        """Forget a response that was deleted, once it has ended."""
        if (found := self._logs.get(response_id)) is not None and found.has_ended:
            del self._logs[response_id]

    async def aclose(self) -> None:
        """Stop reading; the runs go on."""
        for one in list(self._logs.values()):
            await one.aclose()

    def _forget_old(self) -> None:
        ended = [id_ for id_, one in self._logs.items() if one.has_ended]
        events = sum(len(self._logs[id_].events) for id_ in ended)
        while ended and (len(ended) > _MOST_ENDED or events > _MOST_EVENTS):
            events -= len(self._logs.pop(ended.pop(0)).events)
