"""The model's context on purpose, over the real engine: summaries that stand for messages."""

from __future__ import annotations

from pathlib import Path

from aimltui.engine.models.base import ModelError, ModelInfo
from aimltui.local_tools.memory import Memory
from aimltui.tui.screens.dialogs.summary import SummaryScreen
from aimltui.tui.state.entries import MessageEntry
from aimltui.wire.messages import CreateMessage
from aimltui.wire.threads import ListThreads
from tests.support.fake_model import calls, says
from tests.widgets.test_function_calls import Desk, desk, no_mistakes

__all__ = ["no_mistakes"]


def messages(at: Desk) -> list[MessageEntry]:
    entries = at.here.workspace.current.view.entries
    return [entry for entry in entries if isinstance(entry, MessageEntry)]


async def test_a_summary_is_shown_used_and_taken_back(tmp_path: Path) -> None:
    turns = (says("Blue."), says("Colour", " is blue."), says("Yes, blue."), says("In short."))
    async with desk(tmp_path, *turns) as at:
        await at.here.write("My colour is blue.")
        await at.here.until(lambda: "Blue." in at.here.texts())
        await at.here.idle()
        await at.here.write("/compact the colour")
        await at.here.until(lambda: "enter Use it" in at.here.shown())
        assert isinstance(at.here.app.screen, SummaryScreen)
        assert "It stands for 2 messages" in at.here.shown()
        asked = at.model.requests[1].messages
        assert "User: My colour is blue.\n\nAssistant: Blue." in asked[-1]["content"]
        assert asked[-1]["content"].endswith("What matters most: the colour")
        assert at.model.requests[1].tools == []
        await at.here.pilot.press("enter")
        await at.here.until(lambda: "the model gets it instead of what is above" in at.here.shown())
        assert [(m.author, m.is_summary, m.is_replaced) for m in messages(at)] == [
            ("You", False, True),
            ("Assistant", False, True),
            ("Summary", True, False),
        ]
        # the thread of the question is gone, and was in no list
        assert len((await at.here.workspace.client.threads.list(ListThreads())).data) == 1
        await at.here.write("Which one?")
        await at.here.until(lambda: "Yes, blue." in at.here.texts())
        (told,) = [m for m in at.model.requests[2].messages if m["role"] == "user"]
        assert "Colour is blue." in told["content"]
        assert told["content"].endswith("Which one?")
        assert "My colour" not in told["content"]
        await at.here.idle()

        await at.here.write("/compact undo")
        await at.here.until(lambda: not any(m.is_summary or m.is_replaced for m in messages(at)))
        texts = ["My colour is blue.", "Blue.", "Which one?", "Yes, blue."]
        assert [m.text for m in messages(at)] == texts
        await at.here.write("/compact undo")
        notes = at.here.app._notifications
        await at.here.until(lambda: any("has no summary" in note.message for note in notes))

        # what is pinned is neither summarized nor pale, and said to be so
        await at.press(*["alt+up"] * 8)
        await at.press("p")
        await at.here.until(lambda: "You  ★ pinned" in at.here.shown())
        assert [m.is_pinned for m in messages(at)] == [True, False, False, False]
        await at.here.pilot.press("escape")
        await at.here.write("/compact")
        await at.here.until(lambda: "It stands for 3 messages" in at.here.shown())
        await at.here.until(lambda: "enter Use it" in at.here.shown())
        assert "My colour" not in str(at.model.requests[-1].messages)
        await at.here.pilot.press("enter")
        await at.here.until(lambda: [m.is_replaced for m in messages(at)] == [False, True, True, True, False])
        await at.press(*["alt+up"] * 8)
        await at.press("p")
        await at.here.until(lambda: "The summary below may lack it" in at.here.shown())
        await at.here.until(lambda: [m.is_replaced for m in messages(at)] == [True, True, True, True, False])
        await at.here.pilot.press("escape")
        # nothing is remembered until the user switches it on
        await at.here.write("/remember I live in Oslo.")
        await at.here.until(lambda: any("switch Memory on" in note.message for note in notes))
        await at.here.until(lambda: at.here.screen.prompt.text == "/remember I live in Oslo.")


async def test_a_summary_that_fails_or_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    fails = ModelError("The server is on fire.", remedy="Call somebody.")
    async with desk(tmp_path, says("Blue."), [fails], says("Colour.")) as at:
        await at.here.write("My colour is blue.")
        await at.here.idle()
        await at.here.write("/compact")
        await at.here.until(lambda: "The server is on fire." in at.here.shown())
        await at.here.pilot.press("enter")
        assert isinstance(at.here.app.screen, SummaryScreen)
        await at.here.pilot.press("escape")
        await at.here.write("/compact")
        await at.here.until(lambda: "enter Use it" in at.here.shown())
        client, thread_id = at.here.workspace.client, at.here.workspace.current.thread_id or ""
        await client.messages.create(CreateMessage(thread_id=thread_id, role="user", content="Wait."))
        await at.here.pilot.press("enter")
        notes = at.here.app._notifications
        await at.here.until(lambda: any("was not saved" in note.message for note in notes))
        assert not any(m.is_summary for m in messages(at))
        assert at.here.app.clipboard == "Colour."


async def test_a_thread_is_summarized_by_itself_only_where_the_settings_say_so_and_until_it_is_undone(
    tmp_path: Path,
) -> None:
    info = ModelInfo("fake", context_length=100)
    turns = (says("Blue."), says("Colour."), says("Yes."))
    async with desk(tmp_path, *turns, info=info, compact_at=10) as at:
        await at.here.write("My colour is blue.")
        notes = at.here.app._notifications
        await at.here.until(lambda: any("10 % full, so 2 messages" in note.message for note in notes))
        await at.here.until(lambda: [m.is_replaced for m in messages(at)] == [True, True, False])
        await at.here.write("/compact undo")
        await at.here.until(lambda: not any(m.is_summary for m in messages(at)))
        await at.here.write("And now?")
        await at.here.until(lambda: "Yes." in at.here.texts())
        await at.here.idle()
        assert len(at.model.requests) == 3
        assert not any(m.is_summary for m in messages(at))

        # the meter names the parts
        line = at.here.screen.status
        assert line.status.context == "ctx\xa010\xa0%"
        place = line.render().plain.index("ctx")
        await at.here.pilot.click(line, offset=(place - 3, 0))
        assert at.here.app.screen is at.here.screen
        await at.here.pilot.click(line, offset=(place + 1, 0))
        await at.here.until(lambda: "of the context of 100" in at.here.shown())
        await at.here.pilot.press("escape")
        await at.here.until(lambda: at.here.app.screen is at.here.screen)
        await at.here.write("/context")
        await at.here.until(lambda: "of the context of 100" in at.here.shown())
        assert "tools " in at.here.shown()


async def test_notes_go_with_the_next_run_and_a_proposal_is_a_card(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    proposal = calls(("remember", '{"note": "Likes tea."}'))
    async with desk(tmp_path, proposal, says("Noted."), says("Tea."), memory=memory) as at:
        await at.here.write("/remember all I live in Oslo.")
        await at.here.until(lambda: (tmp_path / "memory" / "everyone.md").exists())
        await at.here.write("Hi")
        await at.asked()
        assert "Oslo" in at.model.requests[0].messages[0]["content"]
        assert "Likes tea." in at.here.shown()
        assert "Always" not in at.here.shown()
        assert not (tmp_path / "memory" / "assistant.md").exists()
        await at.answer("o", "enter")
        await at.here.until(lambda: "Noted." in at.here.texts())
        await at.here.idle()
        await at.here.write("What do I like?")
        await at.here.until(lambda: "Tea." in at.here.texts())
        assert "- Likes tea." in at.model.requests[-1].messages[0]["content"]
