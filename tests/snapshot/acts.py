"""What somebody does on the main screen to get to a stop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from textual import events

from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.state.file_facts import is_picture_name
from aimltui.wire.branches import BranchPlace
from aimltui.wire.messages import SUMMARY, CreateMessage
from aimltui.wire.search import SearchHit, SearchHits
from tests.snapshot.samples import PROGRAM, QUESTION
from tests.snapshot.story import Way
from tests.support.screen import Seat

_LONG_S = 3_600.0


async def nothing(here: Seat) -> None:
    """As it is."""


def wait(text: str) -> Way:
    """Wait for a text."""

    async def act(here: Seat) -> None:
        await here.until(lambda: text in here.shown(), text)

    return act


def press(*keys: str, first: str = "", shows: str = "") -> Way:
    """Press these keys once a text is there, and wait for another one and the end of any request for models."""

    async def act(here: Seat) -> None:
        if first:
            await here.until(lambda: first in here.shown(), first)
        await here.alive()
        await here.pilot.press(*keys)
        if shows:
            await here.until(lambda: shows in here.shown() and "asking" not in here.shown(), shows)

    return act


def afterwards(*ways: Way) -> Way:
    """Go one way after the other."""

    async def act(here: Seat) -> None:
        for way in ways:
            await way(here)

    return act


async def new_thread(here: Seat) -> None:
    """Begin a new thread."""
    await here.pilot.press("ctrl+n")
    await here.until(lambda: here.workspace.current.thread_id is None and here.entries)


async def ask(here: Seat) -> None:
    """Ask, and wait for the end."""
    await here.write(QUESTION)
    await here.until(lambda: "RunEntry" in here.kinds())
    await here.idle()


async def write(here: Seat) -> None:
    """Ask, and wait for nothing."""
    await here.write(QUESTION)


async def watch(here: Seat) -> None:
    """Ask, and look at it while the run holds."""
    here.server.held.clear()
    await here.write(QUESTION)
    await here.until(here.server.held.is_set)
    here.server.now += 7
    here.screen.transcript.tick()


async def stop(here: Seat) -> None:
    """Stop the answer."""
    await here.pilot.press("escape")
    await here.idle()


async def say_more(here: Seat) -> None:
    """Say more while it runs."""
    await here.write("And the regional split?")
    await here.write("As a table, please.")


async def watch_and_scroll(here: Seat) -> None:
    """Ask, scroll up, and let more come in below."""
    await watch(here)
    await here.pilot.press("pageup")
    here.server.let_go()
    await here.idle()


async def summarize(here: Seat) -> None:
    """Look at a summary that stands for what is above it."""
    workspace = here.workspace
    text = (
        "The user wants the growth of the third quarter. It is **7.2 %**; the table by region is still open."
    )
    await workspace.client.messages.create(
        CreateMessage(
            thread_id=workspace.current.thread_id or "",
            role="assistant",
            content=text,
            metadata={SUMMARY: "2"},
        )
    )
    await workspace.loader.read(workspace.current)
    await here.until(lambda: "instead of what is above" in here.shown())


async def unfold(here: Seat) -> None:
    """Open what is folded."""
    await here.pilot.press("ctrl+o")


async def see_files(here: Seat) -> None:
    """Ask, wait until the files are known, and mark the first of them."""
    await ask(here)
    await here.until(lambda: "revenue.png" in here.shown())
    transcript = here.screen.transcript
    if transcript.picture_use == "drawn":
        files = transcript._extras.files
        # a picture that comes after the mark would move what is below it
        await here.until(
            lambda: all(fact.picture or fact.problem for fact in files.values() if is_picture_name(fact.name))
        )
    here.screen.set_focus(transcript)
    await here.pilot.press("up")


async def see_it_large(here: Seat) -> None:
    """Look at a picture full screen."""
    here.screen.set_focus(here.screen.transcript)
    await here.pilot.press("up")
    while here.marked_file != "file-plot":
        await here.pilot.press("up")
    await here.pilot.press("enter")
    await here.until(lambda: type(here.app.screen).__name__ == "PictureViewer")


@dataclass(frozen=True)
class Unboxed:
    """A piece of code that nothing keeps in."""

    code: str
    thread_id: str
    run_id: str = "run_1"
    call_id: str = ""
    expires_at: int | None = 1_800_000_600


async def ask_about_code(here: Seat) -> None:
    """The card about a piece of code that would run without a sandbox, an answer chosen."""
    wanted = Unboxed("".join(PROGRAM) * 3, here.workspace.current.thread_id or "")
    here.screen.spawn(here.workspace.code.request(wanted), "question")
    await choose_on_card(here)


async def choose_on_card(here: Seat) -> None:
    """Turn to the card above the prompt, and choose an answer."""
    card = here.screen.card()
    await here.until(lambda: card.display)
    await here.pilot.press("tab")
    await here.until(lambda: card.is_alive)
    await here.pilot.press("o")


async def let_a_server_ask(here: Seat) -> None:
    """Allow a call during which its server asks something."""
    await choose_on_card(here)
    await here.pilot.press("enter")
    await here.until(lambda: "clock asks" in here.shown())
    # the card keeps the focus where the question follows the call without a pause, as it can from Python 3.12 on
    here.screen.set_focus(here.screen.prompt)


async def temporary_thread(here: Seat) -> None:
    """Begin a temporary thread."""
    await here.write("/temporary")
    await here.until(lambda: here.workspace.current.is_temporary)


async def mark_code(here: Seat) -> None:
    """Mark the code in the answer."""
    while (block := here.screen.transcript.block) is None or block.kind != "code":
        await here.pilot.press("alt+up")


async def write_a_slash(here: Seat) -> None:
    """Begin a command."""
    await here.pilot.press(*"/th")
    await here.until(lambda: here.screen.slashes().is_open)


async def add_branches(here: Seat) -> None:
    """A second answer to the same message."""
    conversation = here.workspace.current
    asked = next(
        entry for entry in reversed(here.entries) if isinstance(entry, MessageEntry) and entry.role == "user"
    )
    place = BranchPlace(after=asked.id, number=2, threads=["thread_a", conversation.thread_id or ""])
    conversation.buffer.add(conversation.view.show_branches([place], shows_end=False), at_once=True)
    await here.until(lambda: "2/2" in here.shown())


async def search_words(here: Seat) -> None:
    """Search all threads for what was said."""
    text = "The harvest of 2025 was the largest of the harvests since the mill was built."
    hits = [
        SearchHit(
            thread_id=next(iter(here.server.threads)),
            message_id=f"msg_{number}",
            role=role,
            created_at=1_764_000_000,
            text=text[start:],
            marks=[found.span() for found in re.finditer("harvest", text[start:])],
        )
        for number, (role, start) in enumerate((("assistant", 0), ("user", 4), ("tool", 24)))
    ]
    here.server._search = lambda params: SearchHits(data=hits)  # type: ignore[attr-defined]
    await here.pilot.press("ctrl+s", *"harvest")
    await here.until(lambda: "Messages" in here.shown() and "since" in here.shown())


async def find_words(here: Seat) -> None:
    """Find words in the open thread."""
    await here.pilot.press("ctrl+f", *"the")
    await here.until(lambda: " of " in here.shown())


async def view_all(here: Seat) -> None:
    """Look at all of a long output."""
    await unfold(here)
    here.screen.set_focus(here.screen.transcript)
    for _ in range(30):
        mark = here.screen.transcript.mark
        if mark is not None and mark[1].kind == "view":
            break
        await here.pilot.press("up")
    await here.pilot.press("enter")
    await here.until(lambda: "Search" in here.shown())


async def attach(here: Seat) -> None:
    """Drop two files on the prompt, and paste a long text into it."""
    folder = Path.home() / "work"
    folder.mkdir(exist_ok=True)
    for name in ("report.txt", "sales.csv"):
        (folder / name).write_text("The warranty lasts 12 months.")
        here.screen.prompt.post_message(events.Paste(f"'{folder / name}' "))
        await here.until(lambda name=name: name in [file.name for file in here.screen.prompt.files])  # type: ignore[misc]
    here.screen.prompt.post_message(
        events.Paste("\n".join(f"{number} bottles of beer" for number in range(99)))
    )
    await here.until(lambda: "[Pasted" in here.shown() or "bottles" in here.shown())


async def see_a_notice(here: Seat) -> None:
    """A notice at the edge, and a warning."""
    here.app.notify("Saved 3 files in ~/Downloads.", timeout=_LONG_S)
    told = "“Contract questions” waits for your decision. Open it with ctrl+s, then answer its card."
    here.app.notify(told, severity="warning", timeout=_LONG_S)
    await here.until(lambda: "Saved 3 files" in here.shown())
