"""Files over HTTP: forms, good and bad, and downloads."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aimltui.engine.engine import Engine
from aimltui.server.shared import ServerLimits
from tests.conformance.test_http import http, refusal
from tests.conformance.world import World, requirement, served
from tests.support.builders import options, until
from tests.support.fake_model import FakeModel, FakeModels

BOUNDARY = "frontier"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture
async def raw(http_world: World) -> AsyncIterator[httpx2.AsyncClient]:
    assert http_world.socket is not None
    async with http(http_world.socket) as client:
        yield client


def part(name: str, content: str, filename: str | None = None) -> str:
    more = f'; filename="{filename}"' if filename is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


def form(*parts: str) -> bytes:
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


PURPOSE = part("purpose", "assistants")


async def posted(raw: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    return await raw.post("/v1/files", content=body, headers={**FORM, **headers})


def kept(world: World) -> set[str]:
    if not world.is_ours:
        return set()
    files = world.directory / "files"
    return {path.name for path in (*files.iterdir(), *(files / "incoming").iterdir())} - {"incoming"}


@requirement("http:files:form", "http:files:left")
@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (form(PURPOSE), 400, "Missing required parameter: 'file'."),
        (form(part("file", "x", "a.txt")), 400, "Missing required parameter: 'purpose'."),
        (form(PURPOSE, part("file", "x", "a"), part("file", "y", "b")), 400, "more than one file"),
        (form(PURPOSE, part("data", "x", "a")), 400, "Unknown parameter: 'data'."),
        (form(PURPOSE, PURPOSE, part("file", "x", "a")), 400, "the field 'purpose' twice"),
        (form(PURPOSE, part("colour", "red"), part("file", "x", "a")), 400, "Unknown parameter: 'colour'."),
        (form(PURPOSE, part("file", "x", "a"))[:-20], 400, "cut off"),
        (b"no form at all", 400, "cannot be read"),
        (form(part("purpose", "x" * 70_000), part("file", "x", "a")), 413, "65,536 bytes"),
        (form(*[part(f"f{n}", "x") for n in range(101)]), 400, "at most 100"),
        (form(PURPOSE, part("file", "x", "a"), part("expires_after[anchor]", "created_at"),
              part("expires_after[seconds]", "soon")), 400, "Invalid type for 'expires_after[seconds]'"),
        (form(PURPOSE, part("file", "x", "a"), part("expires_after[anchor]", "created_at"),
              part("expires_after[seconds]", "60")), 400, "Expected a value >= 3600"),
    ],
)  # fmt: skip
async def test_a_wrong_form_is_refused_and_leaves_nothing(
    http_world: World, raw: httpx2.AsyncClient, body: bytes, status: int, message: str
) -> None:
    answer = await posted(raw, body)
    assert answer.status_code == status
    assert message in refusal(answer)[1]
    assert kept(http_world) == set()


@requirement("http:files:form")
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5_000, 'a;b;c="=;'],
)
async def test_what_says_it_is_no_form_is_refused(raw: httpx2.AsyncClient, kind: str) -> None:
    body = form(PURPOSE, part("file", "x", "a"))
    answer = await raw.post("/v1/files", content=body, headers={"content-type": kind})
    assert refusal(answer)[0] == 400


@requirement("http:files:path")
@pytest.mark.parametrize(
    "parts",
    [
        [part("file[path]", "/etc/passwd")],
        [part("file[path]", "/etc/passwd"), part("file[filename]", "x")],
        [part("file", '{"path": "/etc/passwd", "filename": "x"}')],
        [part("file", "x", "a.txt"), part("file[path]", "/etc/passwd")],
        [part("file", "x", "a.txt"), part("path", "/etc/passwd")],
    ],
)
async def test_a_form_cannot_name_a_file_of_the_server(
    http_world: World, raw: httpx2.AsyncClient, parts: list[str]
) -> None:
    assert refusal(await posted(raw, form(PURPOSE, *parts)))[0] == 400
    json_body = {"purpose": "assistants", "file": {"path": "/etc/passwd", "filename": "x"}}
    assert refusal(await raw.post("/v1/files", json=json_body))[0] == 400
    query = {"purpose": "assistants", "file": "/etc/passwd"}
    assert refusal(await raw.post("/v1/files", params=query, content=form(PURPOSE), headers=FORM))[0] == 400
    assert kept(http_world) == set()


@requirement("http:files:form", "http:files:left")
async def test_a_file_may_be_large_but_not_too_large(tmp_path: Path) -> None:
    engine = await Engine.open(options(tmp_path), FakeModels(FakeModel()))
    limits = ServerLimits(max_body=100, max_file=3_000_000)
    async with served(engine, tmp_path / "s", limits=limits) as socket, http(socket) as raw:
        assert (await posted(raw, form(PURPOSE, part("file", "x" * 3_000_000, "a")))).status_code == 200

        async def pieces() -> AsyncIterator[bytes]:
            yield form(PURPOSE, part("file", "x" * 2_000_000, "a"))[: -len(f"\r\n--{BOUNDARY}--\r\n")]
            yield b"x" * 1_000_100
            yield f"\r\n--{BOUNDARY}--\r\n".encode()

        answer = await posted(raw, pieces())
        assert refusal(answer)[:2] == (413, "The file is too large: the limit is 3,000,000 bytes.")
        assert len(list((tmp_path / "files" / "incoming").iterdir())) == 0


@requirement("http:files:left")
async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(http_world: World) -> None:
    begun = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield form(PURPOSE, part("file", "x" * 3_000_000, "a"))[:2_500_000]
        begun.set()
        await asyncio.Event().wait()

    assert http_world.socket is not None
    assert http_world.engine.call, "only on our own disk can one see that it begins"
    async with http(http_world.socket) as raw, aclosing(pieces()) as body:
        sending = asyncio.create_task(posted(raw, body))
        await begun.wait()

        async def has_arrived() -> bool:
            return bool(kept(http_world))

        await until(has_arrived)
        sending.cancel()
        await asyncio.wait({sending})

    async def is_gone() -> bool:
        return not kept(http_world)

    await until(is_gone)


@requirement("http:files:download")
async def test_content_is_an_attachment_and_never_a_page(raw: httpx2.AsyncClient) -> None:
    name = "naïve “plan” 1.html"
    body = form(PURPOSE, part("file", "<script>", name))
    made = (await posted(raw, body)).json()
    answer = await raw.get(f"/v1/files/{made['id']}/content")
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == "8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="na_ve _plan_ 1.html"; '
        "filename*=UTF-8''na%C3%AFve%20%E2%80%9Cplan%E2%80%9D%201.html"
    )
    assert refusal(await raw.get("/v1/files/file-none/content"))[:2] == (
        404,
        "No such File object: file-none",
    )
    assert (await raw.get("/v1/files/..%2Faimltui.db/content")).status_code == 404


@requirement("http:files:idempotency")
async def test_the_same_key_makes_one_file_also_with_another_boundary(raw: httpx2.AsyncClient) -> None:
    body = form(PURPOSE, part("file", "x", "a.txt"))
    key = {"idempotency-key": uuid.uuid4().hex}
    before = (await raw.get("/v1/files?limit=1")).json()["data"]
    first = await posted(raw, body, **key)
    second = await raw.post(
        "/v1/files",
        content=body.replace(BOUNDARY.encode(), b"other"),
        headers={"content-type": "multipart/form-data; boundary=other", **key},
    )
    assert first.json() == second.json()
    newest = (await raw.get("/v1/files?limit=2")).json()["data"]
    assert [file["id"] for file in newest if file["filename"] == "a.txt"][:1] == [first.json()["id"]]
    assert len({file["id"] for file in newest}) == len(newest)
    assert newest[1:] == before
    other = await posted(raw, form(PURPOSE, part("file", "y", "a.txt")), **key)
    assert refusal(other)[2] == "idempotency_key_reused"


@requirement("http:files:poll-after")
async def test_pollers_are_told_to_come_back_soon_while_a_file_is_indexed(tmp_path: Path) -> None:
    engine = await Engine.open(options(tmp_path, indexers=0), FakeModels(FakeModel()))
    async with served(engine, tmp_path / "s") as socket, http(socket) as raw:
        file = (await posted(raw, form(PURPOSE, part("file", "x", "a.txt")))).json()["id"]
        store = (await raw.post("/v1/vector_stores", json={})).json()["id"]
        path = f"/v1/vector_stores/{store}"
        batch = await raw.post(f"{path}/file_batches", json={"file_ids": [file]})
        assert batch.headers["openai-poll-after-ms"] == "200"
        assert (await raw.get(f"{path}/files/{file}")).headers["openai-poll-after-ms"] == "200"
        over = await raw.post(f"{path}/file_batches/{batch.json()['id']}/cancel")
        assert "openai-poll-after-ms" not in over.headers
