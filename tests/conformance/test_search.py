"""Search over everything that was said."""

from __future__ import annotations

import time

from aimltui.wire.branches import CopyThread
from aimltui.wire.messages import AttachmentTool, CreateMessage, MessageAttachment
from aimltui.wire.runs import CreateRun
from aimltui.wire.search import SearchHit
from aimltui.wire.threads import TRASHED_AT, ModifyThread
from tests.conformance.world import World, requirement
from tests.support.fake_model import calls, says


async def found(world: World, query: str) -> list[SearchHit]:
    return (await world.client.search(query)).data


def marked(hit: SearchHit) -> list[str]:
    return [hit.text[first:end] for first, end in hit.marks]


@requirement("search")
async def test_messages_code_outputs_and_file_names_are_found_and_deleted_ones_are_not(world: World) -> None:
    world.script(calls(("code_interpreter", '{"code": "print(1)"}')), says("The **kettle** is boiling."))
    assistant = await world.assistant(name="Kitchen help", tools=[{"type": "code_interpreter"}])
    thread = await world.thread("How is the weather at the Café Groß?")
    await world.settled(
        await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
    )
    file = await world.file("a,b", "harvest-2026.csv")
    attached = [MessageAttachment(file_id=file.id, tools=[AttachmentTool(type="code_interpreter")])]
    said = await world.client.messages.create(
        CreateMessage(thread_id=thread.id, role="user", content="天気予報を見せて", attachments=attached)
    )

    (hit,) = await found(world, "boil kettle")
    assert (hit.thread_id, hit.role, marked(hit)) == (thread.id, "assistant", ["kettle", "boil"])
    assert hit.text == "The kettle is boiling."
    (step,) = await found(world, "print")
    assert (step.role, marked(step)) == ("tool", ["print"])
    assert step.step_id is not None
    assert [hit.message_id for hit in await found(world, "harvest")] == [said.id]
    assert [hit.message_id for hit in await found(world, "予報")] == [said.id]
    assert [hit.message_id for hit in await found(world, "has:file")] == [said.id]
    assert await found(world, "報予") == []
    assert [hit.role for hit in await found(world, "weather cafe")] == ["user"]
    assert [marked(hit) for hit in await found(world, "GROSS")] == []
    assert [marked(hit) for hit in await found(world, "groß")] == [["Groß"]]
    assert len(await found(world, "weather assistant:kitchen model:fake")) == 1
    assert await found(world, "weather assistant:garden") == []
    assert await found(world, "weather before:2001") == []
    assert len(await found(world, f"weather before:{time.localtime().tm_year + 90}")) == 1
    assert await found(world, '"NEAR( *') == []
    for query, note in (
        ("weather before:202", "before: takes 2026-11-22, 2026-11 or 2026"),
        ("weather before:2026-13", "before: takes 2026-11-22, 2026-11 or 2026"),
        ("weather has:picture", "has: takes only file"),
        ("weather assistant:garden", "no assistant with “garden” in its name has answered yet"),
        ("weather model:nine", "no model with “nine” in its name has answered yet"),
    ):
        assert (await world.client.search(query)).notes == [note]
    assert (await world.client.search("weather assistant:kitchen before:2001")).notes == []

    await world.client.messages.delete(thread.id, said.id)
    assert await found(world, "harvest") == []
    assert await found(world, "予報") == []
    fork = await world.client.threads.copy(CopyThread(thread_id=thread.id))
    assert [hit.thread_id for hit in await found(world, "kettle")] == [thread.id]
    await world.client.threads.modify(ModifyThread(thread_id=thread.id, metadata={TRASHED_AT: "1"}))
    assert [hit.thread_id for hit in await found(world, "kettle")] == [fork.id]
    await world.client.threads.delete(fork.id)
    assert await found(world, "kettle") == []
    await world.client.threads.modify(ModifyThread(thread_id=thread.id, metadata={TRASHED_AT: ""}))
    assert len(await found(world, "kettle")) == 1
    await world.client.threads.delete(thread.id)
    assert await found(world, "kettle") == []
    assert await found(world, "print") == []
