"""Runs that wait for functions, over the real engine: the card, its answers, and that no stray key gives one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import TextArea

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ModelInfo
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.memory import Memory
from aimltui.local_tools.skills.source import SkillSource
from aimltui.tui.screens.dialogs.text_entry import TextEntry
from aimltui.tui.screens.dialogs.viewer import TextViewer
from aimltui.tui.startup import Connected
from aimltui.tui.state.dead_time import KeyTimes
from aimltui.tui.widgets.call_card import CallCard
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, calls, says
from tests.support.fake_transport import FakeTransport
from tests.support.local_tools import HandSource, a_tool
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A window with a scripted model, and functions that the test holds."""

    def __init__(self, here: Seat, model: FakeModel, source: HandSource, clock: Clock) -> None:
        self.here = here
        self.model = model
        self.source = source
        self.clock = clock

    @property
    def card(self) -> CallCard:
        return self.here.screen.card()

    async def asked(self) -> None:
        await self.here.until(lambda: self.card.display, "the card")

    async def press(self, *keys: str) -> None:
        """Press keys as a user who looks at the card."""
        self.clock.now += 1
        await self.here.pilot.press(*keys)

    async def answer(self, *keys: str) -> None:
        """Go to the card and answer it."""
        if not self.card.is_focused:
            await self.press("tab")
        await self.press(*keys)

    def outputs(self) -> list[str]:
        """What the model received for its calls in the last request."""
        found = [m for m in self.model.requests[-1].messages if m.get("role") == "tool"]
        return [str(message["content"]) for message in found]


@asynccontextmanager
async def desk(
    data: Path,
    *turns: Any,
    source: HandSource | None = None,
    rules: Rules | None = None,
    servers: McpSource | None = None,
    skills: SkillSource | None = None,
    memory: Memory | None = None,
    info: ModelInfo | None = None,
    size: tuple[int, int] = (100, 30),
    **changes: Any,
) -> AsyncGenerator[Desk, None]:
    model, clock = FakeModel(*turns), Clock()
    source = source or HandSource(a_tool("weather"), a_tool("time"))
    tools = LocalTools(
        [source], Approvals(data / "approved.json"), rules or Rules(), servers, skills, memory=memory
    )

    async def connect() -> Connected:
        engine = await Engine.open(options(data), FakeModels(model, info=info))
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "test", "fake", local_tools=tools)

    values = {
        "connect": connect,
        "clock": None,
        "model": "fake",
        "key_times": KeyTimes(clock, hold_s=0),
        **changes,
    }
    async with seat(FakeTransport(), data / "drafts", size=size, **values) as here:
        yield Desk(here, model, source, clock)


CALL = calls(("weather", '{"city": "Oslo"}'))
BOTH = calls(("weather", '{"city": "Oslo"}'), ("time", "{}"))


async def test_what_is_typed_while_a_card_goes_away_is_in_the_prompt(tmp_path: Path) -> None:
    async with desk(tmp_path, CALL, says("It is cold.")) as at:
        await at.here.write("How is the weather?")
        await at.asked()
        await at.press("tab")
        screen, call = at.here.screen, at.card.shown_call
        assert call is not None
        # read while the card has the focus, and not handled yet
        at.card._forward_event(events.Key("x", "x"))
        call.state = "done"
        screen.show_calls()
        assert not at.card.display
        assert screen.focused is screen.prompt
        await at.here.until(lambda: screen.prompt.draft == "x")
        call.state = "asked"
        screen.show_calls()
        await at.answer("o", "enter")
        await at.here.until(lambda: "It is cold." in at.here.texts())


async def test_a_call_is_asked_about_and_its_output_reaches_the_model(tmp_path: Path) -> None:
    async with desk(tmp_path, CALL, says("It is cold."), CALL, says("Still cold.")) as at:
        await at.here.write("How is the weather?")
        await at.asked()
        assert at.here.screen.focused is at.here.screen.prompt
        assert 'city: "Oslo"' in at.here.shown()
        await at.here.until(lambda: "waiting for you" in at.here.shown())
        assert "● running" not in at.here.shown()
        assert "tab Answer" in at.here.shown()
        names = {tool["function"]["name"] for tool in at.model.requests[0].tools}
        assert names == {"weather", "time"}

        # what is typed stays in the prompt; enter queues it
        await at.press("o", "enter")
        assert at.source.called == []
        await at.press("tab")
        # the footer says what the keys do on the card
        await at.here.until(lambda: "esc Back to the prompt" in at.here.shown())
        assert "tab Answer" not in at.here.shown()
        assert "esc Stop" not in at.here.shown()
        # the card was not quiet yet: nothing is chosen, and the letter is in the prompt
        await at.here.pilot.press("o")
        assert at.here.screen.prompt.draft == "o"
        await at.press("backspace", "tab")
        await at.press("enter", "down", "up")
        assert at.source.called == []
        await at.press("enter")
        await at.here.until(lambda: "It is cold." in at.here.texts())
        assert at.source.called == [("weather", {"city": "Oslo"})]
        # the queued message got its run, whose call is asked about again
        await at.asked()
        await at.answer("r", "enter")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextEntry))
        await at.here.pilot.press(*"no", "ctrl+s")
        await at.here.idle()
        assert at.outputs() == [
            "weather: {'city': 'Oslo'}",
            "The user refused this call, so it was not run. Reason: no",
        ]
        assert not at.card.display


async def test_parallel_calls_are_one_card_and_go_out_together(tmp_path: Path) -> None:
    async with desk(tmp_path, BOTH, says("Done.")) as at:
        await at.here.write("Both?")
        await at.asked()
        assert "2 calls need your decision" in at.here.shown()
        # what would run stands apart from the list and from the answers
        starts = [line[:5].strip() for line in at.card.render().plain.split("\n")]
        assert starts[:5] == ["2 cal", "▸ ? w", "? t", "", "weath"]
        assert starts[starts.index("o Run") - 1] == ""
        await at.answer("n", "g", "enter")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextEntry))
        await at.here.pilot.press(*"noon", "escape")
        await at.here.until(lambda: "Discard what you have typed?" in at.here.shown())
        await at.press("escape")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextEntry))
        await at.here.pilot.press("ctrl+s")
        await at.here.until(lambda: at.card.shown_call is not None and at.card.shown_call.name == "weather")
        await at.press("e", "enter")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextEntry))
        box = at.here.app.screen.query_one(TextArea)
        box.text = "{"
        await at.here.pilot.press("ctrl+s")
        assert isinstance(at.here.app.screen, TextEntry), "this is not JSON"
        box.text = '{"city": "Rome"}'
        await at.here.pilot.press("ctrl+s")
        await at.here.until(lambda: "Done." in at.here.texts())
        assert at.outputs() == ["weather: {'city': 'Rome'}", "noon"]


async def test_a_sentence_on_the_card_goes_to_the_prompt_and_a_letter_alone_selects(tmp_path: Path) -> None:
    async with desk(tmp_path, BOTH, says("Done.")) as at:
        prompt, keys = at.here.screen.prompt, at.here.app.key_times
        keys.hold_s = 0.4

        async def type_quickly(*letters: str) -> None:
            for letter in letters:
                at.clock.now += 0.1
                await at.here.pilot.press(letter)

        await at.here.write("How is the weather?")
        await at.asked()
        await at.press("tab")
        at.clock.now += 1
        await type_quickly("r", "e", "a")
        assert prompt.draft == "rea"
        assert at.card.chosen is None

        await at.press("tab")
        at.clock.now += 1
        await type_quickly("r")
        at.clock.now += 1
        await at.here.until(lambda: at.card.chosen is not None and at.card.chosen.key == "r")
        # the next call and back again, each with a letter that is pressed quickly
        first = at.card.shown_call
        await type_quickly("n", "n")
        at.clock.now += 1
        await at.here.until(lambda: at.card.shown_call is first and at.card.chosen is None)
        await at.press("o")
        await type_quickly("enter")
        await at.here.until(lambda: at.card.shown_call is not first)
        assert prompt.draft == "rea"


async def test_always_holds_for_the_tool_in_its_present_form(tmp_path: Path) -> None:
    turns = (CALL, says("one"), CALL, says("two"), CALL, says("three"))
    async with desk(tmp_path, *turns) as at:
        await at.here.write("1")
        await at.asked()
        await at.answer("f", "enter")
        await at.here.until(lambda: "one" in at.here.texts())
        await at.here.idle()
        await at.here.write("2")
        await at.here.until(lambda: "two" in at.here.texts())
        await at.here.idle()
        # the server changes its description
        at.source.tools = [a_tool("weather", fingerprint="other")]
        await at.here.write("3")
        await at.asked()
        assert len(at.source.called) == 2


@pytest.mark.parametrize(
    ("call", "rules", "error", "output"),
    [
        (("weather", "{broken"), Rules(), None, "The arguments are not valid JSON"),
        (("weather", "[1]"), Rules(), None, "must be a JSON object"),
        (("weather", "{}"), Rules("deny"), None, "There is no function named"),
        (("nothing", "{}"), Rules(), None, "There are: time, weather"),
        (("weather", "{}"), Rules("allow"), ValueError("no"), "could not be run: ValueError: no"),
        (("weather", "{}"), Rules(by_name={"weather": "allow"}), None, "weather: {}"),
    ],
)
async def test_what_needs_no_decision_is_answered_at_once(
    tmp_path: Path, call: tuple[str, str], rules: Rules, error: Exception | None, output: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    source = HandSource(a_tool("weather"), a_tool("time"))
    source.error = error
    async with desk(tmp_path, calls(call), says("Done."), source=source, rules=rules) as at:
        await at.here.write("?")
        await at.here.until(lambda: "Done." in at.here.texts())
        assert output in at.outputs()[0]
    caplog.clear()


async def test_escape_stops_the_run_and_the_function(tmp_path: Path) -> None:
    source = HandSource(a_tool("weather"))
    async with desk(tmp_path, CALL, says("Next."), source=source) as at:
        source.gate = at.here.server.held
        await at.here.write("1")
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: source.called)
        at.here.screen.set_focus(at.here.screen.prompt)
        await at.press("escape")
        await at.here.idle()
        assert source.cancelled == ["weather"]
        run = at.here.workspace.current.run
        assert run is not None
        assert run.status == "cancelled"
        await at.here.write("2")
        await at.here.until(lambda: "Next." in at.here.texts())


async def test_a_late_answer_never_touches_a_newer_card(tmp_path: Path) -> None:
    async with desk(tmp_path, CALL, CALL, says("Done.")) as at:
        await at.here.write("1")
        await at.asked()
        old = at.card.shown_call
        assert old is not None
        functions = at.here.workspace.calls
        assert functions is not None
        await at.answer("r", "enter")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextEntry))
        # meanwhile the run is stopped, and another one asks
        at.here.workspace.stop()
        await at.here.idle()
        at.here.workspace.send("2")
        await at.here.until(lambda: functions.threads_asking)
        new = functions.calls_of(at.here.workspace.current.thread_id)[0]
        await at.here.pilot.press("ctrl+s")
        functions.give(old, "late")
        functions.approve(old)
        functions.reject(old, "late")
        await at.here.pilot.pause()
        assert new.state == "asked"
        assert at.card.shown_call is new
        assert at.card.chosen is None
        assert at.source.called == []


async def test_a_restart_shows_the_card_again_and_runs_nothing_twice(tmp_path: Path) -> None:
    async with desk(tmp_path, CALL) as at:
        await at.here.write("1")
        await at.asked()
    # even what the settings allow is asked about: this window did not start the run
    async with desk(tmp_path, says("Done."), rules=Rules("allow")) as at:
        await at.asked()
        assert at.source.called == []
        await at.answer("o", "enter")
        await at.here.until(lambda: "Done." in at.here.texts())
        assert len(at.source.called) == 1


async def test_another_thread_is_marked_and_asks_when_it_is_opened(tmp_path: Path) -> None:
    go = asyncio.Event()
    async with desk(tmp_path, [go, *CALL], says("Done."), size=(120, 40)) as at:
        await at.here.write("first")
        await at.here.until(lambda: at.model.stood == 1, "the request")
        thread_id = at.here.workspace.current.thread_id
        await at.press("ctrl+n")
        await at.here.until(lambda: at.here.workspace.current.thread_id is None)
        go.set()
        told = "“first” waits for your decision."
        await at.here.until(lambda: [one.message for one in at.here.app._notifications] == [told], told)
        assert not at.card.display
        assert at.here.rows()["first"].mark == "needs_you"
        at.here.screen.go_to(thread_id)
        await at.asked()
        await at.press("ctrl+n")
        await at.here.until(lambda: not at.card.display)
        assert at.here.rows()["first"].mark == "needs_you"


async def test_a_file_that_is_not_trusted_shows_its_text(tmp_path: Path) -> None:
    code = "import os\n\x1b]0;title\x07" + "\n".join(f"line_{number}" for number in range(50))
    source = HandSource(a_tool("weather", is_trusted=False, code=code, may_always=True))
    async with desk(tmp_path, CALL, says("Done."), source=source, rules=Rules("allow")) as at:
        await at.here.write("1")
        await at.asked()
        assert "New or changed file" in at.here.shown()
        await at.answer("v")
        await at.here.until(lambda: isinstance(at.here.app.screen, TextViewer))
        viewer = at.here.app.screen
        assert isinstance(viewer, TextViewer)
        assert r"\x1b]0;title\x07" in viewer._text
        assert "line_49" in viewer._text
        await at.press("escape")
        await at.here.until(lambda: at.here.screen.focused is at.card)
        await at.press("o", "enter")
        await at.here.until(lambda: "Done." in at.here.texts())


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 60)])
async def test_the_answers_are_in_view_in_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    hostile = '{"a": "' + "x " * 3000 + '", "[b]": "[@click=app.quit]q[/]"}'
    async with desk(tmp_path, calls(("weather", hostile)), size=size) as at:
        await at.here.write("1")
        await at.asked()
        shown = at.here.shown()
        assert "Reject" in shown
        assert "Run once" in shown
        prompt = at.here.screen.prompt
        assert prompt.region.bottom <= size[1]
        assert at.card.region.height <= max(9, size[1] // 2)


async def test_the_bell_rings_only_while_another_window_is_in_front(tmp_path: Path) -> None:
    written: list[str] = []
    async with desk(tmp_path, CALL, says("One."), CALL, says("Two."), alerts="bell") as at:
        driver = at.here.app._driver
        assert driver is not None
        driver.write = written.append  # type: ignore[method-assign]
        await at.here.write("Ask")
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: "One." in at.here.texts())
        # the end of this run rings, too, if another window is in front by then
        await at.here.until(lambda: "✓ completed" in at.here.shown() and not at.here.screen.window._active)
        assert "\x07" not in written
        # a key would tell that the window is in front
        at.here.app.app_focus = False
        at.here.workspace.send("Ask again")
        await at.asked()
        await at.here.until(lambda: written.count("\x07") == 1, "the bell")
