"""The seven requests of the Open Responses compliance test, answered by the server and held against the published schema.

Opt-in: the schema is `public/openapi/openapi.json` of https://github.com/openresponses/openresponses, and `jsonschema` reads it:

    pip install jsonschema
    AIMLTUI_REAL_OPENRESPONSES=openapi.json python -m pytest tests/real/test_open_responses.py

The published runner itself (`bun run test:compliance`) makes the same requests of a server with a real model.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.server.auth import Auth
from tests.conformance.test_http import http
from tests.conformance.world import served
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, calls
from tests.support.pictures import plot

SCHEMA = os.environ.get("AIMLTUI_REAL_OPENRESPONSES", "")
pytestmark = pytest.mark.skipif(not SCHEMA, reason="opt-in: AIMLTUI_REAL_OPENRESPONSES=openapi.json")
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
