"""Every parameter of files, uploads and vector stores: what it takes, where it ends, how it is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from aimltui.wire.constraints import PREFIXES
from aimltui.wire.operations import OPERATIONS, Operation
from aimltui.wire.uploads import MAX_UPLOAD, CreateUpload
from tests.conformance.test_http import http, refusal
from tests.conformance.test_http_files import FORM, form, part
from tests.conformance.test_parameters import (
    HIGH,
    LOW,
    METADATA,
    MISSING,
    TEXT,
    TOO_LONG,
    TOO_MANY,
    TYPE,
    UNKNOWN,
    VALUE,
    Field,
    Place,
    filled,
)
from tests.conformance.world import World, requirement

BELOW, ABOVE, EMPTY = "integer_below_min_value", "integer_above_max_value", "empty_array"


def static(size: Any, overlap: Any) -> Any:
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def one_of(*values: Any) -> Field:
    return (values, [("nonsense", VALUE), ("", VALUE), (5, TYPE), (None, TYPE)])


STRATEGY: Field = (
    [None, {"type": "auto"}, static(100, 50), static(4_096, 2_048), static(800, 0)],
    [
        ({"type": "other"}, VALUE),
        ({}, MISSING),
        ({"type": "static"}, MISSING),
        ({"type": "static", "static": {}}, MISSING),
        ({"type": "static", "static": {"max_chunk_size_tokens": 800}}, MISSING),
        (static(99, 0), BELOW),
        (static(4_097, 0), ABOVE),
        (static(800, -1), BELOW),
        (static(800, 401), VALUE),
        (static("800", 0), TYPE),
        ({"type": "auto", "size": 5}, UNKNOWN),
        ("auto", TYPE),
    ],
)
ATTRIBUTES: Field = (
    [{}, {"k" * 64: "v" * 512, "n": 1, "f": 0.5, "b": False, **{str(n): n for n in range(12)}}],
    [
        ({str(n): "v" for n in range(17)}, "object_above_max_properties"),
        ({"k" * 65: "v"}, TOO_LONG),
        ({"k": "v" * 513}, TOO_LONG),
        ({"k": None}, TYPE),
        ({"k": ["v"]}, TYPE),
        (["k"], TYPE),
    ],
)
OPTIONAL_ATTRIBUTES: Field = ([None, *ATTRIBUTES[0]], ATTRIBUTES[1])


def expires(anchor: str, unit: str, least: int, most: int) -> Field:
    return (
        [None, {"anchor": anchor, unit: least}, {"anchor": anchor, unit: most}],
        [
            ({"anchor": anchor, unit: least - 1}, BELOW),
            ({"anchor": anchor, unit: most + 1}, ABOVE),
            ({"anchor": "birthday", unit: least}, VALUE),
            ({"anchor": anchor}, MISSING),
            ({unit: least}, MISSING),
            ({"anchor": anchor, unit: str(least)}, TYPE),
            ({"anchor": anchor, unit: least, "weeks": 1}, UNKNOWN),
            (5, TYPE),
        ],
    )


STORE: dict[str, Field] = {
    "name": TEXT,
    "expires_after": expires("last_active_at", "days", 1, 365),
    "metadata": METADATA,
    "unknown": ([], [(1, UNKNOWN)]),
}
EQ: Any = {"type": "eq", "key": "k", "value": "v"}
PLACES: dict[str, Place] = {
    "create store": (
        "/vector_stores",
        {},
        {
            **STORE,
            "description": TEXT,
            "file_ids": (
                [None, [], ["{file}"]],
                [(["file-1"] * 501, TOO_MANY), ("file-1", TYPE), ([5], TYPE)],
            ),
            "chunking_strategy": STRATEGY,
        },
    ),
    "modify store": ("/vector_stores/{store}", {}, {**STORE, "file_ids": ([], [([], UNKNOWN)])}),
    "search": (
        "/vector_stores/{store}/search",
        {"query": "x"},
        {
            "query": (["x", ["x"], ["x", "y"]], [([], EMPTY), (5, TYPE), ([5], TYPE), (None, TYPE)]),
            "max_num_results": ([None, 1, 50], [(0, BELOW), (51, ABOVE), ("10", TYPE), (1.5, TYPE)]),
            "rewrite_query": ([None, True, False], [("yes", TYPE), (1, TYPE)]),
            "ranking_options": (
                [
                    None,
                    {},
                    *({"ranker": name} for name in ("none", "auto", "default-2024-11-15")),
                    {"score_threshold": 0},
                    {"score_threshold": 1},
                ],
                [
                    ({"ranker": "best"}, VALUE),
                    ({"score_threshold": 1.01}, HIGH),
                    ({"score_threshold": -0.01}, LOW),
                    ({"score_threshold": "1"}, TYPE),
                    ({"weight": 1}, UNKNOWN),
                    ("auto", TYPE),
                ],
            ),
            "filters": (
                [
                    None,
                    *({**EQ, "type": kind} for kind in ("eq", "ne", "gt", "gte", "lt", "lte")),
                    *({**EQ, "type": kind, "value": ["v", 1]} for kind in ("in", "nin")),
                    *(
                        {"type": kind, "filters": [EQ, {"type": "or", "filters": [EQ]}]}
                        for kind in ("and", "or")
                    ),
                ],
                [({**EQ, "type": "like"}, VALUE), ({"type": "eq", "value": 1}, MISSING), ("eq", TYPE)],
            ),
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
    "add file": (
        "/vector_stores/{store}/files",
        {"file_id": "{file}"},
        {
            "file_id": ([], [(None, TYPE), (5, TYPE)]),
            "attributes": OPTIONAL_ATTRIBUTES,
            "chunking_strategy": STRATEGY,
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
    "modify file": (
        "/vector_stores/{store}/files/{file}",
        {"attributes": {}},
        {
            "attributes": OPTIONAL_ATTRIBUTES,
            "chunking_strategy": ([], [({"type": "auto"}, UNKNOWN)]),
        },
    ),
    "add files": (
        "/vector_stores/{store}/file_batches",
        {"file_ids": ["{file}"]},
        {
            "file_ids": ([], [([], EMPTY), (["file-1"] * 2_001, TOO_MANY), ("file-1", TYPE), ([5], TYPE)]),
            "attributes": OPTIONAL_ATTRIBUTES,
            "chunking_strategy": STRATEGY,
            "files": ([None], [([{"file_id": "{file}"}], VALUE)]),
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
    "add files with settings": (
        "/vector_stores/{store}/file_batches",
        {"files": [{"file_id": "{file}"}]},
        {
            "files": (
                [[{"file_id": "{file}", "attributes": {"a": 1}, "chunking_strategy": {"type": "auto"}}]],
                [
                    ([], EMPTY),
                    ([{"file_id": "file-1"}] * 2_001, TOO_MANY),
                    ([{}], MISSING),
                    ([{"file_id": "{file}", "colour": "red"}], UNKNOWN),
                    ([{"file_id": "{file}", "attributes": {"k" * 65: "v"}}], TOO_LONG),
                    (["file-1"], TYPE),
                ],
            )
        },
    ),
    "create upload": (
        "/uploads",
        {"filename": "a.txt", "purpose": "assistants", "bytes": 6, "mime_type": "text/plain"},
        {
            "filename": (["a", "ü.txt"], [(5, TYPE), (None, TYPE)]),
            "purpose": one_of("assistants", "batch", "fine-tune", "vision"),
            "bytes": ([1, MAX_UPLOAD], [(0, BELOW), (MAX_UPLOAD + 1, ABOVE), ("6", TYPE), (1.5, TYPE)]),
            "mime_type": (["text/plain"], [(5, TYPE), (None, TYPE)]),
            "expires_after": expires("created_at", "seconds", 3_600, 2_592_000),
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
    "complete upload": (
        "/uploads/{upload}/complete",
        {"part_ids": []},
        {
            "part_ids": ([], [("part_1", TYPE), ([5], TYPE), (None, TYPE)]),
            "md5": ([], [(5, TYPE)]),
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
}
REQUIRED = {
    "/uploads": tuple(name for name, field in CreateUpload.model_fields.items() if field.is_required()),
    "/uploads/{upload}/complete": ("part_ids",),
    "/vector_stores/{store}/search": ("query",),
    "/vector_stores/{store}/files": ("file_id",),
    "/vector_stores/{store}/files/{file}": ("attributes",),
    "/vector_stores/{store}/file_batches": ("file_ids",),
}
LISTS = {
    "/files": 10_000,
    "/vector_stores": 100,
    "/vector_stores/{store}/files": 100,
    "/vector_stores/{store}/file_batches/{batch}/files": 100,
}
OURS = [o for o in OPERATIONS if o.path.startswith(("/files/", "/uploads/", "/vector_stores/"))]


@pytest.fixture
async def raw(http_world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with http(http_world.socket) as client:
        yield client


@pytest.fixture
async def known(http_world: World, raw: httpx2.AsyncClient) -> dict[str, str]:
    """One of each."""
    file = await http_world.file()
    store = await http_world.store(file)
    upload = await raw.post("/v1/uploads", json=PLACES["create upload"][1])
    batch = await raw.post(f"/v1/vector_stores/{store.id}/file_batches", json={"file_ids": [file.id]})
    await http_world.indexed(store.id)
    return {"file": file.id, "vector_store": store.id, "store": store.id} | {
        "upload": upload.json()["id"],
        "batch": batch.json()["id"],
    }


def put_in(value: Any, known: Mapping[str, str]) -> Any:
    """`filled`, in arrays too."""
    return [put_in(item, known) for item in value] if isinstance(value, list) else filled(value, known)


@requirement("params:taken", "params:refused")
@pytest.mark.parametrize("place", PLACES)
async def test_parameters_have_their_limits(
    http_world: World, raw: httpx2.AsyncClient, known: dict[str, str], place: str
) -> None:
    path, base, fields = PLACES[place]
    path = "/v1" + filled(path, known)
    base = {name: put_in(value, known) for name, value in base.items()}
    for name, (taken, refused) in fields.items():
        for value in taken:
            answer = await raw.post(path, json=base | {name: put_in(value, known)})
            assert answer.status_code == 200, (name, value, answer.text[:300])
        for value, code in refused:
            told = refusal(await raw.post(path, json=base | {name: put_in(value, known)}))
            assert (told[0], told[2]) == (400, code), (name, value, told)
            assert (told[3] or "").startswith(name), told


@requirement("params:required")
@pytest.mark.parametrize(("path", "names"), REQUIRED.items())
async def test_what_is_required_is_missed_by_its_name(
    raw: httpx2.AsyncClient, known: dict[str, str], path: str, names: tuple[str, ...]
) -> None:
    whole = PLACES["create upload"][1] if path == "/uploads" else {}
    for name in names:
        body = {key: value for key, value in whole.items() if key != name}
        told = refusal(await raw.post("/v1" + filled(path, known), json=body))
        assert told == (400, f"Missing required parameter: '{name}'.", MISSING, name)


@requirement("params:taken", "params:refused")
async def test_the_fields_of_a_files_form_have_their_limits(raw: httpx2.AsyncClient) -> None:
    file = part("file", "x", "a.txt")

    async def sent(purpose: str, *more: str) -> httpx2.Response:
        body = form(part("purpose", purpose), *more, file)
        return await raw.post("/v1/files", content=body, headers=FORM)

    def lasting(seconds: str, anchor: str = "created_at") -> tuple[str, str]:
        return part("expires_after[anchor]", anchor), part("expires_after[seconds]", seconds)

    for purpose in ("assistants", "batch", "fine-tune", "vision", "user_data", "evals"):
        assert (await sent(purpose)).json()["purpose"] == purpose
    for purpose in ("assistants_output", "batch_output", "fine-tune-results", "", "Vision"):
        assert refusal(await sent(purpose))[2:] == (VALUE, "purpose")
    for seconds in (3_600, 2_592_000):
        made = (await sent("assistants", *lasting(str(seconds)))).json()
        assert made["expires_at"] == made["created_at"] + seconds
    for more, code, name in (
        (lasting("3599"), BELOW, "seconds"),
        (lasting("2592001"), ABOVE, "seconds"),
        (lasting("3600", "last_active_at"), VALUE, "anchor"),
        (lasting("1.5"), TYPE, "seconds"),
        (lasting("3600")[:1], MISSING, "seconds"),
        (lasting("3600")[1:], MISSING, "anchor"),
    ):
        told = refusal(await sent("assistants", *more))
        assert (told[0], told[2]) == (400, code), (more, told)
        assert name in (told[3] or "")


@requirement("lists:params")
@pytest.mark.parametrize(("path", "most"), LISTS.items())
async def test_a_list_takes_these_parameters(
    raw: httpx2.AsyncClient, known: dict[str, str], path: str, most: int
) -> None:
    path = "/v1" + filled(path, known)
    more = ["purpose=assistants"] if path.endswith("v1/files") else []
    more += [f"filter={state}" for state in ("in_progress", "completed", "failed", "cancelled")]
    for query in ("limit=1", f"limit={most}", "order=asc", "order=desc", "", *more):
        answer = await raw.get(f"{path}?{query}")
        if query.startswith("filter") and "_stores/" not in path:
            assert refusal(answer)[2:] == (UNKNOWN, "filter")
            continue
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert (page["object"], page["has_more"]) == ("list", page["has_more"])
        ids = [item["id"] for item in page["data"]] or [None]
        assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
    wrong = ["limit=0", f"limit={most + 1}", "limit=x", "order=up", "after=nobody"]
    wrong += (
        ["purpose=fun"] if more[0].startswith("purpose") else ["filter=lost"] if "_stores/" in path else []
    )
    for query in wrong:
        told = refusal(await raw.get(f"{path}?{query}"))
        assert (told[0], told[3]) == (400, query.partition("=")[0]), (query, told)


@requirement("ids:unknown")
async def test_an_id_in_a_path_is_of_its_kind_and_known(
    raw: httpx2.AsyncClient, known: dict[str, str]
) -> None:
    bodies = {PLACES[name][0]: PLACES[name][1] for name in PLACES}
    for operation in OURS:
        body = bodies.get(operation.path.replace("{vector_store_id}", "{store}").replace("_id}", "}"), {})
        sent: dict[str, Any] = {"json": {k: put_in(v, known) for k, v in body.items()}}
        if operation.name == "add_upload_part":
            sent = {"content": form(part("data", "x", "a")), "headers": FORM}
        names = re.findall(r"\{(\w+)\}", operation.path)
        for name in names:
            ids = {other: known[other.removesuffix("_id")] for other in names}
            await check_id(raw, operation, ids, name, **(sent if operation.method == "POST" else {}))


async def check_id(
    raw: httpx2.AsyncClient, operation: Operation[Any, Any], ids: dict[str, str], name: str, **sent: Any
) -> None:
    """An id of the wrong kind and one that is unknown are refused, each by its name."""
    prefix = PREFIXES.get(name)
    cases = [("undefined", 400), (f"{prefix}_none", 404)] if prefix else [("file-none", 404)]
    for value, status in cases:
        path = "/v1" + operation.path.format(**ids | {name: value})
        told = refusal(await raw.request(operation.method, path, **sent))
        assert told[0] == status, (operation.name, path, told)
        assert value in told[1], told
        if status == 400:
            assert told[1].endswith(f"Expected an ID that begins with '{prefix}'."), told
