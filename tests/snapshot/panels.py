"""What somebody does to get to a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.screen import Screen
from textual.widgets import Input

from aimltui.bootstrap.interchange import InterchangeService
from aimltui.client.client import AssistantsClient
from aimltui.engine.tools.code_interpreter.selection import NONE
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.mcp.forms import Form, FormField
from aimltui.tui.controllers.skill_switch import SkillRow
from aimltui.tui.screens.dialogs.compare import AnswerColumn
from aimltui.tui.screens.dialogs.form import FormScreen
from aimltui.tui.screens.dialogs.passage import PassageViewer
from aimltui.tui.screens.dialogs.question import AgreeQuestion, Option, QuestionSheet
from aimltui.tui.screens.dialogs.save import SaveScreen
from aimltui.tui.screens.dialogs.skills import SkillsScreen
from aimltui.tui.screens.dialogs.trash import TrashedRow, TrashScreen
from aimltui.tui.state.entries import Source
from aimltui.tui.state.passages import PassageText, Span
from tests.snapshot.samples import QUESTION
from tests.snapshot.story import LARGE, Way
from tests.support.fake_transport import FakeTransport
from tests.support.local_tools import HandServer, HandSource, a_tool
from tests.support.screen import Seat

SAMPLES = Path(__file__).parents[1] / "unit" / "interchange" / "samples"


def panel(action: str, *keys: str, shows: str) -> Way:
    """Carry out an action of the main screen, press keys, and wait for a text."""

    async def act(here: Seat) -> None:
        await here.screen.run_action(action)
        await here.until(lambda: here.app.screen is not here.screen, action)
        for key in keys:
            await here.alive()
            await here.pilot.press(key)
        await here.until(lambda: shows in here.shown(), shows)

    return act


def push(screen: Callable[[], Screen[object]], *keys: str) -> Way:
    """Show a screen, and press keys."""

    async def act(here: Seat) -> None:
        pushed = screen()
        here.app.push_screen(pushed)
        await here.until(lambda: here.app.screen is pushed)
        await here.alive()
        await here.pilot.press(*keys)

    return act


async def open_form(here: Seat) -> None:
    """Look at a ready-made assistant, and type something that cannot be saved."""
    await here.pilot.press("f5")
    await here.until(lambda: "Math tutor" in here.shown())
    await here.pilot.press(*"math", "tab")
    await here.until(lambda: "Instructions" in here.shown())
    here.app.screen.query(Input).first().value = "Math tutor " * 24
    await here.pilot.press("ctrl+s")
    await here.until(lambda: "too many" in here.shown())


async def pick_a_model(here: Seat) -> None:
    """Open the list, go down a bit, make one a favourite."""
    await here.until(lambda: here.workspace.models.page)
    await here.pilot.press("ctrl+l", *["down"] * 3, "ctrl+f")
    await here.until(lambda: "asking" not in here.shown() and "★" in here.shown())


async def refuse_the_key(here: Seat) -> None:
    """Paste a key that does not hold."""
    await here.until(lambda: "Connect to a model" in here.shown())
    await here.alive()
    await here.pilot.press("enter")
    await here.until(lambda: "Test and save" in here.shown())
    await here.pilot.press(*"sk-not-this-one", "enter")
    await here.until(lambda: "Save anyway" in here.shown())


async def show_connections(here: Seat) -> None:
    """The list, with the cursor on one that has a problem."""
    here.screen.action_connections()
    await here.until(lambda: "Make default" in here.shown())
    await here.alive()
    await here.pilot.press("down", "down")
    await here.until(lambda: "The keychain" in here.shown())


async def compare(here: Seat) -> None:
    """Ask three models at once, and wait until one of them still writes."""
    await here.write("/compare demo gpt-4o claude-sonnet-4")
    await here.until(lambda: "your next message to" in here.shown())
    await here.write(QUESTION)
    screens = here.app
    await here.until(lambda: type(screens.screen).__name__ == "CompareScreen" and here.server.held.is_set())
    await here.until(lambda: all(sign in here.shown() for sign in ("1 ✓", "2 ✗", "3 ●")))
    here.server.now += 7
    for answer in screens.screen.query(AnswerColumn):
        answer.tick()


async def open_usage(here: Seat) -> None:
    """The usage report."""
    here.screen.action_show_usage()
    await here.until(lambda: "2027-01-15" in here.shown())


async def open_usage_of_threads(here: Seat) -> None:
    """The usage report by thread."""
    await open_usage(here)
    await here.pilot.press("left")
    await here.until(lambda: "a deleted thread" in here.shown())


def agree() -> Screen[object]:
    """The question whether code may be run without a sandbox at all."""
    return AgreeQuestion(NONE)  # type: ignore[return-value]


def form() -> Screen[object]:
    """What a server asks."""
    return FormScreen(_form("weather"))  # type: ignore[return-value]


def _form(server: str) -> Form:
    fields = (
        FormField("city", "City", "string", "as on a map", is_required=True),
        FormField("hours", "Hours", "integer", default="24", least=12, most=48),
        FormField(
            "units", "Units", "string", choices=(("c", "Celsius"), ("f", "Fahrenheit")), default="Celsius"
        ),
    )
    return Form(server, "For which city, and for how long?", fields)


def save() -> Screen[object]:
    """Where to save a thread."""

    async def write(path: Path, may_replace: bool) -> None:
        raise AssertionError("nothing is saved in a picture")

    return SaveScreen("Export as .md, .html, .json or .jsonl", "~/Downloads/Revenue.md", write)  # type: ignore[return-value]


def quit_temporary() -> Screen[object]:
    """What becomes of a temporary thread."""
    options = (
        Option("keep", "Keep and quit", "saved as an ordinary thread"),
        Option("lose", "Quit", "what was said there is gone"),
        Option("stay", "Stay"),
    )
    return QuestionSheet("Quit now?", ("A temporary thread is not saved.",), options, leave="Stay")  # type: ignore[return-value]


@dataclass(frozen=True)
class _Skills:
    """Skills at places that are the same on each machine."""

    assistant: str = "Assistant"
    rows: tuple[SkillRow, ...] = (
        SkillRow("invoices", "~/.config/aimltui/skills/invoices", True, "Checks invoices: sums, tax, dates."),
        SkillRow("letters", "~/.config/aimltui/skills/letters", about="Writes polite letters."),
        SkillRow("~/.config/aimltui/skills/broken", "", error="SKILL.md: the description is missing."),
    )


def skills() -> Screen[object]:
    """The skills of an assistant."""
    nothing = lambda _: None  # noqa: E731
    return SkillsScreen(_Skills(), "~/.config/aimltui/skills", nothing, nothing)  # type: ignore[arg-type,return-value]


def trash() -> Screen[object]:
    """Threads that were deleted."""
    rows = (
        TrashedRow("1", "Thesis outline", "today, 30 days left"),
        TrashedRow(
            "2",
            "How did revenue develop in the third quarter, by month and by region?",
            "Monday, 24 days left",
        ),
    )
    return TrashScreen(rows, lambda ids: None)  # type: ignore[return-value]


_PASSAGE_TITLE = "handbook.pdf · page 12 · score 0.83"


def _passage() -> PassageText:
    spans = (
        Span("4 Warranty\n\nThe device is delivered with a charger and a case.\n\n", "around"),
        Span("For private customers ", "passage"),
        Span("the warranty lasts 24 months from the day of delivery", "quote"),
        Span(". It does not cover the battery, whose capacity falls with use.\n", "passage"),
        Span(
            "\n5 Repairs\n\nSend the device in its case, and describe the fault on a sheet of paper.\n",
            "around",
        ),
    )
    return PassageText(spans, before=1_200, after=3_400)


def passage() -> Screen[object]:
    """A passage that an answer cites."""
    return PassageViewer(_PASSAGE_TITLE, _passage())  # type: ignore[return-value]


async def see_runs_beside(here: Seat) -> None:
    """The runs beside the thread, which needs a wide terminal."""
    await here.pilot.resize_terminal(*LARGE)
    await here.pilot.press("f4")
    await here.until(lambda: "tokens in" in here.shown())


async def see_passage_beside(here: Seat) -> None:
    """A passage beside the thread, which needs a wide terminal."""
    await here.pilot.resize_terminal(*LARGE)
    source = Source("file-handbook", "handbook.pdf", "page 12")
    here.screen.side_document().show(here.workspace.current.thread_id, source, _PASSAGE_TITLE, _passage())
    await here.until(lambda: "24 months" in here.shown())


def interchange(folder: Path) -> Mapping[str, object]:
    """A service that looks into files."""
    return {"interchange": InterchangeService(AssistantsClient(FakeTransport()))}


async def see_import(here: Seat) -> None:
    """What an import would bring."""
    await here.write(f"/import {SAMPLES / 'claude'}")
    await here.until(lambda: "Enter imports this" in here.shown())
    # where the samples are is another place on each machine
    here.app.screen.query_one(Input).value = "~/Downloads/claude"
    await here.until(lambda: "~/Downloads" in here.shown())


def local_tools(folder: Path) -> Mapping[str, object]:
    """Functions and MCP servers."""
    now = {"name": "now", "description": "The time.", "inputSchema": {"type": "object"}}
    server = HandServer(now)
    server.asks = _form("clock")
    servers = server.source("clock", "weather")
    source = HandSource(a_tool("weather"), a_tool("time"))
    tools = LocalTools([source], Approvals(folder / "approved.json"), Rules(), servers)
    return {"local_tools": tools}
