"""The seven requests of the Open Responses compliance test, answered by the server and held against the published schema.

Opt-in: the schema is `public/openapi/openapi.json` of https://github.com/openresponses/openresponses, and `jsonschema` reads it:

    pip install jsonschema
    AIMLTUI_REAL_OPENRESPONSES=openapi.json python -m pytest tests/real/test_open_responses.py

The published runner itself needs its repository with zod installed, and bun (`npm install bun zod@3`):

    AIMLTUI_REAL_OPENRESPONSES_RUNNER=openresponses AIMLTUI_REAL_BUN=bun python -m pytest tests/real/test_open_responses.py
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ChatRequest
from aimltui.server.app import create_app
from aimltui.server.auth import Auth
from aimltui.server.listener import Address, serve
from tests.conformance.test_http import http
from tests.conformance.world import served
from tests.support.builders import bounded, options
from tests.support.fake_model import FakeModel, FakeModels, calls, says
from tests.support.pictures import plot

SCHEMA = os.environ.get("AIMLTUI_REAL_OPENRESPONSES", "")
RUNNER = os.environ.get("AIMLTUI_REAL_OPENRESPONSES_RUNNER", "")
BUN = os.environ.get("AIMLTUI_REAL_BUN", "bun")
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather at a place",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}


def said(role: str, content: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


PICTURE = {
    "type": "input_image",
    "image_url": f"data:image/png;base64,{base64.b64encode(plot(8, 8)).decode('ascii')}",
}
ASKED: dict[str, dict[str, Any]] = {
    "basic-response": {"input": [said("user", "Say hello in three words.")]},
    "streaming-response": {"input": [said("user", "Count to five.")], "stream": True},
    "system-prompt": {"input": [said("system", "Speak like a pirate."), said("user", "Say hello.")]},
    "tool-calling": {"input": [said("user", "What is the weather in Oslo?")], "tools": [WEATHER]},
    "tool-calling-streaming": {
        "input": [said("user", "What is the weather in Oslo?")],
        "tools": [WEATHER],
        "stream": True,
    },
    "image-input": {"input": [said("user", [{"type": "input_text", "text": "What is it?"}, PICTURE])]},
    "multi-turn": {
        "input": [said("user", "I am Alice."), said("assistant", "Hello Alice!"), said("user", "Who am I?")]
    },
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    """The validators of the response object, under `response`, and of each event by its type."""
    jsonschema = pytest.importorskip("jsonschema")
    components = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))["components"]
    found = {"response": "ResponseResource"}
    for name, schema in components["schemas"].items():
        if name.endswith("StreamingEvent"):
            kind = schema["properties"]["type"]
            found[kind.get("const") or kind["enum"][0]] = name
    return {
        kind: jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": components}
        )
        for kind, name in found.items()
    }


@pytest.mark.skipif(not SCHEMA, reason="opt-in: AIMLTUI_REAL_OPENRESPONSES=openapi.json")
@pytest.mark.parametrize("name", ASKED)
async def test_a_request_of_the_compliance_test_is_answered_by_the_schema(
    name: str, schemas: dict[str, Any], tmp_path: Path
) -> None:
    asked, events = ASKED[name], list[dict[str, Any]]()
    model = FakeModel(calls(("get_weather", '{"location": "Oslo"}'))) if "tools" in asked else FakeModel()
    engine = await Engine.open(options(tmp_path), FakeModels(model))
    async with served(engine, tmp_path / "s", Auth(is_socket=True)) as socket, http(socket) as raw:
        answer = await raw.post("/v1/responses", json={"model": "fake", **asked})
    assert answer.status_code == 200
    if asked.get("stream"):
        lines = [line for line in answer.text.splitlines() if line.startswith("data: {")]
        events = [json.loads(line.removeprefix("data: ")) for line in lines]
        for event in events:
            assert [error.message for error in schemas[event["type"]].iter_errors(event)] == []
        response = events[-1]["response"]
    else:
        response = answer.json()
    assert [error.message for error in schemas["response"].iter_errors(response)] == []
    assert response["status"] == "completed"
    wanted = "function_call" if "tools" in asked else "message"
    assert [item["type"] for item in response["output"]] == [wanted]
    if events and wanted == "function_call":
        kinds = [event["type"] for event in events]
        assert {f"response.function_call_arguments.{end}" for end in ("delta", "done")} <= set(kinds)


class CallingModel(FakeModel):
    """Calls the function that it is given; without one, it says something."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        self.turns = [calls(("get_weather", '{"location": "Oslo"}')) if request.tools else says("OK.")]
        async for chunk in super().stream(request):
            yield chunk


@pytest.mark.skipif(not RUNNER, reason="opt-in: AIMLTUI_REAL_OPENRESPONSES_RUNNER=FOLDER")
async def test_the_published_runner_passes(tmp_path: Path) -> None:
    engine = await Engine.open(options(tmp_path), FakeModels(CallingModel()))
    stop, lines = asyncio.Event(), asyncio.Queue[str]()
    serving = serve(
        create_app(engine),
        Address(port=0),
        announce=lines.put_nowait,
        on_stop=engine.aclose,
        handle_signals=False,
        stop=stop,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(serving)
        url = (await bounded(lines.get())).rpartition(" ")[2]
        command = [BUN, "run", "bin/compliance-test.ts", "-u", url, "-k", "sk-x", "-m", "fake", "--json"]
        run = await asyncio.create_subprocess_exec(*command, cwd=RUNNER, stdout=subprocess.PIPE)
        told, _ = await run.communicate()
        stop.set()
    found = json.loads(told[told.index(b"{") :])
    assert [one for one in found["results"] if one["status"] != "passed"] == []
    assert found["summary"]["passed"] == found["summary"]["total"] > 0
