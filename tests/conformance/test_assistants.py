"""Assistants."""

from __future__ import annotations

import pytest

from aimltui.client.client import every
from aimltui.wire.assistants import AssistantParams, CreateAssistant, ListAssistants, ModifyAssistant
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.messages import ListMessages
from aimltui.wire.threads import CreateThread
from tests.conformance.world import FUNCTIONS, World, among, at, requirement


@requirement("assistants:create:defaults")
async def test_a_new_assistant_shows_the_defaults(world: World) -> None:
    made = await world.assistant()
    assert made.to_json() == {
        "id": made.id,
        "object": "assistant",
        "created_at": at(),
        "name": None,
        "description": None,
        "model": "fake",
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
        "reasoning_effort": None,
    }
    assert await world.client.assistants.get(made.id) == made


@requirement("assistants:create:fields")
async def test_everything_that_is_given_comes_back(world: World) -> None:
    given = {
        "name": "Math Tutor",
        "description": "d",
        "instructions": "i" * 256_000,
        "tools": [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTIONS[0]],
        "metadata": {"k": "v"},
        "temperature": 0,
        "top_p": 0.5,
        "reasoning_effort": "low",
        "response_format": {"type": "json_object"},
    }
    made = (await world.assistant(**given)).to_json()
    assert {name: made[name] for name in given} == given


@requirement("assistants:null")
async def test_null_means_the_default(world: World) -> None:
    made = await world.assistant(
        name=None, tools=None, metadata=None, temperature=None, response_format=None, tool_resources=None
    )
    assert (made.tools, made.metadata, made.temperature, made.response_format) == ([], {}, 1.0, "auto")


@requirement("assistants:modify")
async def test_modifying_changes_what_is_given_and_replaces_lists(world: World) -> None:
    made = await world.assistant(
        name="a", instructions="i", tools=FUNCTIONS, metadata={"a": "1", "b": "2"}, temperature=0.3
    )
    changed = await world.client.assistants.modify(
        ModifyAssistant(
            assistant_id=made.id, name="b", tools=[{"type": "code_interpreter"}], metadata={"b": "3"}
        )
    )
    assert (changed.name, changed.instructions, changed.temperature) == ("b", "i", 0.3)
    assert [tool.type for tool in changed.tools] == ["code_interpreter"]
    assert changed.tool_resources.to_json() == {"code_interpreter": {"file_ids": []}}  # type: ignore[union-attr]
    assert await world.client.assistants.get(made.id) == changed


@requirement("metadata:merge")
async def test_metadata_is_merged(world: World) -> None:
    made = await world.assistant(metadata={"a": "1", "b": "2"})
    changed = await world.client.assistants.modify(ModifyAssistant(assistant_id=made.id, metadata={"b": "3"}))
    assert changed.metadata == {"a": "1", "b": "3"}


@requirement("assistants:delete")
async def test_a_deleted_assistant_is_gone_and_its_threads_and_runs_stay(world: World) -> None:
    run = await world.run()
    told = await world.client.assistants.delete(run.assistant_id)
    assert told.to_json() == {"id": run.assistant_id, "object": "assistant.deleted", "deleted": True}
    with pytest.raises(NotFound) as caught:
        await world.client.assistants.get(run.assistant_id)
    assert caught.value.message == f"No assistant found with id '{run.assistant_id}'."
    assert caught.value.type == "invalid_request_error"
    assert (await world.client.runs.get(run.thread_id, run.id)).assistant_id == run.assistant_id


@requirement("assistants:unknown")
async def test_an_unknown_assistant_is_not_found_by_any_operation(world: World) -> None:
    for asked in (
        world.client.assistants.get("asst_none"),
        world.client.assistants.modify(ModifyAssistant(assistant_id="asst_none", name="x")),
        world.client.assistants.delete("asst_none"),
    ):
        with pytest.raises(NotFound, match="No assistant found with id 'asst_none'"):
            await asked


@requirement("ids:prefix")
async def test_an_id_of_another_kind_is_refused(world: World) -> None:
    with pytest.raises(BadRequest, match=r"Invalid 'assistant_id': 'thread_1'\. Expected an ID that begins"):
        await world.client.assistants.get("thread_1")


@requirement("lists:order", "lists:pages", "traps:cursor-by-second")
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 3, 10, 100])
async def test_pages_show_each_of_a_burst_once_and_in_order(world: World, order: str, limit: int) -> None:
    before = None if world.is_ours else await world.assistant()
    made = [(await world.assistant(name=str(n))).id for n in range(10)]  # all in one second
    params = ListAssistants(limit=limit, order=order)
    if not world.is_ours and order == "asc":
        params = params.model_copy(update={"after": before.id if before else None})
    seen = await among(every(world.client.assistants.list, params), made)
    assert seen == (made if order == "asc" else made[::-1])


@requirement("lists:default")
async def test_a_list_is_newest_first_and_shows_twenty(world: World) -> None:
    made = [(await world.assistant()).id for _ in range(21)]
    page = await world.client.assistants.list(ListAssistants())
    assert [item.id for item in page.data] == made[:0:-1]
    assert (page.first_id, page.last_id, page.has_more) == (made[-1], made[1], True)


@requirement("lists:before")
async def test_before_gives_what_precedes_in_the_order_of_the_list(world: World) -> None:
    made = [(await world.assistant()).id for _ in range(5)]
    page = await world.client.assistants.list(ListAssistants(before=made[2]))
    assert [item.id for item in page.data] == [made[4], made[3]]
    page = await world.client.assistants.list(ListAssistants(before=made[3], order="asc", limit=2))
    assert [item.id for item in page.data] == [made[1], made[2]]
    page = await world.client.assistants.list(ListAssistants(after=made[0], before=made[3], order="asc"))
    assert [item.id for item in page.data] == [made[1], made[2]]


@requirement("lists:empty")
async def test_an_empty_list_has_null_ends(world: World) -> None:
    thread = await world.client.threads.create(CreateThread())
    page = await world.client.messages.list(ListMessages(thread_id=thread.id))
    assert page.to_json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@requirement("lists:cursor")
async def test_a_cursor_that_is_nowhere_is_refused(world: World) -> None:
    with pytest.raises((BadRequest, NotFound)):
        await world.client.assistants.list(ListAssistants(after="asst_none"))
    with pytest.raises(BadRequest, match="Supported values are: 'asc' and 'desc'"):
        await world.client.assistants.list(ListAssistants(order="up"))


@requirement("assistants:params")
async def test_params_are_frozen_and_know_their_names() -> None:
    with pytest.raises(ValueError, match="frozen"):
        AssistantParams(assistant_id="asst_1").assistant_id = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="Extra inputs"):
        CreateAssistant(model="m", title="x")  # type: ignore[call-arg]
