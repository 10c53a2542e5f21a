"""The HTTP transport against servers as they are: busy, broken, partial, somebody else's."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.capabilities import Capabilities, probe
from aimltui.client.client import AssistantsClient, every
from aimltui.client.connect import connect, index_file
from aimltui.client.errors import Garbled, TimedOut, TransportError, Unreachable, Unsupported
from aimltui.client.http import HTTPTransport, Patience, Remote
from aimltui.wire.assistants import AssistantParams, CreateAssistant
from aimltui.wire.errors import APIError, BadRequest, NotFound, RateLimited, ServerError, Unauthorized
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import CreateMessage, ListMessages
from aimltui.wire.parsing import MAX_INTEGER
from aimltui.wire.runs import CreateRun, Run
from aimltui.wire.threads import CreateThread, ListThreads
from tests.support.builders import PATIENCE_S
from tests.support.http_server import SSE, Says, ScriptedServer, refuses, says_json, scripted_server
from tests.support.raw_server import raw_server

QUICK = Patience(connect_s=1, answer_s=0.3, silence_s=0.3, pause_s=0.01, poll_s=0.01)
THREAD: dict[str, Any] = {"id": "thread_1", "object": "thread", "created_at": 1_700_000_000, "metadata": {}}
RUN: dict[str, Any] = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": "queued"}
STEP: dict[str, Any] = {
    "id": "step_1",
    "object": "thread.run.step",
    "run_id": "run_1",
    "status": "in_progress",
    "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
}
WANTED = CreateRun(thread_id="thread_1", assistant_id="asst_1")


def client(server: ScriptedServer, **given: Any) -> AssistantsClient:
    remote = Remote(**({"base_url": "http://host/v1", "key": "k", "uds": server.socket} | given))
    return AssistantsClient(HTTPTransport(remote, QUICK))


def frames(*events: tuple[str, Any]) -> bytes:
    return "".join(
        f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n"
        for name, data in events
    ).encode()


async def stream(made: AssistantsClient) -> list[StreamEvent]:
    async with asyncio.timeout(PATIENCE_S):
        return [event async for event in made.runs.stream(WANTED)]


async def test_a_request_is_what_the_api_wants(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, says_json(THREAD | {"id": "asst_1", "model": "m"})) as server:
        made = client(server)
        await made.assistants.create(CreateAssistant(model="m", name=None, temperature=0))
        await made.aclose()
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/v1/assistants")
    assert asked.json == {"model": "m", "name": None, "temperature": 0.0}
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.headers["openai-beta"] == "assistants=v2"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"]


async def test_ids_are_quoted_and_query_is_text(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, says_json({"data": []})) as server:
        made = client(server, api_version="2024-05-01-preview")
        await made.messages.list(ListMessages(thread_id="thread_a/b?c", limit=5, order="asc"))
        await made.aclose()
    target = "/v1/threads/thread_a%2Fb%3Fc/messages?limit=5&order=asc&api-version=2024-05-01-preview"
    assert server.asked[0].target == target
    assert server.asked[0].headers["api-key"] == "k"


@pytest.mark.parametrize("thread_id", ["", ".", ".."])
async def test_an_empty_id_is_not_sent(tmp_path: Path, thread_id: str) -> None:
    async with scripted_server(tmp_path, says_json(THREAD)) as server:
        with pytest.raises(Unsupported, match="names nothing"):
            await client(server).threads.delete(thread_id)
    assert server.asked == []


async def test_reading_is_repeated_while_the_server_is_busy(tmp_path: Path) -> None:
    busy = refuses(503, "busy")
    async with scripted_server(tmp_path, busy, Says(cut=True), says_json(THREAD)) as server:
        made = client(server)
        assert (await made.threads.get("thread_1")).id == "thread_1"
        await made.aclose()
    assert len(server.asked) == 3


async def test_reading_is_not_repeated_for_ever_nor_against_the_servers_word(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, refuses(429, "slow down")) as server:
        with pytest.raises(RateLimited, match="slow down"):
            await client(server).threads.get("thread_1")
        assert len(server.asked) == 3
    async with scripted_server(tmp_path, refuses(500, "no", **{"x-should-retry": "false"})) as server:
        with pytest.raises(ServerError):
            await client(server).threads.get("thread_1")
        assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [refuses(503, "busy"), Says(cut=True), Says(silent=True)])
async def test_making_something_is_never_repeated_once_it_was_sent(tmp_path: Path, answer: Says) -> None:
    async with scripted_server(tmp_path, answer) as server:
        with pytest.raises((ServerError, TransportError)):
            await client(server).messages.create(
                CreateMessage(thread_id="thread_1", role="user", content="once")
            )
        assert len(server.asked) == 1


async def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    made = AssistantsClient(HTTPTransport(Remote("http://host/v1", uds=tmp_path / "none"), QUICK))
    with pytest.raises(Unreachable, match="cannot be reached") as caught:
        await made.threads.get("thread_1")
    assert caught.value.remedy


async def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, Says(silent=True)) as server:
        with pytest.raises(TimedOut, match="did not answer in time"):
            await client(server).threads.get("thread_1")


async def test_a_refusal_keeps_its_words_and_its_request_id(tmp_path: Path) -> None:
    answer = refuses(404, "No thread found with id 'thread_1'.", **{"x-request-id": "req_7"})
    async with scripted_server(tmp_path, answer) as server:
        with pytest.raises(NotFound) as caught:
            await client(server).threads.get("thread_1")
    assert (caught.value.message, caught.value.request_id) == ("No thread found with id 'thread_1'.", "req_7")


@pytest.mark.parametrize(
    "answer",
    [
        Says(404, b"<html>not here</html>"),
        refuses(404, "Unknown request URL: GET /threads.", "unknown_url"),
        Says(501, b""),
        says_json({"detail": "Method Not Allowed"}, 405),
        says_json({"detail": "Not Found"}, 404),
    ],
)
async def test_a_path_that_a_server_does_not_have_is_another_thing_than_a_missing_object(
    tmp_path: Path, answer: Says
) -> None:
    async with scripted_server(tmp_path, answer) as server:
        with pytest.raises(Unsupported, match="does not have GET /threads/thread_1"):
            await client(server).threads.get("thread_1")


@pytest.mark.parametrize("depth", [300, 700, 990, 100_000])
@pytest.mark.parametrize("status", [200, 400, 404, 500])
async def test_an_answer_that_is_nested_too_deeply_is_a_sentence(
    tmp_path: Path, depth: int, status: int
) -> None:
    body = b'{"metadata": ' + b"[" * depth + b"]" * depth + b"}"
    async with scripted_server(tmp_path, *[Says(status, body)] * 3) as server:
        with pytest.raises((Garbled, Unsupported, APIError)) as caught:
            await client(server).threads.get("thread_1")
    if status == 200:
        assert str(caught.value) == "The server's answer cannot be read: its objects are nested too deeply."


@pytest.mark.parametrize("depth", [990, 100_000])
async def test_an_event_that_is_nested_too_deeply_is_a_sentence(tmp_path: Path, depth: int) -> None:
    body = frames(("thread.run.created", '{"metadata": ' + "[" * depth + "]" * depth + "}"))
    async with scripted_server(tmp_path, Says(200, body, SSE)) as server:
        with pytest.raises(Garbled, match=r"sent an event \(thread\.run\.created\) that cannot be read"):
            await stream(client(server))


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b""])
async def test_an_answer_that_is_not_the_apis_is_garbled(tmp_path: Path, body: bytes) -> None:
    async with scripted_server(tmp_path, Says(200, body)) as server:
        with pytest.raises(Garbled):
            await client(server).threads.get("thread_1")


async def test_any_2xx_is_an_answer_and_milliseconds_become_seconds(tmp_path: Path) -> None:
    answer = says_json({"id": "thread_1", "created_at": 1_700_000_000_123, "extra": {"at": 1}}, 201)
    async with scripted_server(tmp_path, answer) as server:
        thread = await client(server).threads.get("thread_1")
    assert thread.created_at == 1_700_000_000


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("1700000000.9", 1_700_000_000),
        ("1700000000123456", 1_700_000_000),
        ("1700000000123456789", 1_700_000_000),
        ("1e999", 0),
        ("NaN", 0),
        ("-5", 0),
        ("9" * 200, None),
    ],
)
async def test_a_time_is_one_that_a_clock_can_have_in_an_answer_and_in_a_stream(
    tmp_path: Path, sent: str, read: int | None
) -> None:
    run = json.dumps(RUN | {"status": "completed"})[:-1] + f', "created_at": {sent}}}'
    answer = Says(200, run.encode(), {"content-type": "application/json"})
    async with scripted_server(
        tmp_path, answer, Says(200, frames(("thread.run.completed", run)), SSE)
    ) as server:
        whole = (await client(server).runs.get("thread_1", "run_1")).created_at
        streamed = (await stream(client(server)))[0].data
    assert isinstance(streamed, Run)
    assert whole == streamed.created_at
    assert read in (None, whole)
    assert datetime.fromtimestamp(whole, UTC).year >= 1970


async def test_a_duration_is_one_that_can_be_computed_with(tmp_path: Path) -> None:
    for sent, read in (("-5", 0), ("9" * 400, 10**14), ("7", 7)):
        answer = Says(200, json.dumps(RUN)[:-1].encode() + f', "duration_ms": {sent}}}'.encode())
        async with scripted_server(tmp_path, answer) as server:
            assert (await client(server).runs.get("thread_1", "run_1")).duration_ms == read


async def test_a_count_is_one_that_can_be_computed_with(tmp_path: Path) -> None:
    usage = f'{{"prompt_tokens": {"9" * 400}, "completion_tokens": -{"9" * 400}, "total_tokens": 7}}'
    answer = Says(200, json.dumps(RUN)[:-1].encode() + f', "usage": {usage}}}'.encode())
    async with scripted_server(tmp_path, answer) as server:
        read = (await client(server).runs.get("thread_1", "run_1")).usage
    assert read is not None
    assert (read.prompt_tokens, read.completion_tokens, read.total_tokens) == (MAX_INTEGER, -MAX_INTEGER, 7)


@pytest.mark.parametrize("surplus", [b"", b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
async def test_what_comes_after_an_answer_is_not_taken_for_the_next_one(surplus: bytes) -> None:
    body = json.dumps(THREAD).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            writer.write(answer + surplus)

    async with raw_server(talk) as port:
        transport = HTTPTransport(Remote(f"http://127.0.0.1:{port}/v1"), QUICK)
        made = AssistantsClient(transport)
        for _ in range(3):
            assert (await made.threads.create(CreateThread())).id == "thread_1"
        await made.aclose()
    # without a surplus the connection is kept
    assert connections == (3 if surplus else 1)


async def test_headers_that_are_not_ascii_are_no_obstacle(tmp_path: Path) -> None:
    odd = {"x-note": "\xe9\xff", "x-request-id": "req_\xe9"}
    answers = [
        says_json(THREAD, **odd),
        refuses(400, "No.", **odd),
        refuses(503, "No.", **{"retry-after": "\xb2"}),
    ]
    async with scripted_server(tmp_path, *answers) as server:
        made = client(server)
        assert (await made.threads.get("thread_1")).id == "thread_1"
        with pytest.raises(BadRequest, match="No"):
            await made.threads.get("thread_1")
        with pytest.raises(ServerError, match="No"):
            await made.threads.get("thread_1")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("is_stream", [False, True])
async def test_an_answer_that_cannot_be_unpacked_is_garbled(
    tmp_path: Path, status: int, is_stream: bool
) -> None:
    async with scripted_server(tmp_path, Says(status, b"junk", SSE | {"content-encoding": "gzip"})) as server:
        with pytest.raises(Garbled, match="cannot be unpacked"):
            await (stream(client(server)) if is_stream else client(server).threads.get("thread_1"))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://a\x1b[31m.example/", "http://a.example/"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://evil.example:99999999/", "evil.example"),
    ],
)
async def test_a_redirect_to_nowhere_is_named(tmp_path: Path, location: str, told: str) -> None:
    async with scripted_server(tmp_path, Says(307, headers={"location": location})) as server:
        with pytest.raises(Unreachable, match=re.escape(f"redirects to {told}, which")):
            await client(server).threads.get("thread_1")


async def test_the_key_does_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    elsewhere = Says(307, headers={"location": "http://evil.example/v1/threads/thread_1"})
    async with scripted_server(tmp_path, elsewhere) as server:
        with pytest.raises(Unreachable, match=r"redirects to evil\.example, which does not get your key"):
            await client(server).threads.get("thread_1")
        assert len(server.asked) == 1


async def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path) -> None:
    moved = Says(308, headers={"location": "/v2/threads"})
    async with scripted_server(tmp_path, moved, says_json(THREAD)) as server:
        await client(server).threads.create(CreateThread(metadata={"a": "b"}))
    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("POST", "/v1/threads"),
        ("POST", "/v2/threads"),
    ]
    assert server.asked[1].json == {"metadata": {"a": "b"}}


async def test_a_redirect_in_circles_ends(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, Says(307, headers={"location": "/v1/threads/thread_1"})) as server:
        with pytest.raises(Unreachable, match="without end"):
            await client(server).threads.get("thread_1")


async def test_a_stream_is_read_and_what_is_unknown_in_it_skipped(tmp_path: Path) -> None:
    body = b": hello\n\n" + frames(
        ("thread.run.created", RUN),
        ("vendor.extra", {"x": 1}),
        ("", RUN),
        ("done", "[DONE]"),
        ("thread.run.failed", RUN),
    )
    async with scripted_server(tmp_path, Says(200, body, SSE)) as server:
        told = await stream(client(server))
    assert [event.event for event in told] == ["thread.run.created", "thread.run.queued", "done"]
    assert server.asked[0].json == {"assistant_id": "asst_1", "stream": True}


async def test_a_stream_without_done_is_whole_if_the_run_is_over(tmp_path: Path) -> None:
    body = frames(("thread.run.created", RUN), ("thread.run.completed", RUN | {"status": "completed"}))
    async with scripted_server(tmp_path, Says(200, body, SSE)) as server:
        assert (await stream(client(server)))[-1].ends_stream


@pytest.mark.parametrize("cut", [True, False])
async def test_a_stream_that_ends_in_the_middle_is_an_error(tmp_path: Path, cut: bool) -> None:
    body = frames(("thread.run.created", RUN))
    async with scripted_server(tmp_path, Says(200, body, SSE, cut=cut)) as server:
        with pytest.raises(Unreachable):
            await stream(client(server))


async def test_an_event_that_cannot_be_read_is_garbled(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, Says(200, frames(("thread.run.created", "{")), SSE)) as server:
        with pytest.raises(Garbled, match=r"thread\.run\.created"):
            await stream(client(server))


async def test_an_error_event_is_told_in_either_form(tmp_path: Path) -> None:
    flat = {"message": "boom", "type": "server_error", "code": None, "param": None}
    for data in (flat, {"error": flat}):
        async with scripted_server(tmp_path, Says(200, frames(("error", data)), SSE)) as server:
            (event,) = await stream(client(server))
        assert event.data.message == "boom"  # type: ignore[union-attr]


async def test_a_stream_that_is_refused_raises_the_refusal(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, refuses(401, "Incorrect API key", "invalid_api_key")) as server:
        with pytest.raises(Unauthorized):
            await stream(client(server))


async def test_a_run_is_polled_where_the_server_cannot_stream(tmp_path: Path) -> None:
    message = {
        "id": "msg_1",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "role": "assistant",
        "status": "in_progress",
    }
    said = message | {"status": "completed", "content": [{"type": "text", "text": {"value": "Hi"}}]}
    script = [
        says_json(RUN),
        says_json({"data": []}),
        says_json({"data": []}),
        says_json(RUN | {"status": "in_progress"}),
        says_json({"data": [STEP]}),
        says_json({"data": [message]}),
        says_json(RUN | {"status": "completed"}),
        says_json({"data": [STEP | {"status": "completed"}]}),
        says_json({"data": [said, said | {"id": "msg_0", "run_id": None}]}),
    ]
    async with scripted_server(tmp_path, *script) as server:
        told = await stream(client(server))
    assert [event.event.removeprefix("thread.") for event in told] == [
        "run.created", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress",
        "message.created", "message.in_progress", "run.step.completed", "message.completed", "run.completed", "done",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "no", [refuses(400, "stream is not supported"), refuses(501, "not implemented", "not_implemented")]
)
async def test_a_run_whose_stream_is_refused_is_started_without_one(tmp_path: Path, no: Says) -> None:
    lists = [refuses(404, "x", "unknown_url"), says_json({"data": []})]
    script = [no, says_json(RUN), *lists, says_json(RUN | {"status": "completed"}), *lists]
    async with scripted_server(tmp_path, *script) as server:
        told = await stream(client(server))
    assert [event.event for event in told][-2:] == ["thread.run.completed", "done"]
    first, second = server.asked[:2]
    assert first.json == {"assistant_id": "asst_1", "stream": True}
    assert second.json == {"assistant_id": "asst_1"}


async def test_a_run_that_is_refused_for_another_reason_is_not_started_again(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, refuses(400, "Thread is busy.")) as server:
        with pytest.raises(BadRequest):
            await stream(client(server))
    assert len(server.asked) == 1


async def test_a_server_without_cursors_does_not_list_for_ever(tmp_path: Path) -> None:
    page = says_json({"data": [THREAD, THREAD | {"id": "thread_2"}], "has_more": True})
    async with scripted_server(tmp_path, page) as server, asyncio.timeout(PATIENCE_S):
        threads = [thread.id async for thread in every(client(server).threads.list, ListThreads())]
    assert threads == ["thread_1", "thread_2"]


async def test_coming_back_to_a_run_is_polling_where_there_is_no_such_stream(tmp_path: Path) -> None:
    done = RUN | {"status": "completed"}
    script = [Says(404), says_json(done), says_json({"data": []}), says_json({"data": []})]
    async with scripted_server(tmp_path, *script) as server:
        told = [event.event async for event in client(server).runs.events("thread_1", "run_1")]
    assert told == ["thread.run.created", "thread.run.completed", "done"]


@pytest.mark.parametrize(
    ("script", "found", "words"),
    [
        ([says_json({"data": []})], Capabilities(), 0),
        ([Says(404, b"gone")], Capabilities(False, False, False), 1),
        ([refuses(404, "gone")], Capabilities(False, False, False), 1),
        ([says_json({"data": []}), Says(405), says_json({"data": []})], Capabilities(list_threads=False), 1),
        (
            [
                says_json({"data": []}),
                refuses(401, "must be made with a session key", "missing_scope"),
                Says(404),
            ],
            Capabilities(list_threads=False, list_models=False),
            2,
        ),
    ],
)
async def test_what_a_server_lacks_is_found_once_and_said(
    tmp_path: Path, script: list[Says], found: Capabilities, words: int
) -> None:
    async with scripted_server(tmp_path, *script) as server:
        transport = HTTPTransport(Remote("http://host/v1", uds=server.socket), QUICK)
        assert await probe(transport) == found
    assert len(found.missing) == words


async def test_a_wrong_key_is_not_a_missing_capability(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, refuses(401, "Incorrect API key", "invalid_api_key")) as server:
        with pytest.raises(Unauthorized):
            await probe(HTTPTransport(Remote("http://host/v1", uds=server.socket), QUICK))


def test_nothing_heavy_is_imported_with_the_module() -> None:
    import subprocess
    import sys

    code = "import sys, aimltui.client.http; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # our own interpreter
    assert AssistantParams(assistant_id="asst_1").assistant_id == "asst_1"


async def test_connecting_gives_a_list_of_threads_where_the_server_has_none(tmp_path: Path) -> None:
    script = [
        says_json({"data": []}),
        Says(404),
        says_json({"data": []}),
        says_json(THREAD),
        says_json(THREAD),
    ]
    async with scripted_server(tmp_path, *script) as server:
        remote = Remote("http://host/v1", "secret-key", uds=server.socket)
        made, found = await connect(remote, tmp_path, QUICK)
        assert found == Capabilities(list_threads=False)
        assert (await made.threads.get("thread_1")).id == "thread_1"
        page = await made.threads.list(ListThreads())
        await made.aclose()
    assert [thread.id for thread in page.data] == ["thread_1"]
    file = index_file(remote, tmp_path)
    assert file.exists()
    assert "secret" not in str(file) + file.read_text()


async def test_connecting_to_what_does_not_speak_the_api_is_refused_in_words(tmp_path: Path) -> None:
    async with scripted_server(tmp_path, Says(404)) as server:
        with pytest.raises(Unsupported, match="does not speak the Assistants API"):
            await connect(Remote("http://host/v1", uds=server.socket), tmp_path, QUICK)


async def test_a_stream_without_line_ends_is_given_up_and_what_came_before_is_told(tmp_path: Path) -> None:
    begun = frames(("thread.run.created", RUN)) + b"data: " + b"x" * 2_000_000
    async with scripted_server(tmp_path, Says(200, begun, SSE)) as server:
        made = client(server)
        events = made.runs.stream(WANTED)
        assert (await anext(events)).event == "thread.run.created"
        with pytest.raises(Garbled, match=r"sent an event of more than 1 MB"):
            await anext(events)
        await made.aclose()


def packed(size: int) -> Says:
    return Says(200, gzip.compress(b"x" * size, 1), {"content-encoding": "gzip"})


@pytest.mark.parametrize("status", [200, 400, 503])
async def test_a_body_is_read_up_to_64_megabytes_after_unpacking(tmp_path: Path, status: int) -> None:
    async with scripted_server(tmp_path, replace(packed(64 * 1024 * 1024 + 1), status=status)) as server:
        made = client(server)
        with pytest.raises(Garbled, match=r"answered with more than 64 MB"):
            await made.threads.create(CreateThread())
        with pytest.raises(
            Garbled, match=r"more than 1 MB" if status == 200 else r"answered with more than 64 MB"
        ):
            await stream(made)
        await made.aclose()


async def test_a_packed_answer_and_a_packed_refusal_are_read(tmp_path: Path) -> None:
    packing = {"content-encoding": "gzip"}
    answers = [says_json(THREAD, **packing), refuses(400, "No cats here.", **packing)]
    script = [replace(says, body=gzip.compress(says.body)) for says in answers]
    async with scripted_server(tmp_path, *script) as server:
        made = client(server)
        assert (await made.threads.create(CreateThread())).id == "thread_1"
        with pytest.raises(BadRequest, match=r"No cats here\."):
            await made.threads.create(CreateThread())
        await made.aclose()


async def test_a_file_may_be_longer_than_other_answers(tmp_path: Path) -> None:
    size = 65 * 1024 * 1024
    async with scripted_server(tmp_path, packed(size), replace(packed(size), status=404)) as server:
        made = client(server)
        assert len((await made.files.content("file-1")).content) == size
        with pytest.raises(Garbled, match=r"answered with more than 64 MB"):
            await made.files.content("file-1")
        await made.aclose()
