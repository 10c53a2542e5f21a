"""Reads one HTTP answer as bytes and turns every failure into a `ModelError`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from pydantic_core import from_json

from aimltui.engine.models.base import JSON, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.http.body import body_of
from aimltui.engine.models.http.client import http_errors
from aimltui.engine.models.http.gathering import gathered


class _Limit:
    """The seconds for the next read, and those of the last one, for the sentence about it."""

    def __init__(self, patience_s: Callable[[bool], float]) -> None:
        self._patience_s = patience_s
        self.began = False
        """Whether the body has started."""
        self.last_s = 0.0

    def __call__(self) -> float:
        self.last_s = limit_s = self._patience_s(self.began)
        return limit_s


class HTTPAnswer:
    """An answer that is read while it arrives.

    `ModelError`s are raised outside of `except` blocks on purpose: the HTTP library's exceptions quote what
    the server sent, which may be the key, and would otherwise become the context of the error.
    """

    def __init__(self, endpoint: Endpoint, model: str = "") -> None:
        self._endpoint = endpoint
        self._model = model
        self.headers: Mapping[str, str] = {}
        """The headers by lower-case name; empty until the answer starts."""
        self.refusal = ""
        """The body of an answer with an error status."""

    async def pieces(
        self, response: AbstractAsyncContextManager[Any], patience_s: Callable[[bool], float]
    ) -> AsyncGenerator[bytes, None]:
        """Send the request and yield the bytes of the body.

        Args:
            response: The request, which is sent when this context is entered.
            patience_s: Gives the seconds to wait for more bytes; its argument says whether the body has started.

        Raises:
            ModelError: The server refused the request, the connection failed, or nothing arrived in time.
        """
        answer = await self._begin(response, patience_s(False))
        known = http_errors()
        failure: ModelError | None = None
        try:
            self.headers = {name.lower(): value for name, value in answer.headers.items()}
            limit = _Limit(patience_s)
            # a read of the connection gives several pieces; to time each of them takes longer than to make it
            with gathered(answer.http_response, limit) as is_limited:
                source = body_of(answer.http_response, answer.iter_bytes())
                while failure is None:
                    try:
                        if is_limited:
                            piece = await anext(source)
                        else:
                            async with asyncio.timeout(limit()):
                                piece = await anext(source)
                    except StopAsyncIteration:
                        return
                    except TimeoutError:
                        failure = errors.timed_out(self._endpoint, limit.last_s, began=limit.began)
                    except known.rest as error:
                        failure = errors.from_exception(self._endpoint, error, began=True)
                    else:
                        limit.began = True
                        yield piece
        finally:
            await response.__aexit__(None, None, None)
        raise failure

    async def _begin(self, response: AbstractAsyncContextManager[Any], wait_s: float) -> Any:
        known = http_errors()
        try:
            async with asyncio.timeout(wait_s):
                return await response.__aenter__()
        except TimeoutError:
            failure = errors.timed_out(self._endpoint, wait_s, began=False)
        except known.status as error:
            failure = self._refused(error.response)
        except known.rest as error:
            failure = errors.from_exception(self._endpoint, error, began=False)
        raise failure

    def _refused(self, response: Any) -> ModelError:
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.refusal = response.text
        return errors.from_answer(self._endpoint, self._model, response.status_code, headers, self.refusal)


def read_json(content: bytes | str) -> JSON:
    """Parse a JSON text.

    Raises:
        ValueError: The text is not JSON.
    """
    try:
        return from_json(content)
    except ValueError:
        # the other parser also reads halves of characters, bytes that are no UTF-8, and deeper values
        text = content if isinstance(content, str) else content.decode("utf-8", errors="replace")
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
