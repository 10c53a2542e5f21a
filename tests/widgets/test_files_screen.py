"""The files screen over the real engine: states, adding, taking out, deleting for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.options import EngineOptions
from aimltui.formatting.cells import cut
from aimltui.tui.controllers.file_directory import _row
from aimltui.tui.controllers.recognised_files import question_about
from aimltui.tui.screens.dialogs.choice import ChoiceScreen
from aimltui.tui.screens.dialogs.files import FilesScreen
from aimltui.tui.screens.dialogs.viewer import PictureViewer
from aimltui.tui.startup import Connected, Embeddings, Recognition, RecognitionPlace
from aimltui.tui.state.file_rows import FileGroup, FileRow, FileUse, actions_for
from aimltui.wire.binary import Blob
from aimltui.wire.embeddings import EmbeddingPlace, embedding_place
from aimltui.wire.files import CreateFile, File
from aimltui.wire.messages import AttachmentTool, CreateMessage, MessageAttachment
from aimltui.wire.threads import CreateThread
from aimltui.wire.vector_stores import FileProgress, ListVectorStores, SearchVectorStore, VectorStoreFile
from tests.support.fake_transport import FakeTransport
from tests.support.pdfs import ENCRYPTED
from tests.support.pictures import plot
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def thread_with(client: AssistantsClient, **files: bytes) -> str:
    """A thread with a message that has these files for file search; the name's underscore stands for a dot."""
    thread = await client.threads.create(CreateThread())
    attached = []
    for name, content in files.items():
        blob = Blob(filename=name.replace("_", "."), content=content)
        made = await client.files.create(CreateFile(file=blob, purpose="assistants"))
        attached.append(MessageAttachment(file_id=made.id, tools=[AttachmentTool(type="file_search")]))
    params = CreateMessage(thread_id=thread.id, role="user", content="Look.", attachments=attached)
    await client.messages.create(params)
    return thread.id


class Scanner:
    """Recognises the same two pages in every document."""

    def __init__(self) -> None:
        self.sent: list[tuple[RecognitionPlace, bytes]] = []
        self.go = asyncio.Event()

    def place(self) -> RecognitionPlace:
        return RecognitionPlace("AI/ML API", "api.example")

    async def price(self, place: RecognitionPlace) -> float | None:
        return 0.002

    async def read(self, place: RecognitionPlace, content: bytes) -> Sequence[str]:
        self.sent.append((place, content))
        await self.go.wait()
        return ["The lamp of the lighthouse is green.", "It turns \x1b[31mslowly."]


class Vectors:
    """Offers a model for vectors, and counts how often it is tried."""

    def __init__(self) -> None:
        self.checked: list[EmbeddingPlace] = []

    def place(self) -> EmbeddingPlace:
        return EmbeddingPlace(connection="AI/ML API", host="api.example", model="small")

    async def price(self, place: EmbeddingPlace) -> float | None:
        return 0.02 / 1_000_000

    async def check(self, place: EmbeddingPlace) -> None:
        self.checked.append(place)


@asynccontextmanager
async def window(
    data: Path, recognition: Recognition | None = None, embeddings: Embeddings | None = None
) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        engine = await Engine.open(EngineOptions(data_dir=data), ModelRegistry(endpoint=None, demo_pace=0))
        client = AssistantsClient(EmbeddedTransport(engine))
        return Connected(client, "offline", "demo", recognition=recognition, embeddings=embeddings)

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=None) as here:
        yield here


def listed(here: Seat) -> dict[str, list[str]]:
    screen = here.app.screen
    assert isinstance(screen, FilesScreen)
    return {group.heading: [f"{row.name} {row.about}" for row in group.rows] for group in screen.groups}


async def choose(here: Seat, label: str) -> None:
    """Take an action of the menu, by a part of its label."""
    await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
    for letter in label:
        await here.pilot.press("space" if letter == " " else letter)
    await here.pilot.press("enter")
    await here.until(lambda: isinstance(here.app.screen, FilesScreen))


async def test_files_are_listed_by_what_uses_them_and_deleting_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with window(data) as here:
        client = here.workspace.client
        thread_id = await thread_with(
            client, good_txt=b"The warranty lasts 12 months.", bad_txt=b"\xff\x00\x01"
        )
        await here.workspace.open(thread_id)
        await here.pilot.press("f3")
        await here.until(lambda: isinstance(here.app.screen, FilesScreen))
        here_search = "This thread · file search"
        await here.until(lambda: "1 chunk" in str(listed(here)) and "failed" in str(listed(here)))
        assert sorted(listed(here)[here_search]) == ["bad.txt 3 B · failed", "good.txt 29 B · 1 chunk"]

        # why it failed stands under the list
        await here.pilot.press(*"bad")
        await here.until(lambda: "UTF-8" in here.shown())

        # indexed again, it is read again
        (stored,) = [one for one in (data / "files").rglob("*") if one.is_file() and one.stat().st_size == 3]
        stored.write_bytes(b"Yes")
        await here.pilot.press("ctrl+r")
        await here.until(lambda: "bad.txt 3 B · 1 chunk" in listed(here)[here_search], "it can be read now")
        await here.pilot.press(*["backspace"] * 3, *"good", "enter")
        await choose(here, "assistant file s")
        await here.until(lambda: "Assistant Assistant · file search" in listed(here))
        (assistant,) = await here.workspace.assistants.read()
        assert "file_search" in [tool.type for tool in assistant.tools]

        await here.pilot.press("enter")
        await choose(here, "take it out of this thread")
        await here.until(lambda: "good.txt" not in str(listed(here)[here_search]))

        new = tmp_path / "new.csv"
        new.write_text("a,b\n1,2\n")
        await here.pilot.press(*["backspace"] * 4)
        here.app.screen.query_one("Input").post_message(events.Paste(str(new)))
        await here.until(lambda: "Add the file" in here.shown())
        await here.pilot.press("enter")
        await choose(here, "code in this thread")
        await here.until(lambda: listed(here).get("This thread · code interpreter") == ["new.csv 8 B"])

        # a larger one shows how much of it was sent
        files = here.app.screen
        assert isinstance(files, FilesScreen)
        upload = FileRow("upload:b", "big.pdf", 9_000_000, status="uploading", progress="40 %")
        files.show_upload("b", upload)
        await here.until(lambda: "9.0 MB · being uploaded, 40 %" in here.shown())
        files.show_upload("b", None)
        await here.until(lambda: "Uploads" not in here.shown())

        bytes_before = len(list((data / "files").rglob("*")))
        await here.pilot.press(*"good", "enter")
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"delete", "enter")
        await here.until(lambda: "Delete good.txt for good?" in here.shown())
        await here.alive()
        await here.pilot.press("down", "enter")
        await here.until(lambda: isinstance(here.app.screen, FilesScreen) and "good" not in str(listed(here)))
        assert len(list((data / "files").rglob("*"))) == bytes_before - 1
        await here.pilot.press("escape")


async def test_a_picture_in_the_list_is_shown_as_a_picture(tmp_path: Path) -> None:
    server = FakeTransport()
    server.files = {"file-plot": ("revenue.png", plot(8, 8))}
    async with seat(server, tmp_path) as here:
        await here.pilot.press("f3")
        await here.until(lambda: "revenue.png" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"view", "enter")
        await here.until(lambda: isinstance(here.app.screen, PictureViewer))


async def test_documents_are_sent_away_only_after_a_question(tmp_path: Path) -> None:
    scanner, offered = Scanner(), Vectors()
    async with window(tmp_path / "data", scanner, offered) as here:
        client = here.workspace.client
        thread_id = await thread_with(client, scan_pdf=ENCRYPTED)
        await here.workspace.open(thread_id)
        await here.pilot.press("f3")
        await here.until(lambda: isinstance(here.app.screen, FilesScreen) and "failed" in str(listed(here)))
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"recognise", "enter")
        await here.until(lambda: "Send scan.pdf to AI/ML API?" in here.shown())
        shown = " ".join(here.shown().split())
        assert "sent to api.example" in shown
        assert "$0.0020 for a page" in shown
        # neither a letter nor an enter sends it: no answer is selected
        await here.alive()
        await here.pilot.press("y", "s", "enter")
        assert "Send scan.pdf to AI/ML API?" in here.shown()
        assert scanner.sent == []
        await here.pilot.press("down", "enter")
        # while it is recognised, its row says so in its place, and no longer why it failed
        await here.until(lambda: "its text is being recognised" in here.shown())
        assert "Uploads" not in here.shown()
        await here.until(lambda: "protected with a password" not in here.shown())
        scanner.go.set()
        await here.until(
            lambda: "scan (recognised).md" in str(listed(here)) and "1 chunk" in str(listed(here))
        )
        assert scanner.sent == [(scanner.place(), ENCRYPTED)]
        # the document itself stays, outside of the search
        assert [row.split()[0] for row in listed(here)["Other files"]] == ["scan.pdf"]
        assert "Its text" not in here.shown()
        store = (await client.vector_stores.list(ListVectorStores())).data[0]
        found = await client.vector_stores.search(
            SearchVectorStore(vector_store_id=store.id, query="colour of the lighthouse's lamp")
        )
        text = found.data[0].content[0].text
        assert text == "# Page 1\n\nThe lamp of the lighthouse is green.\n\n# Page 2\n\nIt turns slowly."

        # to search by meaning, too, text leaves the machine: after a question, until it is switched off
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"meaning", "enter")
        await here.until(lambda: "Send the text of these files to AI/ML API?" in here.shown())
        shown = " ".join(here.shown().split())
        assert "sent to api.example" in shown
        assert "$0.0200 for a million tokens" in shown
        await here.alive()
        await here.pilot.press("y", "s", "enter")
        assert offered.checked == []
        await here.pilot.press("down", "enter")
        # this engine computes no vectors
        searched = "This thread · file search · also by meaning, with AI/ML API: 0 of 1 chunk so far"
        await here.until(lambda: searched in listed(here))
        assert offered.checked == [offered.place()]
        metadata = (await client.vector_stores.get(store.id)).metadata
        assert embedding_place(metadata) == offered.place()
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"alone", "enter")
        await here.until(lambda: isinstance(here.app.screen, FilesScreen) and searched not in listed(here))
        assert embedding_place((await client.vector_stores.get(store.id)).metadata) is None


def test_what_leaves_the_machine_and_its_price_stand_in_the_question() -> None:
    place = RecognitionPlace("AI/ML API", "api.example")
    row = FileRow("file-1", "a.pdf", 3_000_000)
    assert "(3.0 MB) leaves this machine" in question_about(row, place, None)
    assert "does not tell the price" in question_about(row, place, None)


@pytest.mark.parametrize(
    ("progress", "about"),
    [
        (None, "1 B · being indexed"),
        (FileProgress(done=3, total=12), "1 B · being read, 25 % (3 of 12)"),
        (FileProgress(done=1_200), "1 B · being read, 1,200 parts"),
        (FileProgress(done=999, total=1_000, stage="indexing"), "1 B · being indexed, 99 %"),
    ],
)
def test_a_row_says_how_far_a_file_is(progress: FileProgress | None, about: str) -> None:
    file = File(id="file-1", filename="a.pdf", bytes=1)
    indexed = VectorStoreFile(id="file-1", progress=progress)
    row = _row("file-1", {"file-1": file}, FileUse("store", "file_search", "vs_1"), indexed)
    assert row.about == about


def test_a_file_is_offered_only_where_it_is_not_yet() -> None:
    use = FileUse("thread", "file_search", "vs_1")
    row = FileRow("file-1", "a.txt", 1, use, "completed", chunks=2)
    groups = [FileGroup("This thread", (row,))]
    ids = [action.id for action in actions_for(row, groups, has_thread=True, assistant="Ann")]
    assert ids == [
        "view",
        "add:thread:code_interpreter",
        "add:assistant:file_search",
        "add:assistant:code_interpreter",
        "again",
        "remove",
        "delete",
    ]
    # told apart in the 35 cells of a narrow panel, too
    name = "An assistant with a rather long name"
    labels = [action.label for action in actions_for(row, [], has_thread=True, assistant=name)]
    assert len({cut(label, 35) for label in labels}) == len(labels)
    free = FileRow("file-2", "b.txt")
    ids = [action.id for action in actions_for(free, groups, has_thread=False, assistant="Ann")]
    assert ids == ["view", "add:assistant:file_search", "add:assistant:code_interpreter", "delete"]
