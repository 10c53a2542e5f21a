"""Editing a message, another answer, and the branches of a conversation: the screen over the real engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.tui.startup import Connected
from aimltui.tui.state.branch_marks import END_ID, PREVIOUS
from aimltui.tui.state.entries import GuideEntry, MessageEntry
from aimltui.tui.widgets.transcript import Transcript
from aimltui.wire.messages import ListMessages
from aimltui.wire.threads import FAMILY, ListThreads
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@asynccontextmanager
async def window(data: Path, model: FakeModel, **changes: Any) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        engine = await Engine.open(options(data), FakeModels(model))
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "fake", "fake")

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=None, **changes) as here:
        yield here


def marks(here: Seat) -> dict[str, tuple[int, int]]:
    """The messages of the open thread at which there are several branches, with their marks."""
    messages = [entry for entry in here.entries if isinstance(entry, MessageEntry)]
    return {entry.text: entry.branch for entry in messages if entry.branch is not None}


async def say(here: Seat, text: str, *expected: str) -> None:
    await here.write(text)
    await here.until(lambda: here.texts() == list(expected), f"{expected}, not {here.texts()}")
    await here.idle()


async def test_a_message_is_edited_answered_again_and_every_branch_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "!" >> "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    answers = [says(f"answer {number}") for number in range(1, 6)]
    model = FakeModel(*answers, says("half an", finish="length"), says("answer"))
    async with window(tmp_path, model) as here:
        await say(here, "A", "A", "answer 1")
        await say(here, "B", "A", "answer 1", "B", "answer 2")

        # an edited message begins a branch, and what was in the prompt comes back when the editing ends
        here.screen.prompt.add_text("half a thought")
        here.screen.action_edit_message()
        await here.until(lambda: here.screen.prompt.text == "B")
        assert "editing an earlier message" in here.shown()
        here.screen.prompt.add_text("etter")
        assert here.screen.editing.draft == "half a thought\n\nBetter"
        await here.pilot.press("escape")
        assert here.screen.prompt.text == "half a thought"
        await here.pilot.press("ctrl+z")
        assert here.screen.prompt.text == "Better"
        here.screen.prompt.load_draft("")
        await here.write("/edit")
        await here.until(lambda: here.screen.prompt.text == "B")
        here.screen.prompt.load_draft("B2")
        await here.pilot.press("enter")
        await here.until(lambda: here.texts() == ["A", "answer 1", "B2", "answer 3"])
        await here.idle()
        await here.until(lambda: marks(here) == {"B2": (2, 2)}, "the mark")
        assert "‹ 2/2 ›" in here.shown()
        assert list(here.rows()) == ["A"]

        # the sign leads to the branch before
        edited = here.workspace.current.thread_id
        entry = next(entry for entry in here.entries if isinstance(entry, MessageEntry) and entry.branch)
        here.screen.transcript.post_message(
            Transcript.ChoiceChosen(here.screen.transcript, entry.id, PREVIOUS)
        )
        await here.until(lambda: marks(here) == {"B": (1, 2)}, "the first branch")
        assert here.texts() == ["A", "answer 1", "B", "answer 2"]
        assert [row.id for row in here.rows().values()] == [here.workspace.current.thread_id]

        # another answer, by another model
        await here.write("/retry other")
        await here.until(lambda: "No model or assistant matches" in here.shown())
        await here.until(lambda: here.screen.prompt.text == "/retry other")
        here.screen.prompt.load_draft("")
        await here.write("/retry fake")
        await here.until(lambda: here.texts() == ["A", "answer 1", "B", "answer 4"])
        await here.idle()
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 4": (2, 2)}, "both marks")
        assert here.workspace.current.selection.model == "fake"

        # the keys of a marked message
        async def on_the_last_message(key: str) -> None:
            await here.pilot.press("alt+up")
            await here.until(lambda: here.screen.transcript.block is not None, "a mark")
            await here.pilot.press(key)

        answered = here.workspace.current.thread_id
        await on_the_last_message("g")
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 5": (3, 3)}, "a third answer")
        await here.idle()
        await on_the_last_message("left")
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 4": (2, 3)}, "the second answer")
        assert here.workspace.current.thread_id == answered
        # the mark is on the message in the same place
        await here.until(lambda: here.screen.transcript.block is not None, "a mark")
        await here.pilot.press("right")
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 5": (3, 3)}, "the third answer")
        await here.until(lambda: here.screen.transcript.block is not None, "a mark")
        await here.pilot.press("left")
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 4": (2, 3)}, "the second answer")
        await here.until(lambda: here.screen.transcript.block is not None, "a mark")
        await here.pilot.press("f")
        await here.until(lambda: sorted(here.rows()) == ["A", "A (fork)"], "the fork")
        await here.until(lambda: here.texts() == ["A", "answer 1", "B", "answer 4"], "its messages")
        assert marks(here) == {}
        await on_the_last_message("delete")
        await here.until(lambda: "Delete this message?" in here.shown())
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.texts() == ["A", "answer 1", "B"], "the answer is gone")
        here.screen.go_to(answered)
        await here.until(lambda: marks(here) == {"B": (1, 2), "answer 4": (2, 3)}, "the branch still has it")
        await here.pilot.press("escape")

        # the editor of the user
        await here.pilot.press("alt+up", "alt+up", "E")
        await here.until(lambda: here.screen.prompt.text == "B!", "the text of the editor")
        await here.pilot.press("escape")
        assert here.screen.prompt.is_empty

        # a branch without a message says that the conversation goes on elsewhere
        await here.write("/edit")
        await here.until(lambda: here.screen.prompt.text == "B")
        await here.pilot.press("escape")
        client = here.workspace.client
        listed = (await client.threads.list(ListThreads(order="asc"))).data
        families = [(thread.metadata or {}).get(FAMILY) for thread in listed]
        assert families == [listed[0].id] * 4 + [None]
        (last, *_) = (await client.messages.list(ListMessages(thread_id=edited or "", limit=1))).data
        await client.messages.delete(edited or "", last.id)
        (last, *_) = (await client.messages.list(ListMessages(thread_id=edited or "", limit=1))).data
        await client.messages.delete(edited or "", last.id)
        here.screen.go_to(edited)
        await here.until(lambda: any(entry.id == END_ID for entry in here.entries), "the end of the branch")
        assert isinstance(here.entries[-1], GuideEntry)
        assert "The conversation goes on in another branch." in here.shown()

        # the branches are deleted and restored together
        here.screen.action_delete_thread()
        await here.until(lambda: list(here.rows()) == ["A (fork)"])
        assert len((await client.threads.list(ListThreads())).data) == 1
        here.screen.action_undo_delete()
        await here.until(lambda: sorted(here.rows()) == ["A", "A (fork)"])
        assert len((await client.threads.list(ListThreads())).data) == 5

        here.screen.go_to(families[0])
        await here.until(lambda: "answer 1" in here.texts())
        here.screen.set_focus(here.screen.prompt)
        await here.write("/fork")
        await here.until(
            lambda: here.workspace.current.thread_id not in {None, families[0]}, "the fork is open"
        )
        assert len((await client.threads.list(ListThreads())).data) == 6

        # an answer that was cut off goes on
        await here.write("C")
        await here.until(lambda: here.texts()[-1:] == ["half an"], "an answer that is cut off")
        await here.idle()
        await here.write("/continue")
        await here.until(lambda: here.texts()[-1:] == ["answer"], "its continuation")
        assert [message["role"] for message in model.requests[-1].messages[-2:]] == ["assistant", "user"]
        assert "half an" in str(model.requests[-1].messages[-2]["content"])
        assert "exactly where it was cut off" in str(model.requests[-1].messages[-1]["content"])
        await here.idle()
