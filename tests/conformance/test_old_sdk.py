"""Older majors of the openai package as judges.

They cannot live beside the current one. Give interpreters that have one, separated by colons:
`AIMLTUI_OLD_OPENAI=/tmp/v1/bin/python:/tmp/v2/bin/python python -m pytest tests/conformance/test_old_sdk.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.server.app import create_app
from aimltui.server.listener import Address, serve
from tests.conformance.world import FUNCTIONS, requirement
from tests.support.builders import bounded, options
from tests.support.fake_model import FakeModel, FakeModels, calls, says

# read when the module is: the tests themselves run without anybody's environment
PYTHONS = [place for place in os.environ.get("AIMLTUI_OLD_OPENAI", "").split(":") if place]

JUDGE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import openai
from openai import AssistantEventHandler, OpenAI

base_url, tools = sys.argv[1], json.loads(sys.argv[2])
client = OpenAI(api_key="x", base_url=base_url, _strict_response_validation=True)
threads = client.beta.threads
assistant = client.beta.assistants.create(model="gpt-4o", tools=tools)
thread = threads.create(messages=[{"role": "user", "content": "Hi"}])
run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
assert run.status == "requires_action", run
outputs = [{"tool_call_id": c.id, "output": "x"} for c in run.required_action.submit_tool_outputs.tool_calls]

class Texts(AssistantEventHandler):
    text = ""
    def on_text_delta(self, delta, snapshot):
        self.text += delta.value

texts = Texts()
with threads.runs.submit_tool_outputs_stream(
    run_id=run.id, thread_id=thread.id, tool_outputs=outputs, event_handler=texts
) as stream:
    stream.until_done()
assert texts.text == "Hello again", texts.text
told = [e.event for e in threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)]
assert told[0] == "thread.run.created" and "thread.run.completed" in told, told
steps = list(threads.runs.steps.list(run.id, thread_id=thread.id, order="asc"))
assert [step.type for step in steps] == ["tool_calls", "message_creation"], steps
assert [m.role for m in threads.messages.list(thread.id, order="asc", limit=1)] == ["user", "assistant", "assistant"]
try:
    threads.retrieve("thread_none")
except openai.NotFoundError as error:
    assert "No thread found" in error.message
print(openai.__version__)
"""


@requirement("sdk:older-majors")
@pytest.mark.parametrize(
    "python", PYTHONS or [pytest.param("", marks=pytest.mark.skip("no interpreter is named"))]
)
async def test_an_older_client_finds_nothing_to_complain_of(tmp_path: Path, python: str) -> None:
    model = FakeModel(calls(("weather", "{}")), says("Hello", " again"))
    engine = await Engine.open(options(tmp_path), FakeModels(model))
    stop, said = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = serve(
        create_app(engine),
        Address(port=0),
        announce=said.set_result,
        on_stop=engine.aclose,
        handle_signals=False,
        stop=stop,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(serving)
        base_url = (await bounded(said)).rpartition(" ")[2]
        judge = await asyncio.create_subprocess_exec(
            python, "-c", JUDGE, base_url, json.dumps(FUNCTIONS),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await bounded(judge.communicate())
        stop.set()
    assert judge.returncode == 0, told.decode()
