"""A document is attached, searched and cited; the citation opens the passage. Over the real engine and the demo model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.demo.documents import ABOUT_HANDBOOK, document_answer, handbook, queries_for
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.options import EngineOptions
from aimltui.engine.tools.builtin import builtin
from aimltui.formatting.web_passages import WebPassage, written
from aimltui.tui.screens.dialogs.passage import PassageViewer
from aimltui.tui.startup import Connected
from aimltui.tui.state.entries import MessageEntry, StepEntry
from aimltui.tui.state.passages import PassageText, Span
from aimltui.tui.widgets.document_pane import _wrapped
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import Call, End, Say
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@asynccontextmanager
async def window(data: Path) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        options = EngineOptions(data_dir=data)
        registry = ModelRegistry(endpoint=None, demo_pace=0)
        engine = await Engine.open(options, registry, builtin(options).tools)
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "offline", "demo")

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=None) as here:
        yield here


def quoted(text: PassageText) -> list[str]:
    return [span.text for span in text.spans if span.role == "quote"]


async def test_a_cited_passage_opens_and_its_number_is_the_same_after_a_restart(tmp_path: Path) -> None:
    path = handbook()
    assert path is not None
    data = tmp_path / "data"
    async with window(data) as here:
        here.screen.prompt.post_message(events.Paste(str(path)))
        await here.until(lambda: here.screen.prompt.files)
        await here.write(ABOUT_HANDBOOK[1])
        await here.until(lambda: here.workspace.current.view.runs.latest)
        await here.idle()
        said, step, answer, _ = here.entries
        assert isinstance(said, MessageEntry)
        assert said.attachments[0].tool == "file_search"
        assert isinstance(step, StepEntry)
        assert step.calls[0].queries
        assert step.calls[0].found
        assert isinstance(answer, MessageEntry)
        assert {citation.number for citation in answer.citations} == {1}
        shown = here.shown()
        assert "sources searched" in shown
        assert "[1] handbook.md" in shown
        live = here.entries

        await here.pilot.press("alt+up")
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, PassageViewer))
        viewer = here.app.screen
        assert isinstance(viewer, PassageViewer)
        assert "For kettles that are used in an office or a hotel it lasts 12 months." in quoted(viewer._text)
        # the surroundings come from the file, not from the passage
        assert "# Handbook of the Nordlys 4 kettle" in "".join(span.text for span in viewer._text.spans)
        await here.until(lambda: "it lasts 12 months" in here.shown())
        await here.pilot.press("b")
        await here.pilot.press("escape")
        beside = here.screen.side_document()
        assert not beside.display, "there is no room for it"

        # on a wide terminal the document stands beside the thread, and follows what is opened
        await here.pilot.resize_terminal(180, 40)
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, PassageViewer) and "Beside" in here.shown())
        await here.alive()
        await here.pilot.press("b")
        await here.until(lambda: beside.display and "Close the document" in here.shown())
        await here.until(lambda: "## 1. Before the first use" in here.shown())
        source = replace(step.calls[0].found[0], index=1)
        other = PassageText((Span("One of many lines.\n" * 200, "around"), Span("Somewhere else.", "quote")))
        assert beside.follows(source)
        beside.show(here.workspace.current.thread_id, source, "b.txt", other, "It has changed.")
        await here.until(lambda: "Somewhere else." in here.shown() and "It has changed." in here.shown())
        assert not beside.follows(source), "it is shown larger"
        await here.pilot.resize_terminal(120, 40)
        await here.until(lambda: not beside.display)
        await here.pilot.resize_terminal(180, 40)
        await here.until(lambda: beside.display)
        await here.pilot.press("escape")
        await here.until(lambda: not beside.display)
        assert not beside.follows(source)
        await here.pilot.resize_terminal(120, 40)

        # the file is deleted for good: what was found is in the step
        (file_id,) = {citation.file_id for citation in answer.citations}
        await here.workspace.client.files.delete(file_id)
    async with window(data) as here:
        await here.until(lambda: here.entries == live, "the same entries")
        await here.pilot.press("alt+up")
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, PassageViewer))
        viewer = here.app.screen
        assert isinstance(viewer, PassageViewer)
        assert "no longer in this thread's files" in viewer._note
        assert "For kettles that are used in an office or a hotel it lasts 12 months." in quoted(viewer._text)


def test_the_demo_quotes_what_fits_the_question_and_says_so_if_nothing_does() -> None:
    found = (
        "【0:0†source】 a.md › lines 1–9\nThe warranty lasts 36 months.\n\nIt covers faults of material.\n\n"
        "【0:1†source】 b.md\nThe office opens at nine.\n\nWrite the mark of a passage."
    )
    answer = document_answer("What does the warranty cover?", found)
    assert "“It covers faults of material.” 【0:0†source】" in answer
    assert "office" not in answer
    assert "no passage fits" in document_answer("Where is Oslo?", found)
    assert queries_for("How long is it? [attached: a.md]") == ["How long is it?", "long"]


@pytest.mark.parametrize("width", [8, 20, 33, 100])
def test_a_document_is_wrapped_without_losing_a_character(width: int) -> None:
    text = (
        "One short line\n\n" + "words and more words " * 9 + "\n" + "x" * 70 + "\n" + "漢字かな" * 20 + "\n"
    )
    rows = [text[row.start : row.end] for row in _wrapped(text, width)]
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(len(row) <= width for row in rows)


async def test_a_cited_page_shows_its_passage_and_opens_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    async def browsed(url: str) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr("aimltui.tui.storage.saving.browsed", browsed)
    address = "https://a.example/terms"
    output = written(
        "The page.", 1, [WebPassage(address, "Terms", text) for text in ("Hello.", "It lasts 12 months.")]
    )
    server = FakeTransport()
    server.scripts = [
        (Call("fetch_page", (f'{{"url": "{address}"}}',), output), Say(("A year 【w1:2】.",)), End())
    ]
    async with seat(server, tmp_path / "drafts") as here:
        await here.write("How long?")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()
        assert "A year [1]." in here.shown()
        assert "[1] Terms · a.example" in here.shown()
        assert "Terms, 2 passages" in here.shown()
        await here.pilot.press("alt+up", "enter")
        await here.until(lambda: isinstance(here.app.screen, PassageViewer))
        viewer = here.app.screen
        assert isinstance(viewer, PassageViewer)
        assert viewer._text.passage == "It lasts 12 months."
        assert "Hello." in "".join(span.text for span in viewer._text.spans)
        await here.until(lambda: f"{address} · Terms" in here.shown())
        await here.pilot.press("s")
        assert here.app.screen is viewer
        assert opened == []
        await here.pilot.press("o")
        await here.until(lambda: opened == [address])
        await here.until(lambda: any("was copied" in note.message for note in here.app._notifications))
