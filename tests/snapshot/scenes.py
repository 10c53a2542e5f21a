"""Named scenes: what the program looks like in the states that matter. The same list makes the pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.support.fake_connections import AIMLAPI, AIMLAPI_KEY, OLLAMA, REFUSED, WORK, FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import FAILURE, Act, Code, End, Hold, Say
from tests.support.screen import Seat

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)
Size = tuple[int, int]
DARK, LIGHT = "aimltui-dark", "aimltui-light"

ANSWER = (
    "## Revenue\n\n",
    "It grew by **7.2 % a month**, fastest in *August*:\n\n",
    "| Month | Revenue | Change |\n|---|--:|--:|\n",
    "| July | 41,200 | |\n| August | 44,950 | +9.1 % |\n| September | 47,310 | +5.3 % |\n\n",
    "```python\nimport pandas as pd\n\ndf = pd.read_csv('sales.csv')\n",
    "print(df.groupby('month')['revenue'].sum())\n```\n\n",
    "1. Export the file\n2. Look at `revenue`\n   - by month\n   - by region\n",
)
QUESTION = "How did revenue develop? Tell me the trend."


@dataclass(frozen=True)
class Scene:
    """A state of the program, and how one gets there."""

    name: str
    act: Callable[[Seat], Awaitable[None]]
    sizes: Sequence[Size] = (SMALL, MIDDLE)
    themes: Sequence[str] = (DARK,)
    scripts: Sequence[Sequence[Act]] = ()
    model: str | None = "demo"
    threads: Sequence[str] = ("Thesis outline", "Contract questions", "Regex for dates", "Unit tests")
    options: dict[str, object] = field(default_factory=dict)

    def server(self) -> FakeTransport:
        """The server with what was said before."""
        server = FakeTransport()
        server.now -= 50 * 3600
        for number, title in enumerate(self.threads):
            server.say(title, **({"pinned": "true"} if number == 1 else {}))
            server.now += 14 * 3600
        server.now += 3 * 3600
        server.scripts = [list(script) for script in self.scripts]
        return server


async def nothing(here: Seat) -> None:
    """As it starts."""


def wait(text: str) -> Callable[[Seat], Awaitable[None]]:
    """Wait for a text."""

    async def act(here: Seat) -> None:
        await here.until(lambda: text in here.shown())

    return act


async def ask(here: Seat) -> None:
    """Ask, and wait for the end."""
    await here.write(QUESTION)
    await here.idle()


async def ask_and_watch(here: Seat) -> None:
    """Ask, and look at it while the run holds."""
    await here.write(QUESTION)
    await here.until(here.server.held.is_set)
    here.server.now += 7
    here.screen.transcript.tick()


async def ask_and_stop(here: Seat) -> None:
    """Ask, and stop it."""
    await ask_and_watch(here)
    await here.pilot.press("escape")
    await here.idle()


async def ask_and_queue(here: Seat) -> None:
    """Ask, and say more while it runs."""
    await ask_and_watch(here)
    await here.write("And the regional split?")
    await here.write("As a table, please.")


async def ask_and_scroll(here: Seat) -> None:
    """Ask, scroll up, and let more come in below."""
    await ask_and_watch(here)
    await here.pilot.press("pageup")
    here.server.let_go()
    await here.idle()


def press(*keys: str, shows: str = "") -> Callable[[Seat], Awaitable[None]]:
    """Press these keys, and wait for a text."""

    async def act(here: Seat) -> None:
        await here.pilot.press(*keys)
        if shows:
            await here.until(lambda: shows in here.shown())

    return act


async def refuse_the_key(here: Seat) -> None:
    """Paste a key that does not hold."""
    await here.until(lambda: "Connect to a model" in here.shown())
    await here.pilot.press("enter")
    await here.until(lambda: "Test and save" in here.shown())
    await here.pilot.press(*"sk-not-this-one", "enter")
    await here.until(lambda: "Save anyway" in here.shown())


async def show_connections(here: Seat) -> None:
    """The list, with the cursor on one that has a problem."""
    here.screen.action_connections()
    await here.until(lambda: "Make default" in here.shown())
    await here.pilot.press("down", "down")
    await here.until(lambda: "The keychain" in here.shown())


FIRST = FakeConnections(found=[AIMLAPI_KEY])
UNSURE = FakeConnections(verdicts=[REFUSED])
SEVERAL = FakeConnections(there=[AIMLAPI, OLLAMA, replace(WORK, problem="The keychain does not answer.")])

STREAMING: tuple[Act, ...] = (Say(ANSWER[:5], ""), Hold(), End())
FINISHED: tuple[Act, ...] = (Code(("import pandas as pd\n", "print('ok')"), "ok\n"), Say(ANSWER), End())
FAILED: tuple[Act, ...] = (Say(("It grew by **7.2",), ""), End("failed", FAILURE, usage=None))
LONG: tuple[Act, ...] = (
    Say(
        ANSWER * 3,
    ),
    Hold(),
    Say(("And that is all there is to say.",)),
    End(),
)

SCENES: tuple[Scene, ...] = (
    Scene("empty", nothing, (SMALL, MIDDLE, LARGE), (DARK, LIGHT)),
    Scene("streaming", ask_and_watch, scripts=(STREAMING,)),
    Scene("finished", ask, (SMALL, MIDDLE, LARGE), (DARK, LIGHT), (FINISHED,)),
    Scene("failed", ask, themes=(DARK, LIGHT), scripts=(FAILED,)),
    Scene("stopped", ask_and_stop, (MIDDLE,), scripts=(STREAMING,)),
    Scene("queued", ask_and_queue, scripts=(STREAMING,)),
    Scene("scrolled-up", ask_and_scroll, (SMALL,), scripts=(LONG,)),
    Scene("sidebar", press("ctrl+b", shows="type to search"), (SMALL,)),
    Scene("models", press("ctrl+l", shows="gpt-4o"), themes=(DARK, LIGHT)),
    Scene("help", press("f1", shows="Writing"), themes=(DARK,)),
    Scene("palette", press("ctrl+p", shows="search a command")),
    Scene("rename", press("ctrl+s", "ctrl+r", shows="Rename the thread"), (MIDDLE,)),
    Scene("not-set-up", nothing, themes=(DARK, LIGHT), model=None),
    Scene(
        "connect",
        wait("Look around"),
        themes=(DARK, LIGHT),
        model=None,
        options={"connections": FIRST},
    ),
    Scene(
        "connect-refused",
        refuse_the_key,
        themes=(DARK, LIGHT),
        sizes=(SMALL,),
        model=None,
        options={"connections": UNSURE},
    ),
    Scene(
        "connect-other",
        press("down", "down", "down", "enter", shows="It speaks"),
        model=None,
        options={"connections": FIRST},
    ),
    Scene("connections", show_connections, (SMALL,), (DARK, LIGHT), options={"connections": SEVERAL}),
    Scene("narrow", ask, ((60, 20), (40, 11), (20, 5)), scripts=(FINISHED,)),
    Scene("ascii", ask, (MIDDLE,), scripts=(FINISHED,), options={"glyphs": "ascii"}),
)


def pictures() -> list[tuple[str, Scene, Size, str]]:
    """Every scene in every size and theme it is worth looking at in, with a name for each."""
    return [
        (f"{scene.name}-{width}x{height}-{theme.removeprefix('aimltui-')}", scene, (width, height), theme)
        for scene in SCENES
        for width, height in scene.sizes
        for theme in scene.themes
    ]
