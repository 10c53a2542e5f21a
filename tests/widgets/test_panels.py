"""What the keys do on a marked panel or file, in the whole program."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widgets import Static

from aimltui.client.client import AssistantsClient
from aimltui.tui.pictures.terminal import TerminalPictures
from aimltui.tui.screens.dialogs.viewer import PictureViewer, TextViewer
from aimltui.tui.startup import Connected, Ran
from aimltui.tui.storage import saving
from tests.support.fake_transport import FakeTransport
from tests.support.pictures import plot
from tests.support.run_scenes import Code, End, Give, Say
from tests.support.screen import Seat, seat

CODE = Code(("x = 1\n", "print(x)\n"), "\x1b[32m1\x1b[0m\n")
LINK = "sandbox:/mnt/data/t.csv"
FILES = (
    Code(("plot()",), "ok\n"),
    Give(f"[Here]({LINK}).", ((LINK, "file-t"),), "file-p", ("file-x",)),
    End(),
)


@pytest.fixture
def server() -> FakeTransport:
    made = FakeTransport()
    made.files = {
        "file-t": ("t.csv", b"a,b\n1,2\n"),
        "file-p": ("plot.png", plot(64, 36)),
        "file-x": ("run.sh", b"\x00\x01"),
    }
    return made


@pytest.fixture(autouse=True)
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / "Downloads").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    return home / "Downloads"


async def ask(here: Seat, *script: object) -> None:
    here.server.scripts = [list(script)]  # type: ignore[list-item]
    await here.write("Do it.")
    await here.idle()
    here.screen.set_focus(here.screen.transcript)


def said(here: Seat) -> str:
    """The remarks that are on the screen; there they may be folded."""
    return "\n".join(note.message for note in here.app._notifications)


async def mark_panel(here: Seat) -> None:
    while not here.marked_call:
        await here.pilot.press("alt+up")


async def mark_file(here: Seat, file_id: str) -> None:
    await here.until(lambda: "t.csv 8 B" in here.shown())
    for key in ["alt+down"] * 8 + ["alt+up"] * 8:
        if here.marked_file == file_id:
            return
        await here.pilot.press(key)
    raise AssertionError(here.shown())


async def test_c_copies_the_code_and_big_c_the_output_and_other_letters_are_typed(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await ask(here, CODE, Say(("One.",)), End())
        await mark_panel(here)
        await here.until(lambda: "c Copy" in here.shown())
        assert "r Run" not in here.shown()
        await here.pilot.press("c")
        assert here.app.clipboard == "x = 1\nprint(x)"
        await here.pilot.press("C")
        assert here.app.clipboard == "1"
        await here.pilot.press("r", "s", "c")
        assert here.screen.prompt.draft == "rsc"


async def test_s_saves_the_code_and_asks_before_it_replaces_a_file(
    server: FakeTransport, tmp_path: Path, downloads: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await ask(here, CODE, Say(("One.",)), End())
        await mark_panel(here)
        await here.pilot.press("s")
        await here.until(lambda: "~/Downloads/step-1.py" in here.shown())
        await here.alive()
        (downloads / "step-1.py").write_text("mine")
        await here.pilot.press("enter")
        await here.until(
            lambda: "already exists. Press enter again to replace it" in " ".join(here.shown().split())
        )
        assert (downloads / "step-1.py").read_text() == "mine"
        await here.pilot.press("enter")
        await here.until(lambda: here.app.screen is here.screen and here.screen.transcript.mark)
        assert (downloads / "step-1.py").read_text() == "x = 1\nprint(x)\n"
        await here.pilot.press("s")
        await here.until(lambda: "~/Downloads/step-1-2.py" in here.shown())


async def test_r_asks_runs_the_code_in_the_thread_and_shows_what_came(
    server: FakeTransport, tmp_path: Path
) -> None:
    asked: list[tuple[str, str]] = []
    go_on = asyncio.Event()

    async def run_code(thread_id: str, code: str) -> Ran:
        asked.append((thread_id, code))
        await go_on.wait()
        return Ran("again: 1\n", True, 0.25)

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", "demo", run_code=run_code)

    async with seat(server, tmp_path, connect=connect) as here:
        await ask(here, CODE, Say(("One.",)), End())
        await mark_panel(here)
        await here.pilot.press("r")
        await here.until(lambda: "Run this code again?" in here.shown())
        await here.alive()
        await here.pilot.press("escape", "r")
        await here.until(lambda: "Run this code again?" in here.shown())
        await here.alive()
        await here.pilot.press("enter", "r", "y", "space")
        assert asked == [], "no answer is selected at first"
        await here.pilot.press("down", "enter")
        await here.until(lambda: "esc stops it" in here.shown())
        go_on.set()
        await here.until(lambda: "again: 1" in here.shown())
        assert asked == [(here.workspace.current.thread_id, "x = 1\nprint(x)\n")]
        go_on.clear()
        await here.pilot.press("r")
        await here.until(lambda: "Run this code again?" in here.shown())
        await here.alive()
        await here.pilot.press("down", "enter")
        await here.until(lambda: "esc stops it" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: "It was stopped." in here.shown())


async def test_files_have_names_and_enter_looks_at_them(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await ask(here, *FILES)
        await mark_file(here, "file-x")
        await here.pilot.press("enter")
        await here.until(lambda: "neither a text nor a picture" in said(here))
        await mark_file(here, "file-t")
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, TextViewer))
        await here.alive()
        assert "1,2" in here.shown()
        await here.pilot.press("escape")
        written: list[str] = []
        terminal = TerminalPictures(written.append, lambda: None, lambda: True, first=0x123400)
        here.app.terminal_pictures = terminal
        terminal.ask()
        for answer in ("\x1bP>|kitty(0.26.5)\x1b\\", "\x1b[6;20;10t", "\x1b[?62c", "\x1b_Gi=31;OK\x1b\\"):
            terminal.take(answer)
        here.screen.transcript.pictures = "off"
        written.clear()
        await mark_file(here, "file-p")
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, PictureViewer))
        assert "plot.png · 64×36" in here.shown()
        assert len(server.asked("get_file")) == 3
        drawn = "H\x1b_Ga=T,q=2,f=100,t=d,i=119296%d,c=6,r=2,C=1,"
        gone = "\x1b_Ga=d,d=I,i=119296%d,q=2\x1b\\"
        await here.until(lambda: len(written) == 1, "the picture, sent behind the frame")
        assert drawn % 1 in written[0]
        await here.alive()
        await here.pilot.press("f1")
        await here.until(
            lambda: written[1:] == [gone % 1], "the picture to be taken away from under the help"
        )
        await here.pilot.press("escape")
        await here.until(lambda: len(written) == 3 and drawn % 2 in written[2], "the picture again")
        await here.alive()
        here.app.app_resume_signal.publish(here.app)
        await here.until(
            lambda: len(written) == 5 and drawn % 3 in written[4], "the picture after another program"
        )
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: written[5:] == [gone % 3], "the picture to be taken away with the viewer")
        here.app.terminal_pictures = sixels = TerminalPictures(written.append, lambda: None, lambda: True)
        sixels.ask()
        for answer in ("\x1b[6;20;10t", "\x1b[?62;4c"):
            sixels.take(answer)
        written.clear()
        await here.pilot.press("enter")
        await here.until(lambda: any("\x1bP0;1;0q" in text for text in written), "the picture as a sixel")
        viewer = here.app.screen
        assert isinstance(viewer, PictureViewer)
        await here.pilot.pause()
        written.clear()
        # a frame that paints the lines of the last one once more has erased what was sent behind that
        viewer.view.render_lines(Region(0, 0, *viewer.view.size))
        await here.until(lambda: any("\x1bP0;1;0q" in text for text in written), "the picture once more")
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        here.app.terminal_pictures = covering = TerminalPictures(
            written.append, lambda: None, lambda: True, first=0x10
        )
        covering.ask()
        for answer in ("\x1bP>|kitty(0.26.5)\x1b\\", "\x1b[6;20;10t", "\x1b[?62c", "\x1b_Gi=31;OK\x1b\\"):
            covering.take(answer)
        written.clear()
        here.screen.transcript.pictures = "auto"
        await here.until(lambda: len(written) == 1, "the picture over its half blocks once the thread rests")
        assert "H\x1b_Ga=T,q=2,f=100,t=d,i=17,c=6,r=2,C=1," in written[0]
        await here.pilot.press("f1")
        await here.until(lambda: written[1:] == ["\x1b_Ga=d,d=I,i=17,q=2\x1b\\"], "nothing over the help")
        await here.pilot.press("escape")
        await here.until(lambda: len(written) == 3 and "i=18," in written[2], "the picture again")
        cover = Static("A message over all.", id="cover")
        cover.styles.overlay, cover.styles.width, cover.styles.height = "screen", 120, 40
        await here.screen.mount(cover, before=0)
        await here.until(lambda: "i=18," in written[-1] and "a=d" in written[-1], "nothing over the message")
        shown = Region(*here.screen.transcript.content_region.offset, 9, 2)
        assert here.screen.is_covered(here.screen.transcript, shown)
        await cover.remove()
        await here.until(lambda: "i=19," in written[-1] and "a=T" in written[-1], "the picture once more")
        assert not here.screen.is_covered(here.screen.transcript, shown)
        here.screen.transcript.pictures = "blocks"
        await here.until(lambda: "i=19," in written[-1] and "a=d" in written[-1], "half blocks")
        here.screen.transcript.pictures = "auto"
        here.app.terminal_pictures = placing = TerminalPictures(written.append, lambda: None, lambda: True)
        placing.ask()
        for answer in ("\x1bP>|kitty(0.40.0)\x1b\\", "\x1b[6;20;10t", "\x1b[?62c", "\x1b_Gi=31;OK\x1b\\"):
            placing.take(answer)
        written.clear()
        here.app.pictures_signal.publish(None)
        await here.until(lambda: any("U=1" in text for text in written), "the picture in the thread")
        await here.alive()
        written.clear()
        here.app.app_resume_signal.publish(here.app)
        await here.until(lambda: any("U=1" in text for text in written), "the picture after another program")
        assert written[0].startswith("\x1b_Ga=d,d=I,")


async def test_files_are_saved_and_only_documents_open_without_a_question(
    server: FakeTransport, tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    async def open_file(program: str, path: Path) -> None:
        opened.append(path)

    monkeypatch.setattr(saving, "opener", lambda: "opener")
    monkeypatch.setattr(saving, "open_file", open_file)
    async with seat(server, tmp_path) as here:
        await ask(here, *FILES)
        await mark_file(here, "file-t")
        await here.pilot.press("s")
        await here.until(lambda: "Save t.csv" in here.shown())
        await here.alive()
        await here.pilot.press("enter")
        await here.until(lambda: (downloads / "t.csv").exists())
        await here.until(lambda: here.app.screen is here.screen and here.screen.transcript.mark)
        await here.pilot.press("o")
        await here.until(lambda: opened)
        assert opened[0].read_bytes() == b"a,b\n1,2\n"
        await mark_file(here, "file-x")
        await here.pilot.press("o")
        await here.until(lambda: "Open run.sh?" in here.shown())
        await here.alive()
        await here.pilot.press("escape")
        assert len(opened) == 1


async def test_a_file_that_cannot_be_had_is_said_in_a_sentence(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await ask(here, *FILES)
        await mark_file(here, "file-t")
        del server.files["file-t"]
        await here.pilot.press("s")
        await here.until(lambda: "t.csv could not be fetched." in said(here))


async def test_a_long_output_is_searched_and_copied_within_bounds(
    server: FakeTransport, tmp_path: Path
) -> None:
    logs = "".join(f"line {n}\n" for n in range(100_000)) + "the NEEDLE\nend\n"
    async with seat(server, tmp_path) as here:
        await ask(here, Code(("x",), logs), Say(("One.",)), End())
        here.screen.post_message(here.screen.transcript.OutputChosen(here.screen.transcript, logs))
        await here.until(lambda: isinstance(here.app.screen, TextViewer))
        await here.alive()
        await here.pilot.press("end")
        assert "the NEEDLE" in here.shown()
        await here.pilot.press("home", "slash", *"needle", "enter")
        await here.until(lambda: "the NEEDLE" in here.shown())
        await here.pilot.press("c")
        await here.until(lambda: "too long for the clipboard" in said(here))
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
