"""The slash commands of the chat in a plain terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aimltui.cli.chat_commands import ChatCommands
from aimltui.cli.conversation import Conversation
from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.tui.state.addressee import addressee_in
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.messages import ListMessages
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import ASSISTANT, MODEL, CreateThread, ListThreads
from tests.support.builders import an_assistant, bounded, opened
from tests.support.fake_model import FakeModel, says

Command = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def chatting(directory: Path, model: FakeModel) -> AsyncIterator[tuple[AssistantsClient, Command]]:
    """A chat; the function sends a line as the user types it, and returns what is written then."""
    written: list[str] = []
    async with opened(directory, model) as engine:
        thread, assistant = (
            await engine.threads.create_thread(CreateThread()),
            await an_assistant(engine, model="other"),
        )
        client = AssistantsClient(EmbeddedTransport(engine))
        conversation = Conversation(client, thread.id, assistant.id, written.append, streams=True)
        commands = ChatCommands(client, conversation, written.append, {})

        async def line(text: str) -> str:
            written.clear()
            await bounded(commands.find(text) or conversation.send(text))
            return "".join(written)

        yield client, line


async def test_a_thread_is_named_left_listed_and_opened_again(tmp_path: Path) -> None:
    model = FakeModel(says("Paris."), says("Rome."), says("About two million."))
    async with chatting(tmp_path, model) as (client, line):
        await line("The capital of France?")
        assert await line("/title Capitals of Europe") == "\nThis thread is called “Capitals of Europe”.\n"
        assert await line("/new") == "\nNew thread.\n"
        await line("The capital of Italy?")
        listed = await line("/threads")
        assert "  1  The capital of Italy?\n" in listed
        assert "  2  Capitals of Europe\n" in listed
        assert listed.endswith("Choose with “/open NUMBER”.\n")
        opened = await line("/open 2")
        assert opened == (
            "\nThread “Capitals of Europe”.\n\nYou > The capital of France?\n\nAssistant > Paris.\n"
        )
        await line("How many live there?")
        said = [message["content"] for message in model.requests[-1].messages if message["role"] == "user"]
        assert said == ["The capital of France?", "How many live there?"]
        assert await line("/last") == "\nAssistant > About two million.\n"
        threads = (await client.threads.list(ListThreads())).data
        runs = [run for one in threads for run in (await client.runs.list(ListRuns(thread_id=one.id))).data]
        assert all(run.truncation_strategy and run.truncation_strategy.shorten for run in runs)
        assert len(runs) == 3


async def test_threads_are_found_by_words_of_their_titles(tmp_path: Path) -> None:
    async with chatting(tmp_path, FakeModel()) as (_client, line):
        await line("The capital of France?")
        assert "capital of France" in await line("/threads france CAPITAL")
        assert await line("/threads spain") == "\nNo thread found.\n"
        assert "capital of France" in await line("/open The capital of France?")


async def test_another_model_answers_from_its_command_on(tmp_path: Path) -> None:
    model = FakeModel(says("One."), says("Two."))
    async with chatting(tmp_path, model) as (client, line):
        await line("x")
        assert "  1  fake\n" in await line("/models FAK")
        assert await line("/model 1") == "\nfake answers from now on.\n"
        await line("y")
        assert [request.model for request in model.requests] == ["other", "fake"]
        assert "There is no model “gpt-9”. See /models WORDS." in await line("/model gpt-9")
        (thread,) = (await client.threads.list(ListThreads())).data
        assert (thread.metadata or {})[MODEL] == "fake"


async def test_a_thread_whose_assistant_was_deleted_goes_on_with_the_one_of_the_chat(tmp_path: Path) -> None:
    async with chatting(tmp_path, FakeModel(says("Still here."))) as (client, line):
        thread = await client.threads.create(CreateThread(metadata={"title": "Old", ASSISTANT: "asst_gone"}))
        assert "was deleted" in await line(f"/open {thread.id}")
        assert await line("x") == "\nAssistant > Still here.\n"


async def test_another_assistant_answers_a_message_that_begins_with_its_name(tmp_path: Path) -> None:
    model = FakeModel(says("Mine."), says("Clause 4 is void."), says("Back."))
    async with chatting(tmp_path, model) as (client, line):
        for name in ("Contract", "Contract reader"):
            await client.assistants.create(CreateAssistant(name=name, model=f"model of {name}"))
        assert "\n  @Contract reader\n  @Contract\n" in await line("/assistants")
        await line("The rent is due on Mondays.")
        assert await line("@contract READER, is it void?") == "\nContract reader > Clause 4 is void.\n"
        assert await line("/last") == "\nContract reader > Clause 4 is void.\n"
        assert await line("Thanks") == "\nAssistant > Back.\n"
        assert [one.model for one in model.requests] == ["other", "model of Contract reader", "other"]
        (thread,) = (await client.threads.list(ListThreads())).data
        said = (await client.messages.list(ListMessages(thread_id=thread.id, order="asc"))).data
        addressed = [addressee_in(one.metadata) for one in said if one.role == "user"]
        assert [one and one.name for one in addressed] == [None, "Contract reader", None]
        assert said[2].text == "is it void?"


async def test_a_name_that_is_no_assistants_is_said_and_the_message_is_sent(tmp_path: Path) -> None:
    model = FakeModel(says("Fine."))
    async with chatting(tmp_path, model) as (client, line):
        await client.assistants.create(CreateAssistant(name="Editor", model="m"))
        assert await line("@Editor") == "⚠ Write the message behind “@Editor”.\n"
        assert not model.requests
        told = await line("@Editorial what is this?")
        assert told == (
            "\n… No assistant is called “Editorial”. “/assistants” lists them.\n\nAssistant > Fine.\n"
        )
        assert await line(" @Editor is a name") == "\nAssistant > Fine.\n"
        assert [one.model for one in model.requests] == ["other", "other"]


@pytest.mark.parametrize("text", ["/etc/hosts is what?", " /new", "1/2", "/8 of it"])
async def test_a_slash_that_begins_no_command_is_a_message(tmp_path: Path, text: str) -> None:
    async with chatting(tmp_path, FakeModel(says("Fine."))) as (_client, line):
        assert await line(text) == "\nAssistant > Fine.\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/nwe", "⚠ Unknown command /nwe. “/help” lists them. Put a space first to send it as text.\n"),
        ("/tools are nice", "⚠ Write “/tools on”, “/tools off” or “/tools auto”.\n"),
        ("/open", "⚠ Say which thread: its number in “/threads”, its title or its id.\n"),
        ("/open 7", "⚠ There is no thread “7”. See /threads.\n"),
        ("/title", "⚠ Write the title after “/title”.\n"),
        ("/model", "⚠ Say which model: its number in “/models” or its id.\n"),
        ("/last", "⚠ There is no answer in this thread yet.\n"),
    ],
)
async def test_a_command_that_cannot_be_run_is_said_and_never_sent(
    tmp_path: Path, text: str, told: str
) -> None:
    model = FakeModel()
    async with chatting(tmp_path, model) as (_client, line):
        assert await line(text) == told
    assert not model.requests


async def test_the_help_names_every_command(tmp_path: Path) -> None:
    async with chatting(tmp_path, FakeModel()) as (_client, line):
        told = await line("/help")
    for name in (
        "assistants",
        "help",
        "last",
        "model",
        "models",
        "new",
        "open",
        "threads",
        "title",
        "tools",
        "web",
    ):
        assert f"\n/{name} " in told
