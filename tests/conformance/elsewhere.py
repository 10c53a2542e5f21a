"""The suite against another server, so that the tests themselves are tested.

    AIMLTUI_CONFORMANCE_URL=https://api.example.org/v1 AIMLTUI_CONFORMANCE_KEY=... AIMLTUI_CONFORMANCE_MODEL=gpt-4o-mini \
        python -m pytest tests/conformance

What only a scripted model, a stopped clock or the engine itself can show is skipped. A small proxy on a unix socket
stands before the server: it puts the key in and the model's name in place of the tests' `fake`.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aimltui.server.listener import Address, serve
from tests.support.builders import bounded

# read when the module is: the tests themselves run without anybody's environment
URL = os.environ.get("AIMLTUI_CONFORMANCE_URL", "").rstrip("/")
"""Empty: there is no other server."""
KEY = os.environ.get("AIMLTUI_CONFORMANCE_KEY", "none")
MODEL = os.environ.get("AIMLTUI_CONFORMANCE_MODEL", "gpt-4o-mini")
HOST = urlsplit(URL).hostname
PATIENCE_S = 60.0
"""How long a run may take there."""
NEAR_S = 300
"""How far its clock may be from ours, with what a test takes."""

OF_OUR_MODEL = frozenset({
    "test_models_are_listed", "test_additional_messages_are_said_first_and_stay", "test_one_model_can_be_looked_up",
    "test_a_model_that_nobody_serves_fails_the_run", "test_a_thread_and_a_run_at_once_in_three_ways",
    "test_a_run_names_its_connection_and_an_unknown_one_is_refused",
    "test_connections_without_a_list_are_told_beside_the_models",
})  # fmt: skip
"""They know what the model says, or which models there are."""
OF_OUR_PATHS = frozenset({
    "test_paths_begin_as_the_clients_have_them", "test_a_path_that_is_not_there_is_a_404_and_a_wrong_method_a_405",
    "test_azures_client_works_too", "test_content_is_an_attachment_and_never_a_page",
})  # fmt: skip
"""They are about what the proxy changes."""

_FAKE = re.compile(rb'("model":\s*)"fake"')
_REAL = re.compile(rb'("model":\s*)"' + re.escape(MODEL.encode()) + rb'"')
_OURS = frozenset({"host", "authorization", "api-key", "content-length", "connection", "accept-encoding"})
_THEIRS = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})


class About:
    """Equal to every moment near now, or near so many seconds after it."""

    def __init__(self, seconds: int) -> None:
        self._moment = time.time() + seconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and abs(other - self._moment) < NEAR_S

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"about {self._moment:.0f}"


class NotHere:
    """In place of something of our own: a test that touches it says nothing about another server."""

    def __init__(self, what: str) -> None:
        object.__setattr__(self, "_what", what)

    def _skip(self) -> NoReturn:
        pytest.skip(f"needs {object.__getattribute__(self, '_what')}")

    def __getattr__(self, name: str) -> Any:
        self._skip()

    def __setattr__(self, name: str, value: Any) -> None:
        self._skip()


def says_nothing(test: str, fixtures: Collection[str]) -> str | None:
    """Why a test cannot judge another server; None: it can."""
    if not {"world", "http_world"} & set(fixtures):
        return "it does not ask the other server"
    for names, reason in (
        (OF_OUR_MODEL, "it needs a scripted model"),
        (OF_OUR_PATHS, "it is about what the proxy changes"),
    ):
        if test in names:
            return reason
    return None


@asynccontextmanager
async def proxied(socket: Path) -> AsyncIterator[Path]:
    """The other server, on a unix socket."""
    stop, ready = asyncio.Event(), asyncio.Event()
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as client, asyncio.TaskGroup() as group:
        group.create_task(
            serve(
                _proxy(client),
                Address(uds=socket),
                announce=lambda line: ready.set(),
                on_stop=_nothing,
                handle_signals=False,
                stop=stop,
            )
        )
        try:
            await bounded(ready.wait())
            yield socket
        finally:
            stop.set()


def _proxy(client: httpx2.AsyncClient) -> ASGIApp:
    async def forward(scope: Scope, receive: Receive, send: Send) -> None:
        asked = Request(scope, receive)
        path = str(scope["raw_path"].decode("latin-1")).removeprefix("/v1")
        query = scope["query_string"].decode("latin-1")
        request = client.build_request(
            asked.method,
            f"{URL}{path}{'?' if query else ''}{query}",
            content=_FAKE.sub(rb'\1"' + MODEL.encode() + rb'"', await asked.body()),
            headers=[
                *((name, value) for name, value in asked.headers.items() if name not in _OURS),
                ("authorization", f"Bearer {KEY}"),
            ],
        )
        answer = await client.send(request, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_bytes():
                yield _REAL.sub(rb'\1"fake"', piece)

        headers = {name: value for name, value in answer.headers.items() if name not in _THEIRS}
        try:
            await StreamingResponse(pieces(), answer.status_code, headers)(scope, receive, send)
        finally:
            await answer.aclose()

    return forward


async def _nothing() -> None:
    pass
