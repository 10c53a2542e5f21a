"""Attaching files to a message: chips over the prompt, the list after an `@`, uploads that fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events

from aimltui.client.client import AssistantsClient
from aimltui.engine.files.web_page import WebPage, WebPageError
from aimltui.tui.startup import Connected
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import with_files
from aimltui.tui.state.entries import MessageEntry
from aimltui.wire.assistants import CreateAssistant
from tests.support.fake_transport import FakeTransport, refused
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "report.txt").write_text("The warranty lasts 12 months.")
    (folder / "sales.csv").write_text("month,sold\n1,2\n")
    monkeypatch.chdir(folder)
    return folder


def drop(here: Seat, path: Path) -> None:
    """Drop a file on the terminal, which pastes its path."""
    here.screen.prompt.post_message(events.Paste(f"'{path}' "))


def goals(here: Seat) -> dict[str, str]:
    return {file.name: file.goal for file in here.screen.prompt.files}


async def test_a_dropped_file_becomes_a_chip_and_goes_with_the_message(folder: Path, tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path / "drafts") as here:
        drop(here, folder / "report.txt")
        await here.until(lambda: here.screen.prompt.files)
        assert "report.txt 29 B → file search" in here.shown()
        drop(here, folder / "report.txt")
        await here.until(lambda: "report.txt" in here.screen.prompt.text, "the path as text")
        here.screen.prompt.load_draft(here.screen.prompt.draft.replace(here.screen.prompt.text, ""))

        await here.pilot.press("enter")
        await here.until(lambda: "Write what you want to know" in here.shown())
        await here.pilot.press("backspace")
        assert here.app.focused is here.screen.attached.mounted
        assert "Where it goes" in here.shown()
        await here.pilot.press("up")
        assert goals(here) == {"report.txt": "code_interpreter"}
        await here.pilot.press("down")
        await here.until(lambda: "→ file search" in here.shown())
        # letters are typed into the prompt from here, too
        await here.pilot.press("H")
        await here.write("ow long?")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()

        assert not here.screen.prompt.files
        ((file_id, (name, content)),) = server.files.items()
        assert (name, content) == ("report.txt", b"The warranty lasts 12 months.")
        (message,) = server.asked("create_message")
        assert message.content == "How long?"
        assert [(file.file_id, [tool.type for tool in file.tools]) for file in message.attachments] == [
            (file_id, ["file_search"])
        ]
        (run,) = server.asked("create_run")
        assert [tool.type for tool in run.tools] == ["file_search"]
        said = here.entries[0]
        assert isinstance(said, MessageEntry)
        assert [(file.file_id, file.tool) for file in said.attachments] == [(file_id, "file_search")]


async def test_a_failed_upload_gives_back_the_text_and_the_files_also_after_a_restart(
    folder: Path, tmp_path: Path
) -> None:
    server = FakeTransport()
    server.failures["create_file"] = [refused("The disk is full.", 500)]
    async with seat(server, tmp_path / "drafts") as here:
        drop(here, folder / "report.txt")
        await here.until(lambda: here.screen.prompt.files)
        await here.write("How long?")
        await here.until(lambda: "report.txt could not be uploaded. The disk is full." in here.shown())
        await here.idle()
        assert here.screen.prompt.text == "How long?"
        assert goals(here) == {"report.txt": "file_search"}
        (folder / "report.txt").unlink()
        await here.pilot.press("enter")
        await here.until(lambda: "It can no longer be read" in here.shown())
        await here.idle()
        assert server.asked("create_message") == []
    (folder / "report.txt").write_text("Found again.")
    async with seat(server, tmp_path / "drafts") as here:
        await here.until(lambda: here.screen.prompt.text == "How long?")
        assert goals(here) == {"report.txt": "file_search"}
        await here.pilot.press("enter")
        await here.until(lambda: server.asked("create_message"))
        await here.idle()
        assert [content for _, content in server.files.values()] == [b"Found again."]


async def test_an_at_attaches_only_what_is_chosen_from_the_list(folder: Path, tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path / "drafts") as here:
        mentions = here.screen.mentions()
        here.screen.prompt.add_text("Look at @sal")
        await here.until(lambda: mentions.is_open)
        assert "sales.csv" in here.shown()
        await here.pilot.press("escape")
        await here.pilot.press("e")
        await here.pilot.pause()
        assert not mentions.is_open
        here.screen.prompt.add_text("s@home @repo")
        await here.until(lambda: mentions.is_open)
        await here.pilot.press("enter")
        await here.until(lambda: goals(here) == {"report.txt": "file_search"})
        assert here.screen.prompt.text == "Look at @sales@home "
        assert not mentions.is_open
        await here.pilot.press("enter")
        await here.until(lambda: server.asked("create_message"))
        assert server.asked("create_message")[0].content == "Look at @sales@home "
        await here.idle()


async def test_a_file_that_is_too_large_is_refused_with_the_limit(folder: Path, tmp_path: Path) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(600 * 1024 * 1024)
    async with seat(FakeTransport(), tmp_path / "drafts") as here:
        here.screen.action_attach("huge.txt")
        await here.until(
            lambda: any(
                "the limit for one file is 512 MB" in note.message for note in here.app._notifications
            )
        )
        assert not here.screen.prompt.files


async def test_a_picture_goes_to_the_model_and_data_to_the_code_interpreter(
    folder: Path, tmp_path: Path
) -> None:
    server = FakeTransport()
    (folder / "plot.png").write_bytes(b"\x89PNG")
    async with seat(server, tmp_path / "drafts") as here:
        here.screen.prompt.post_message(events.Paste(f"{folder}/plot.png\n{folder}/sales.csv"))
        await here.until(lambda: goals(here) == {"plot.png": "picture", "sales.csv": "code_interpreter"})
        await here.write("What do they show?")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()
    ids = {name: file_id for file_id, (name, _) in server.files.items()}
    (message,) = server.asked("create_message")
    # as it is sent to a server
    assert message.given()["content"] == [
        {"type": "text", "text": "What do they show?"},
        {"type": "image_file", "image_file": {"file_id": ids["plot.png"]}},
    ]
    assert message.given()["attachments"] == [
        {"file_id": ids["sales.csv"], "tools": [{"type": "code_interpreter"}]}
    ]
    (run,) = server.asked("create_run")
    assert run.given()["tools"] == [{"type": "code_interpreter"}]


async def test_a_web_page_is_read_shown_and_sent_as_a_document(folder: Path, tmp_path: Path) -> None:
    server = FakeTransport()

    async def read(url: str) -> WebPage:
        if "intern" in url:
            raise WebPageError("intern.example is an address of this machine or its network.")
        return WebPage(f"{url}/terms", "Terms / of use", "Terms / of use\nThe warranty lasts 12 months.")

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", "demo", read_page=read)

    async with seat(server, tmp_path / "drafts", connect=connect) as here:
        mentions = here.screen.mentions()
        here.screen.prompt.add_text("@https://intern.example")
        await here.until(lambda: mentions.is_open)
        await here.pilot.press("enter")
        await here.until(lambda: any("was not attached" in note.message for note in here.app._notifications))
        assert here.screen.prompt.text == "https://intern.example"
        here.screen.prompt.load_draft("@https://www.a.example")
        await here.until(lambda: mentions.is_open)
        await here.pilot.press("enter")
        await here.until(lambda: goals(here) == {"Terms of use (a.example).txt": "file_search"})

        # a page that is read once more takes the place of the first reading, whose file goes
        (first,) = here.screen.prompt.files
        here.screen.prompt.add_text("@https://www.a.example")
        await here.until(lambda: mentions.is_open)
        await here.pilot.press("enter")
        await here.until(lambda: [file.path for file in here.screen.prompt.files] != [first.path])
        await here.until(lambda: not Path(first.path).exists())
        (again,) = here.screen.prompt.files
        assert list((tmp_path / "drafts" / "pages").iterdir()) == [Path(again.path)]

        # what was read can be seen before it is sent
        await here.pilot.press("backspace", "enter")
        await here.until(lambda: "https://www.a.example/terms" in here.shown())
        assert "The warranty lasts 12 months." in here.shown()
        await here.pilot.press("escape", "right")
        await here.write("How long?")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()
        ((name, content),) = server.files.values()
        assert name == "Terms of use (a.example).txt"
        assert (
            content.decode()
            == "https://www.a.example/terms\n\nTerms / of use\nThe warranty lasts 12 months.\n"
        )
        assert list((tmp_path / "drafts" / "pages").iterdir()) == []


async def test_another_assistant_answers_one_message(folder: Path, tmp_path: Path) -> None:
    server = FakeTransport()
    reader = server._create_assistant(CreateAssistant(model="gpt-9", name="Contract reader"))
    server._create_assistant(CreateAssistant(model="gpt-9", name="契約 [b]リーダー"))
    server.scripts = [(Say(("Wait.",)), Hold(), End()), (Say(("It is fine.",)), End())]

    def authors() -> list[str]:
        return [entry.author for entry in here.entries if isinstance(entry, MessageEntry)]

    async with seat(server, tmp_path / "drafts") as here:
        mentions, prompt = here.screen.mentions(), here.screen.prompt
        await here.write("Hello")
        await here.until(server.held.is_set)
        # an @ that is not chosen from the list is text
        prompt.add_text("@")
        await here.until(lambda: mentions.is_open and "@契約 [b]リーダー" in here.shown())
        assert "Assistants" in here.shown()
        prompt.add_text("Contract r")
        await here.until(lambda: mentions.cursor_row is not None and "Contract" in mentions.cursor_row.label)
        await here.pilot.press("enter")
        await here.until(lambda: prompt.to == Addressee(reader.id, "Contract reader"))
        assert prompt.text == ""
        await here.until(lambda: "@Contract reader answers" in here.shown())
        assert "Message Contract reader" in here.shown()
        # the message waits for the run, and keeps its assistant
        await here.write("Check this")
        await here.until(lambda: "queued → Contract reader" in here.shown())
        assert prompt.to is None
        server.let_go()
        await here.until(lambda: "It is fine." in here.texts())
        await here.idle()
        assert authors() == ["You", "Assistant", "You", "Contract reader"]
        assert "You → Contract reader" in here.shown()
        own, other = server.asked("create_run")
        assert (other.assistant_id, other.model) == (reader.id, "gpt-9")
        # a retry goes to the same assistant, the next message to the thread's
        here.screen.send_again()
        await here.until(lambda: len(server.asked("create_run")) == 3)
        await here.idle()
        here.screen.send_again(as_addressed=False)
        await here.until(lambda: len(server.asked("create_run")) == 4)
        await here.idle()
        await here.write("And now?")
        await here.until(lambda: len(server.asked("create_run")) == 5)
        await here.idle()
        assert [run.assistant_id for run in server.asked("create_run")] == [
            own.assistant_id,
            reader.id,
            reader.id,
            own.assistant_id,
            own.assistant_id,
        ]
        # who wants to attach a file is offered files alone
        here.screen.action_attach()
        await here.until(lambda: mentions.is_open)
        assert "report.txt" in here.shown()
        assert "@Contract reader" not in here.shown()
        prompt.load_draft("")
        # what is written in the middle of a text addresses nobody; backspace at the start takes the chip off
        prompt.add_text("mail me @Contract")
        await here.pilot.pause()
        assert not mentions.is_open
        prompt.load_draft(with_files("", [], Addressee(reader.id, "Contract reader")))
        await here.until(lambda: "@Contract reader answers" in here.shown())
        await here.pilot.press("backspace", "backspace")
        await here.until(lambda: prompt.to is None and here.app.focused is prompt)
        # a message to an assistant that was deleted comes back
        prompt.load_draft(with_files("Check", [], Addressee("asst_gone", "Old one")))
        await here.pilot.press("enter")
        await here.until(lambda: "The assistant no longer exists" in here.shown())
        assert (prompt.text, prompt.to) == ("Check", Addressee("asst_gone", "Old one"))


async def test_of_more_files_than_there_is_room_for_the_last_and_the_marked_one_are_shown(
    folder: Path, tmp_path: Path
) -> None:
    paths = [folder / f"a file with a rather long name, number {number}.txt" for number in range(8)]
    for path in paths:
        path.write_text("x")
    async with seat(FakeTransport(), tmp_path / "drafts", size=(80, 24)) as here:
        for count, path in enumerate(paths, 1):
            drop(here, path)
            await here.until(lambda count=count: len(here.screen.prompt.files) == count)
        await here.until(lambda: "8 attached · 5 above · backspace edits" in here.shown())
        told = [line.strip(" ▤").split(" 1 B")[0] for line in here.shown().split("\n") if "a file" in line]
        assert told == [f"a file with a…number {number}.txt" for number in (5, 6, 7)]
        await here.pilot.press("backspace")
        await here.until(lambda: here.app.focused is here.screen.attached.mounted)
        await here.pilot.press(*["left"] * 7)
        await here.until(lambda: "8 attached · 5 below" in here.shown())
        assert here.screen.attached().marked == here.screen.prompt.files[0]
        await here.pilot.click(here.screen.attached(), offset=(5, 2))
        assert here.screen.attached().marked == here.screen.prompt.files[1]
