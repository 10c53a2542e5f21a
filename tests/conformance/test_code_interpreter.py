"""The code interpreter over every way to the engine, and before the openai package as judge."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import AsyncAssistantEventHandler, AsyncOpenAI

from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import Run
from tests.conformance.world import World, plain, requirement
from tests.support.fake_model import says
from tests.support.fake_session import draws, fails, prints, runs, writes
from tests.support.folded import Folded

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}
LINK = "sandbox:/mnt/data/out.csv"
SCENES: dict[str, tuple[list[Any], list[Any]]] = {
    "output": ([runs("print(4)"), says("It is ", "4.")], [prints("4\n", "and more\n")]),
    "picture": ([runs("plot()"), says("Look.")], [draws("a\n", "b\n")]),
    "link": (
        [runs("write()"), says("[Here](sandbox:/mnt/", "data/out.csv), done.")],
        [writes("out.csv", "rest.txt")],
    ),
    "all": (
        [
            runs("one()"),
            runs("two()"),
            says("See sandbox:/mnt/data/out.csv and ", "sandbox:/mnt/data/out.csv!"),
        ],
        [[*draws("x\n", "y\n")[:-1], *writes("out.csv")], draws("z")],
    ),
    "failure": ([runs("1/0"), says("Impossible.")], [fails()]),
    "only a picture": ([runs("plot()"), says()], [draws("")]),
}


def script(world: World, scene: str) -> None:
    turns, cells = SCENES[scene]
    world.script(*turns)
    world.sandbox.cells = cells
    world.sandbox.codes.clear()


@requirement("code:stored")
@pytest.mark.parametrize("scene", SCENES)
async def test_what_streams_is_what_is_stored(world: World, scene: str) -> None:
    script(world, scene)
    told = await world.play(assistant=CODE)
    run = next(event.data for event in reversed(told) if isinstance(event.data, Run))
    steps, messages = await world.steps(run), await world.messages(run.thread_id, run_id=run.id)
    for events in (told, _without_last_words(told)):
        folded = Folded(events)
        assert [step.step_details.to_json() for step in folded.steps] == [
            step.step_details.to_json() for step in steps
        ]
        assert [_content(message) for message in folded.messages] == [
            _content(message) for message in messages
        ]
    assert run.status == "completed"


def _without_last_words(told: list[StreamEvent]) -> list[StreamEvent]:
    """Only what the deltas add up to."""
    return [event for event in told if not event.event.endswith((".completed", ".failed"))]


def _content(message: Any) -> Any:
    return [part.to_json() for part in message.content]


def _unplaced(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unplaced(item) for key, item in value.items() if key != "index"}
    return [_unplaced(item) for item in value] if isinstance(value, list) else value


class Judge(AsyncAssistantEventHandler):
    """Notes what the package makes of the stream."""

    def __init__(self) -> None:
        super().__init__()
        self.input = self.logs = self.text = ""
        self.pictures: list[str] = []
        self.calls: list[Any] = []

    async def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None:
        code = delta.code_interpreter
        self.input += (code and code.input) or ""
        for output in (code and code.outputs) or ():
            self.logs += output.logs or "" if output.type == "logs" else ""

    async def on_tool_call_done(self, tool_call: Any) -> None:
        # the package tells a call's end more than once, and leaves the places of its deltas in
        told = _unplaced(tool_call.model_dump())
        if told not in self.calls:
            self.calls.append(told)

    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value or ""

    async def on_image_file_done(self, image_file: Any) -> None:
        self.pictures.append(image_file.file_id)


@requirement("sdk:stream:code")
@pytest.mark.parametrize("scene", SCENES)
async def test_its_accumulating_stream_understands_code_pictures_and_links(
    http_world: World, scene: str
) -> None:
    script(http_world, scene)
    judge = Judge()
    transport = plain(http_world.socket)
    async with AsyncOpenAI(
        api_key="sk-none",
        base_url="http://localhost/v1",
        http_client=httpx2.AsyncClient(transport=transport),
        _strict_response_validation=True,
    ) as sdk:
        assistant = await sdk.beta.assistants.create(model="fake", tools=CODE["tools"])
        thread = await sdk.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
        async with sdk.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=judge
        ) as stream:
            await stream.until_done()
            run = await stream.get_final_run()
            final = await stream.get_final_messages()
        stored = [m async for m in sdk.beta.threads.messages.list(thread.id, run_id=run.id, order="asc")]
        steps = [s async for s in sdk.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc")]
        links = [
            (await sdk.files.content(annotation.file_path.file_id)).content
            for message in stored
            for part in message.content
            if part.type == "text"
            for annotation in part.text.annotations
            if annotation.type == "file_path"
        ]
    calls = [
        call
        for step in steps
        if step.step_details.type == "tool_calls"
        for call in step.step_details.tool_calls
    ]
    outputs = [output for call in calls for output in call.code_interpreter.outputs]  # type: ignore[union-attr]
    assert run.status == "completed"
    assert [message.content for message in final] == [message.content for message in stored]
    assert judge.calls == [call.model_dump() for call in calls]
    assert judge.logs == "".join(output.logs for output in outputs if output.type == "logs")
    assert judge.pictures == [output.image.file_id for output in outputs if output.type == "image"]
    assert judge.input == "".join(call.code_interpreter.input for call in calls)  # type: ignore[union-attr]
    assert links == [b"content of out.csv"] * len(links)
    assert bool(links) == (scene in ("link", "all"))
