"""Every parameter of assistants, threads, messages, runs and lists: what it takes, where it ends, how it is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx2
import pytest

from aimltui.wire.constraints import PREFIXES
from aimltui.wire.operations import OPERATIONS, Operation
from tests.conformance.test_http import http, refusal
from tests.conformance.test_runs import busy
from tests.conformance.world import FUNCTIONS, World, requirement

TOO_LONG, TOO_MANY = "string_above_max_length", "array_above_max_length"
TYPE, VALUE, MISSING, UNKNOWN = (
    "invalid_type",
    "invalid_value",
    "missing_required_parameter",
    "unknown_parameter",
)
HIGH, LOW = "decimal_above_max_value", "decimal_below_min_value"

Taken = Sequence[Any]
Refused = Sequence[tuple[Any, str]]
Field = tuple[Taken, Refused]

CODE: Any = {"type": "code_interpreter"}
METADATA: Field = (
    [{}, None, {"k" * 64: "v" * 512, **{str(n): "v" for n in range(15)}}],
    [
        ({str(n): "v" for n in range(17)}, "object_above_max_properties"),
        ({"k" * 65: "v"}, TOO_LONG),
        ({"k": "v" * 513}, TOO_LONG),
        ({"k": 5}, TYPE),
        (["k"], TYPE),
        ("k", TYPE),
    ],
)
TEMPERATURE: Field = ([0, 2, 0.5, None], [(2.01, HIGH), (-0.01, LOW), ("1", TYPE), (True, TYPE)])
TOP_P: Field = ([0, 1, 0.5, None], [(1.01, HIGH), (-0.01, LOW), ("1", TYPE), ([], TYPE)])
SCHEMA: Any = {
    "type": "json_schema",
    "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True},
}
FORMAT: Field = (
    ["auto", None, {"type": "text"}, {"type": "json_object"}, SCHEMA],
    [
        ("json", VALUE),
        (5, TYPE),
        ({"type": "yaml"}, VALUE),
        ({"type": "json_schema"}, MISSING),
        ({"type": "json_schema", "json_schema": {}}, MISSING),
        ({"type": "json_schema", "json_schema": {"name": "a b"}}, VALUE),
        ({}, MISSING),
    ],
)
EFFORT: Field = (
    [None, "none", "minimal", "low", "medium", "high", "xhigh", "max"],
    [("huge", VALUE), (1, TYPE), ("", VALUE)],
)


def tools(limit: int) -> Field:
    named = [
        {"type": "function", "function": {"name": f"f{n}", "parameters": {"type": "object"}}}
        for n in range(limit + 1)
    ]
    return (
        [[], named[:limit], [{"type": "function", "function": {"name": "a" * 64, "strict": True}}]],
        [
            (named, TOO_MANY),
            ([{"type": "browser"}], VALUE),
            ([{}], MISSING),
            ([{"type": "function"}], MISSING),
            ([{"type": "function", "function": {}}], MISSING),
            ([{"type": "function", "function": {"name": "a" * 65}}], TOO_LONG),
            ([{"type": "function", "function": {"name": "ä"}}], VALUE),
            ("function", TYPE),
            (["function"], TYPE),
        ],
    )


RESOURCES: Field = (
    [None, {}, {"code_interpreter": {"file_ids": []}}, {"file_search": {"vector_store_ids": []}}],
    [
        ({"code_interpreter": {"file_ids": ["file-1"] * 21}}, TOO_MANY),
        ({"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}, TOO_MANY),
        ({"browser": {}}, UNKNOWN),
        ({"code_interpreter": {"file_ids": "file-1"}}, TYPE),
        ([], TYPE),
    ],
)
STORES: Refused = [
    ({"file_search": {"vector_stores": [{}, {}]}}, TOO_MANY),
    ({"file_search": {"vector_store_ids": ["vs_1"], "vector_stores": [{}]}}, VALUE),
]
IMAGE: Any = {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}}
CONTENT: Field = (
    ["x", "x" * 300_000, [{"type": "text", "text": "x"}], [{"type": "text", "text": "x"}, IMAGE]],
    [
        ([], "empty_array"),
        (None, TYPE),
        (5, TYPE),
        ([{"type": "video"}], VALUE),
        ([{"text": "x"}], MISSING),
        ([{"type": "text"}], MISSING),
        ([{"type": "text", "text": {"value": "x"}}], TYPE),
        ([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}], VALUE),
        ([{"type": "image_url", "image_url": {"url": "https://x.org/a", "detail": "huge"}}], VALUE),
        ([{"type": "image_url"}], MISSING),
        (["x"], TYPE),
    ],
)
ROLE: Field = (["user", "assistant"], [("system", VALUE), ("tool", VALUE), ("", VALUE), (None, TYPE)])
ATTACHMENTS: Field = (
    [None, []],
    [([{"file_id": "file-1", "tools": [{"type": "function"}]}], VALUE), ("file-1", TYPE), ([5], TYPE)],
)
MESSAGE: Any = {"role": "user", "content": "x"}
TEXT: Field = ([None, "", "x"], [(5, TYPE)])
TOKENS: Field = (
    [None, 256, 100_000],
    [(255, "integer_below_min_value"), (0, "integer_below_min_value"), (300.5, TYPE), ("300", TYPE)],
)
ANSWER_TOKENS: Field = (
    [None, 1, 16, 100_000],
    [(0, "integer_below_min_value"), (-1, "integer_below_min_value"), (16.5, TYPE), ("300", TYPE)],
)
ASSISTANT: dict[str, Field] = {
    "model": (["fake", "gpt-4o"], [(5, TYPE)]),
    "name": ([None, "", "x" * 256], [("x" * 257, TOO_LONG), (5, TYPE)]),
    "description": ([None, "", "x" * 512], [("x" * 513, TOO_LONG)]),
    "instructions": ([None, "", "x" * 256_000], [("x" * 256_001, TOO_LONG)]),
    "reasoning_effort": EFFORT,
    "tools": tools(128),
    "metadata": METADATA,
    "temperature": TEMPERATURE,
    "top_p": TOP_P,
    "response_format": FORMAT,
    "unknown": ([], [(1, UNKNOWN), (None, UNKNOWN)]),
}
RUN: dict[str, Field] = {
    "model": ([None, "fake"], [(5, TYPE)]),
    "instructions": TEXT,
    "tools": ([None, *tools(20)[0]], tools(20)[1]),
    "metadata": METADATA,
    "temperature": TEMPERATURE,
    "top_p": TOP_P,
    "stream": ([None, False], [("yes", TYPE), (1, TYPE)]),
    "max_prompt_tokens": TOKENS,
    "max_completion_tokens": ANSWER_TOKENS,
    "truncation_strategy": (
        [
            None,
            {"type": "auto"},
            {"type": "auto", "last_messages": None},
            {"type": "last_messages", "last_messages": 1},
        ],
        [
            ({"type": "last_messages"}, MISSING),
            ({"type": "last_messages", "last_messages": 0}, "integer_below_min_value"),
            ({"type": "last_messages", "last_messages": "1"}, TYPE),
            ({"type": "middle"}, VALUE),
            ({}, MISSING),
            ("auto", TYPE),
        ],
    ),
    "tool_choice": (
        [None, "none", "auto", "required", {"type": "function", "function": {"name": "weather"}}],
        [
            ("always", VALUE),
            ({"type": "browser"}, VALUE),
            ({"type": "function"}, MISSING),
            ({"type": "function", "function": {}}, MISSING),
            (5, TYPE),
        ],
    ),
    "parallel_tool_calls": ([True, False], [("yes", TYPE), (0, TYPE)]),
    "response_format": FORMAT,
    "assistant_id": ([], [(None, TYPE), (5, TYPE), ("x", VALUE), ("", VALUE)]),
    "unknown": ([], [(1, UNKNOWN)]),
}
THREAD: dict[str, Field] = {
    "messages": (
        [[], [MESSAGE], [{**MESSAGE, "role": "assistant"}]],
        [
            (MESSAGE, TYPE),
            ([{"role": "user"}], MISSING),
            ([{"content": "x"}], MISSING),
            ([{**MESSAGE, "file_ids": []}], UNKNOWN),
            ([{**MESSAGE, "role": "system"}], VALUE),
        ],
    ),
    "tool_resources": (RESOURCES[0], [*RESOURCES[1], *STORES]),
    "metadata": METADATA,
    "role": ([], [("user", UNKNOWN)]),
}
Place = tuple[str, Mapping[str, Any], dict[str, Field]]
PLACES: dict[str, Place] = {
    "create assistant": (
        "/assistants",
        {"model": "fake"},
        {**ASSISTANT, "tool_resources": (RESOURCES[0], [*RESOURCES[1], *STORES])},
    ),
    "modify assistant": (
        "/assistants/{assistant}",
        {},
        {
            **ASSISTANT,
            "tool_resources": (
                RESOURCES[0],
                [*RESOURCES[1], ({"file_search": {"vector_stores": [{}]}}, UNKNOWN)],
            ),
        },
    ),
    "create thread": ("/threads", {}, THREAD),
    "modify thread": (
        "/threads/{thread}",
        {},
        {
            "metadata": METADATA,
            "tool_resources": (
                RESOURCES[0],
                [*RESOURCES[1], ({"file_search": {"vector_stores": [{}]}}, UNKNOWN)],
            ),
            "messages": ([], [([], UNKNOWN)]),
        },
    ),
    "create message": (
        "/threads/{thread}/messages",
        MESSAGE,
        {
            "role": ROLE,
            "content": CONTENT,
            "attachments": ATTACHMENTS,
            "metadata": METADATA,
            "file_ids": ([], [([], UNKNOWN)]),
        },
    ),
    "modify message": (
        "/threads/{thread}/messages/{message}",
        {},
        {"metadata": METADATA, "content": ([], [("x", UNKNOWN)]), "role": ([], [("user", UNKNOWN)])},
    ),
    "create run": (
        "/threads/{thread}/runs",
        {"assistant_id": "{assistant}"},
        {
            **RUN,
            "reasoning_effort": EFFORT,
            "additional_instructions": TEXT,
            "additional_messages": (
                [None, [], [MESSAGE]],
                [([{"role": "user"}], MISSING), ([5], TYPE), (MESSAGE, TYPE)],
            ),
            "thread": ([], [({}, UNKNOWN)]),
        },
    ),
    "create thread and run": (
        "/threads/runs",
        {"assistant_id": "{assistant}", "thread": {"messages": [MESSAGE]}},
        {
            **RUN,
            "thread": (
                [{"messages": [MESSAGE], "metadata": {"a": "b"}}],
                [("x", TYPE), ({"role": "user"}, UNKNOWN)],
            ),
            "tool_resources": RESOURCES,
            "additional_messages": ([], [([], UNKNOWN)]),
        },
    ),
    "modify run": (
        "/threads/{thread}/runs/{run}",
        {},
        {"metadata": METADATA, "status": ([], [("failed", UNKNOWN)])},
    ),
    "submit outputs": (
        "/threads/{thread}/runs/{run}/submit_tool_outputs",
        {"tool_outputs": []},
        {
            "tool_outputs": (
                [],
                [
                    (None, TYPE),
                    ("x", TYPE),
                    ([5], TYPE),
                    ([{"tool_call_id": 5}], TYPE),
                    ([{"output": 5}], TYPE),
                ],
            ),
            "stream": ([], [("yes", TYPE)]),
            "unknown": ([], [(1, UNKNOWN)]),
        },
    ),
}
REQUIRED = {
    "/assistants": ("model",),
    "/threads/{thread}/messages": ("role", "content"),
    "/threads/{thread}/runs": ("assistant_id",),
    "/threads/runs": ("assistant_id",),
    "/threads/{thread}/runs/{run}/submit_tool_outputs": ("tool_outputs",),
}
LISTS = (
    "/assistants", "/threads", "/threads/{thread}/messages", "/threads/{thread}/runs",
    "/threads/{thread}/runs/{run}/steps",
)  # fmt: skip
OURS = [o for o in OPERATIONS if o.path.startswith(("/assistants", "/threads")) and "{" in o.path]


@pytest.fixture
async def raw(http_world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with http(http_world.socket) as client:
        yield client


@pytest.fixture
async def known(http_world: World) -> dict[str, str]:
    """One of each, at rest."""
    run = await http_world.run(assistant={"tools": FUNCTIONS})
    message = (await http_world.messages(run.thread_id))[0]
    (step,) = await http_world.steps(run)
    return {
        "assistant": run.assistant_id or "",
        "thread": run.thread_id,
        "run": run.id,
        "message": message.id,
        "step": step.id,
    }


def filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, known) for name, inner in value.items()}
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), value)
    return value


@requirement("params:taken", "params:refused")
@pytest.mark.parametrize("place", PLACES)
async def test_parameters_have_their_limits(
    http_world: World, raw: httpx2.AsyncClient, known: dict[str, str], place: str
) -> None:
    path, base, fields = PLACES[place]
    path, base = "/v1" + filled(path, known), filled(dict(base), known)
    for name, (taken, refused) in fields.items():
        for value in taken:
            answer = await raw.post(path, json=base | {name: value})
            assert answer.status_code == 200, (name, value, answer.text[:300])
            if answer.json()["object"] == "thread.run":
                run = answer.json()
                await http_world.settled(await http_world.client.runs.get(run["thread_id"], run["id"]))
        for value, code in refused:
            told = refusal(await raw.post(path, json=base | {name: value}))
            assert (told[0], told[2]) == (400, code), (name, value, told)
            assert (told[3] or "").startswith(name), told


@requirement("params:required")
@pytest.mark.parametrize(("path", "names"), REQUIRED.items())
async def test_what_is_required_is_missed_by_its_name(
    raw: httpx2.AsyncClient, known: dict[str, str], path: str, names: tuple[str, ...]
) -> None:
    whole = {"role": "user", "content": "x"} if "content" in names else {}
    for name in names:
        body = {key: value for key, value in whole.items() if key != name}
        told = refusal(await raw.post("/v1" + filled(path, known), json=body))
        assert told == (400, f"Missing required parameter: '{name}'.", MISSING, name)


@requirement("lists:params")
@pytest.mark.parametrize("path", LISTS)
async def test_a_list_takes_these_parameters(
    raw: httpx2.AsyncClient, known: dict[str, str], path: str
) -> None:
    path = "/v1" + filled(path, known)
    for query in ("limit=1", "limit=100", "order=asc", "order=desc", "api-version=2024-05-01-preview", ""):
        answer = await raw.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert (page["object"], page["first_id"]) == ("list", page["data"][0]["id"])
        assert page["last_id"] == page["data"][-1]["id"]
    for query, name in (
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("order=up", "order"),
        ("after=nobody", "after"), ("before=nobody", "before"),
    ):  # fmt: skip
        told = refusal(await raw.get(f"{path}?{query}"))
        assert (told[0], told[3]) == (400, name), (query, told)


@requirement("steps:include")
async def test_include_has_one_value(raw: httpx2.AsyncClient, known: dict[str, str]) -> None:
    steps = "/v1" + filled("/threads/{thread}/runs/{run}/steps", known)
    value = "step_details.tool_calls[*].file_search.results[*].content"
    for path in (steps, f"{steps}/{known['step']}"):
        assert (await raw.get(path, params={"include[]": value})).status_code == 200
        told = refusal(await raw.get(path, params={"include[]": "everything"}))
        assert (told[0], told[2]) == (400, VALUE)
    events = "/v1" + filled("/threads/{thread}/runs/{run}/events", known)
    assert (await raw.get(events, params={"include[]": value})).status_code == 200
    told = refusal(await raw.get(events, params={"include[]": "everything"}))
    assert (told[0], told[2]) == (400, VALUE)
    body = {"assistant_id": known["assistant"]}
    runs = "/v1" + filled("/threads/{thread}/runs", known)
    assert (await raw.post(runs, json=body, params={"include[]": "everything"})).status_code == 400
    assert (await raw.post(runs, json=body, params={"include[]": value})).status_code == 200


def _body(operation: Operation[Any, Any]) -> dict[str, Any]:
    needed = {
        "create_message": MESSAGE,
        "create_run": {"assistant_id": "asst_1"},
        "submit_tool_outputs": {"tool_outputs": []},
    }
    return needed.get(operation.name, {})


@requirement("ids:unknown")
async def test_an_id_in_a_path_is_of_its_kind_and_known(
    raw: httpx2.AsyncClient, known: dict[str, str]
) -> None:
    for operation in OURS:
        names = re.findall(r"\{(\w+)\}", operation.path)
        for name in names:
            ids = {other: known[other.removesuffix("_id")] for other in names}
            body = _body(operation) if operation.method == "POST" else None
            await check_id(raw, operation, ids, name, json=body)


async def check_id(
    raw: httpx2.AsyncClient, operation: Operation[Any, Any], ids: dict[str, str], name: str, **sent: Any
) -> None:
    """An id of the wrong kind and one that is unknown are refused, each by its name."""
    for value, status in (("undefined", 400), (f"{PREFIXES[name]}_none", 404)):
        path = "/v1" + operation.path.format(**ids | {name: value})
        told = refusal(await raw.request(operation.method, path, **sent))
        assert told[0] == status, (operation.name, path, told)
        if status == 400:
            assert (
                told[1]
                == f"Invalid '{name}': 'undefined'. Expected an ID that begins with '{PREFIXES[name]}'."
            )
        else:
            assert value in told[1], told


@requirement("runs:modify:busy")
async def test_a_run_at_work_cannot_be_changed(http_world: World, raw: httpx2.AsyncClient) -> None:
    run, go = await busy(http_world)
    path = f"/v1/threads/{run.thread_id}/runs/{run.id}"
    told = refusal(await raw.post(path, json={"metadata": {"a": "b"}}))
    assert told[:2] == (400, "Cannot update run with status 'in_progress'.")
    go.set()
    await http_world.settled(run)
    assert (await raw.post(path, json={"metadata": {"a": "b"}})).json()["metadata"] == {"a": "b"}
