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

from aimltui.server.serve import Place, serve
from tests.support.builders import bounded

# read when the module is: the tests themselves run without anybody's environment
URL = os.environ.get("AIMLTUI_CONFORMANCE_URL", "").rstrip("/")
"""Empty: there is no other server."""
KEY = os.environ.get("AIMLTUI_CONFORMANCE_KEY", "none")
MODEL = os.environ.get("AIMLTUI_CONFORMANCE_MODEL", "gpt-4o-mini")
HOST = urlsplit(URL).hostname
PATIENCE_S = 60.0
"""How long a run may take there."""

OF_OUR_CLOCK = frozenset({
    "test_a_new_assistant_shows_the_defaults", "test_a_file_shows_every_field", "test_a_file_is_gone_when_its_time_is_up",
    "test_a_message_of_the_user", "test_an_answer_is_one_step", "test_a_new_run_is_queued_with_its_deadline",
    "test_a_completed_run", "test_a_thread_needs_nothing", "test_an_upload_begins_pending_and_lasts_an_hour",
    "test_the_order_of_the_ids_is_the_order_of_the_file", "test_a_store_needs_nothing",
    "test_files_of_a_creation_are_processed_and_counted", "test_name_metadata_and_time_can_be_changed",
})  # fmt: skip
"""They compare with the moment at which our clock stands still."""
OF_AN_EMPTY_STORE = frozenset({
    "test_pages_show_each_of_a_burst_once_and_in_order", "test_an_empty_list_has_null_ends",
    "test_files_are_listed_by_purpose_and_page_by_page", "test_what_is_no_plain_file_is_refused",
    "test_a_hostile_name_becomes_a_harmless_one", "test_a_wrong_form_is_refused_and_leaves_nothing",
    "test_a_form_cannot_name_a_file_of_the_server", "test_a_client_that_goes_away_in_the_middle_leaves_nothing",
    "test_the_same_key_makes_one_file_also_with_another_boundary", "test_every_object_passes_strict_validation",
    "test_the_list_of_threads_is_reached_by_its_low_level_get", "test_its_files", "test_its_vector_stores",
    "test_threads_can_be_listed", "test_resources_that_are_not_there_are_refused",
    "test_a_cancelled_upload_takes_nothing_more_and_leaves_nothing_behind", "test_of_two_that_complete_at_once_one_does",
    "test_stores_are_listed_and_deleted", "test_what_is_not_there_is_named",
})  # fmt: skip
"""They know everything that there is, in the lists or in the data directory."""
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
        (OF_OUR_CLOCK, "it needs a clock that stands still"),
        (OF_AN_EMPTY_STORE, "it needs a store of its own"),
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
                Place(uds=socket),
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
