"""Named scenes: what the program looks like in the states that matter. The same list makes the pictures."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from textual.widgets import Input

from aimltui.engine.tools.code_interpreter.selection import NONE
from aimltui.tui.screens.dialogs.compare import AnswerColumn, CompareScreen
from aimltui.tui.screens.dialogs.question import AgreeQuestion, QuestionSheet
from aimltui.tui.state.file_facts import is_picture_name
from aimltui.tui.widgets.call_card import CallCard
from aimltui.tui.widgets.slash_list import SlashList
from aimltui.wire.messages import SUMMARY, CreateMessage
from aimltui.wire.models import Model, ModelPrice, ModelSource
from aimltui.wire.runs import LastError
from aimltui.wire.search import SearchHit, SearchHits
from aimltui.wire.usage import Budget, UsageReport, UsageRow, UsageSum
from tests.support.fake_connections import AIMLAPI, AIMLAPI_KEY, OLLAMA, REFUSED, WORK, FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.pictures import plot
from tests.support.run_scenes import FAILURE, Act, Code, End, Give, Hold, Say
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
    prepare: Callable[[FakeTransport], None] = lambda server: None
    """Makes the server another one."""

    reports: dict[str, UsageReport] = field(default_factory=dict)

    def server(self) -> FakeTransport:
        """The server with what was said before."""
        server = FakeTransport()
        server.reports = self.reports
        server.now -= 50 * 3600
        for number, title in enumerate(self.threads):
            server.say(title, **({"pinned": "true"} if number == 1 else {}))
            server.now += 14 * 3600
        server.now += 3 * 3600
        server.files = {
            "file-plot": ("revenue.png", plot(320, 180)),
            "file-table": ("revenue.csv", b"month,revenue\n" * 3_400),
            "file-report": (
                "A report of the whole year with a rather long name, final version 3.docx",
                b"x" * 1_234_567,
            ),
        }
        server.scripts = [list(script) for script in self.scripts]
        self.prepare(server)
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


def press(*keys: str, first: str = "", shows: str = "") -> Callable[[Seat], Awaitable[None]]:
    """Press these keys once a text is there, and wait for another one and the end of any request for models."""

    async def act(here: Seat) -> None:
        if first:
            await here.until(lambda: first in here.shown())
            await here.alive()
        await here.pilot.press(*keys)
        if shows:
            await here.until(lambda: shows in here.shown() and "asking" not in here.shown())

    return act


async def inspect_run(here: Seat) -> None:
    """Look into the run of a finished answer."""
    await ask(here)
    await here.pilot.press("f4")
    await here.until(lambda: "tokens in" in here.shown())


async def summarize(here: Seat) -> None:
    """Look at a summary that stands for what is above it."""
    await ask(here)
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


async def open_form(here: Seat) -> None:
    """Look at a ready-made assistant, and type something that cannot be saved."""
    await here.pilot.press("f5")
    await here.until(lambda: "Math tutor" in here.shown())
    await here.pilot.press(*"math", "tab")
    await here.until(lambda: "Instructions" in here.shown())
    here.app.screen.query(Input).first().value = "Math tutor " * 24
    await here.pilot.press("ctrl+s")
    await here.until(lambda: "too many" in here.shown())


async def unfold(here: Seat) -> None:
    """Ask, and open what is folded."""
    await ask(here)
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
    await see_files(here)
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
    await ask(here)
    wanted = Unboxed("".join(PROGRAM) * 3, here.workspace.current.thread_id or "")
    here.screen.spawn(here.workspace.code.request(wanted), "question")
    card = here.screen.query_one(CallCard)
    await here.until(lambda: card.display)
    await here.pilot.press("tab")
    await here.until(lambda: card.is_alive)
    await here.pilot.press("o")


async def ask_to_agree(here: Seat) -> None:
    """The question whether code may be run without a sandbox at all."""
    here.app.push_screen(AgreeQuestion(NONE))
    await here.until(lambda: isinstance(here.app.screen, AgreeQuestion))
    await _choose_one(here)


async def _choose_one(here: Seat) -> None:
    question = here.app.screen
    assert isinstance(question, QuestionSheet)
    await here.until(lambda: not question.is_dead)
    await here.pilot.press("down")


async def mark_code(here: Seat) -> None:
    """Ask, and mark the code in the answer."""
    await ask(here)
    while (block := here.screen.transcript.block) is None or block.kind != "code":
        await here.pilot.press("alt+up")


async def write_a_slash(here: Seat) -> None:
    """Ask, and begin a command."""
    await ask(here)
    await here.pilot.press(*"/th")
    await here.until(lambda: here.screen.query_one(SlashList).is_open)


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
    await ask(here)
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


PROGRAM = tuple(
    line + "\n"
    for line in (
        "import csv",
        "from collections import Counter",
        "",
        '"""Adds up what was sold in each month',
        'and says where it grew."""',
        "",
        "totals = Counter()",
        "with open('/mnt/data/sales.csv') as file:",
        "    for row in csv.DictReader(file):  # one sale each",
        "        totals[row['month']] += int(row['revenue'])",
        "",
        "for month, total in sorted(totals.items()):",
        "    print(f'{month}  {total:>8,}')",
    )
)
BARS = "".join(f"\r{part:3}% {'█' * (part // 5):20}" for part in range(0, 101, 5))
COLOURED = (
    f"reading sales.csv\n{BARS}\n\x1b[32mok\x1b[0m 12 months, \x1b[1;31m2 rows without a date\x1b[0m\n"
    "\x1b[33mwarning:\x1b[0m a bell\x07 and a title \x1b]0;PWNED\x07 came along\n2026-07    41,200\n2026-08    44,950\n"
)
RAISES = (
    '2026-07    41,200\nTraceback (most recent call last):\n  File "<cell 1>", line 10, in <module>\n'
    "    totals[row['month']] += int(row['revenue'])\n"
    "ValueError: invalid literal for int() with base 10: 'n/a'\n"
)
FLOOD = "".join(
    f"line {number:06} \x1b[3{number % 8}m{'=' * (number % 60)}\x1b[0m\n" for number in range(180_000)
)
PANEL = Code(PROGRAM, COLOURED)
WITH_FILES: tuple[Act, ...] = (
    Code(("import matplotlib\n", "plot(sales)"), "2026-09  47,310\n", picture="file-plot"),
    Give(
        "Revenue grew **7.2 %** a month. The figures are in [the table](sandbox:/mnt/data/revenue.csv).",
        (("sandbox:/mnt/data/revenue.csv", "file-table"),),
        "file-plot",
        ("file-report", "file-gone"),
    ),
    End(),
)


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


async def compare(here: Seat) -> None:
    """Ask three models at once, and wait until one of them still writes."""
    await here.write("/compare demo gpt-4o claude-sonnet-4")
    await here.until(lambda: "your next message to" in here.shown())
    await here.write(QUESTION)
    screens = here.app
    await here.until(lambda: isinstance(screens.screen, CompareScreen) and here.server.held.is_set())
    await here.until(lambda: all(sign in here.shown() for sign in ("1 ✓", "2 ✗", "3 ●")))
    here.server.now += 7
    for answer in screens.screen.query(AnswerColumn):
        answer.tick()


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

_SPENT = UsageSum(
    runs=61,
    runs_without_cost=2,
    prompt_tokens=1_284_300,
    cached_tokens=402_000,
    completion_tokens=96_410,
    cost_usd=1.9127,
    computed_usd=0.2,
)
_TODAY = UsageSum(
    runs=12, prompt_tokens=210_400, cached_tokens=64_000, completion_tokens=18_220, cost_usd=0.3114
)
_MONEY = Budget(per_run_usd=0.5, per_day_usd=1.0, spent_usd=0.3114)
_DAYS = [
    UsageRow(key="2027-01-15", **_TODAY.model_dump()),
    UsageRow(
        key="2027-01-14", runs=31, prompt_tokens=702_100, cached_tokens=338_000, completion_tokens=51_904,
        cost_usd=1.1213, computed_usd=0.2, runs_without_cost=2,
    ),
    UsageRow(key="2027-01-12", runs=17, prompt_tokens=371_800, completion_tokens=26_286, cost_usd=0.48),
    UsageRow(key="2027-01-11", runs=1, runs_without_cost=1, prompt_tokens=9_120, completion_tokens=640),
]  # fmt: skip
_THREADS = [
    UsageRow(
        key="thread_1",
        label="How did revenue develop in the third quarter, by month and by region? As a table, please",
        runs=44, prompt_tokens=901_000, cached_tokens=402_000, completion_tokens=70_110, cost_usd=1.4,
    ),
    UsageRow(key="thread_2", runs=17, runs_without_cost=2, prompt_tokens=383_300, completion_tokens=26_300, cost_usd=0.5127),
]  # fmt: skip
REPORTS = {
    by: UsageReport(by=by, rows=rows, total=_SPENT, today=_TODAY, budget=_MONEY)
    for by, rows in (("day", _DAYS), ("model", []), ("thread", _THREADS))
}
OVER_BUDGET = LastError(
    code="rate_limit_exceeded",
    message="Today's budget is too small for the next request, whose prompt alone takes about $0.0213: $0.9914 of $1.00 "
    "are spent today ([budget] per_day_usd). The model was not asked.",
    remedy="Raise it for today (ctrl+p, Raise today's budget), wait until midnight, or change the setting.",
    kind="budget",
)
STOPPED_BY_BUDGET: tuple[Act, ...] = (Say(("It grew by **7.2",), ""), End("failed", OVER_BUDGET))


async def open_usage(here: Seat) -> None:
    """The usage report."""
    await here.pilot.pause()
    here.screen.action_show_usage()
    await here.until(lambda: "2027-01-15" in here.shown())


async def open_usage_of_threads(here: Seat) -> None:
    """The usage report by thread."""
    await open_usage(here)
    await here.pilot.press("left")
    await here.until(lambda: "a deleted thread" in here.shown())


VENDORS = ("OpenAI", "Anthropic", "Google", "Meta", "Mistral AI", "xAI", "Alibaba Cloud", "DeepSeek")
CAN = ("tools", "vision", "reasoning", "streaming", "files")


def many_models(server: FakeTransport) -> None:
    """A thousand models of AI/ML API; of some nothing is known."""
    server.models = [_model(number) for number in range(1000)]
    server.sources = [
        ModelSource(connection="test server", source="cache", as_of=server.now - 3 * 3600, count=1000)
    ]


def _model(number: int) -> Model:
    vendor = VENDORS[number % len(VENDORS)]
    price = ModelPrice(
        prompt=(0.05, 0.25, 1.25, 15)[number % 4] * 1e-6, completion=(0.4, 2, 10, 75)[number % 4] * 1e-6
    )
    is_known = number % 7 != 3
    return Model(
        id=f"{vendor.split()[0].lower()}/{('large', 'small', 'flash-lite', 'coder-instruct-turbo')[number % 3]}-{number}",
        owned_by=vendor,
        name=f"Model {number}",
        created=1_000 - number,
        context_length=(128_000, 200_000, 1_048_576)[number % 3],
        output_limit=16_384,
        aliases=[f"model-{number}"] if number % 5 == 0 else None,
        abilities=[word for at, word in enumerate(CAN) if (number + at) % 3] if is_known else None,
        price=price if is_known else None,
        description="For everyday work and long documents; answers quickly and calls tools.",
        connection="test server",
        remark="deprecated" if number % 11 == 5 else None,
    )


def several_connections(server: FakeTransport) -> None:
    """A hosted list, a server on this machine, and one that does not answer."""
    many_models(server)
    server.models = [
        *server.models[:12],
        Model(
            id="qwen3:8b", owned_by="Ollama", connection="Ollama", context_length=40_960, abilities=["tools"]
        ),
        Model(id="demo", name="Demo"),
    ]
    server.sources = [
        ModelSource(connection="test server", source="live", as_of=server.now - 30, count=12),
        ModelSource(connection="Ollama", source="live", as_of=server.now - 30, count=1),
        ModelSource(connection="Work", source="none", problem="10.0.0.7:8080 refused the connection."),
    ]


def shipped_models(server: FakeTransport) -> None:
    """Nobody was asked yet, and nobody can be."""
    many_models(server)
    server.models = [
        Model(
            id=model.id,
            owned_by=model.owned_by,
            context_length=model.context_length,
            connection="test server",
        )
        for model in server.models[:259]
    ]
    problem = "The name api.example.com could not be found: no network, or a mistyped base URL."
    server.sources = [
        ModelSource(
            connection="test server", source="snapshot", as_of=1_787_270_400, problem=problem, count=259
        )
    ]


async def pick_a_model(here: Seat) -> None:
    """Open the list, go down a bit, make one a favourite."""
    await here.until(lambda: here.workspace.models.page)
    await here.pilot.press("ctrl+l", *["down"] * 3, "ctrl+f")
    await here.until(lambda: "asking" not in here.shown() and "★" in here.shown())


SCENES: tuple[Scene, ...] = (
    Scene("usage", open_usage, themes=(DARK, LIGHT), reports=REPORTS),
    Scene("usage-threads", open_usage_of_threads, reports=REPORTS),
    Scene("budget", ask, (MIDDLE,), (DARK, LIGHT), scripts=(STOPPED_BY_BUDGET,), reports=REPORTS),
    Scene("empty", nothing, (SMALL, MIDDLE, LARGE), (DARK, LIGHT)),
    Scene("streaming", ask_and_watch, scripts=(STREAMING,)),
    Scene("finished", ask, (SMALL, MIDDLE, LARGE), (DARK, LIGHT), (FINISHED,)),
    Scene("marked", mark_code, (MIDDLE,), scripts=(FINISHED,)),
    Scene("marked", mark_code, (SMALL,), (LIGHT,), scripts=(FINISHED,)),
    # for the contact sheet alone: `test_walk` has pictures of these
    Scene("slash", write_a_slash, (), scripts=(FINISHED,)),
    Scene("search", search_words, ()),
    Scene("found", find_words, (), scripts=(FINISHED,)),
    Scene("inspector", inspect_run, (MIDDLE,), scripts=(FINISHED,)),
    Scene("inspector", inspect_run, (SMALL,), (LIGHT,), scripts=(FINISHED,)),
    Scene("summary", summarize, (MIDDLE,), scripts=(FINISHED,)),
    Scene("summary", summarize, (SMALL,), (LIGHT,), scripts=(FINISHED,)),
    Scene("failed", ask, themes=(DARK, LIGHT), scripts=(FAILED,)),
    Scene("stopped", ask_and_stop, (MIDDLE,), scripts=(STREAMING,)),
    Scene("queued", ask_and_queue, scripts=(STREAMING,)),
    Scene("scrolled-up", ask_and_scroll, (SMALL,), scripts=(LONG,)),
    Scene("sidebar", press("ctrl+s", "ctrl+s", shows="type to search"), (SMALL,)),
    Scene("models", press("ctrl+l", shows="gpt-4o"), themes=(DARK, LIGHT)),
    Scene("many-models", pick_a_model, (SMALL, MIDDLE, LARGE), prepare=many_models),
    Scene("many-models", pick_a_model, (MIDDLE,), (LIGHT,), prepare=many_models),
    Scene("no-such-model", press("ctrl+l", *"zzz/9", shows="as typed"), (SMALL,), prepare=many_models),
    Scene(
        "model-connections",
        press("ctrl+l", shows="refused the"),
        (SMALL, MIDDLE),
        prepare=several_connections,
    ),
    Scene("shipped-models", press("ctrl+l", shows="2026-08"), (SMALL,), (LIGHT,), prepare=shipped_models),
    Scene("help", press("f1", shows="Writing"), themes=(DARK,)),
    Scene("palette", press("ctrl+p", shows="search commands")),
    Scene("compare", compare, (MIDDLE,), scripts=(FINISHED[1:], FAILED, STREAMING)),
    Scene("compare", compare, (SMALL,), (LIGHT,), scripts=(FINISHED[1:], FAILED, STREAMING)),
    Scene("settings", press("f2", shows="Colours of the screen"), (MIDDLE,)),
    Scene("settings", press("f2", shows="Colours of the screen"), (SMALL,), (LIGHT,)),
    Scene("assistants", press("f5", shows="Plain chat"), (MIDDLE,)),
    Scene("assistants", press("f5", shows="Plain chat"), (SMALL,), (LIGHT,)),
    Scene("assistant", open_form, (MIDDLE,)),
    Scene("assistant", open_form, (SMALL,), (LIGHT,)),
    Scene("run-options", press(*"/options", "enter", "ctrl+t", shows="Jane Doe"), (SMALL,), (LIGHT,)),
    Scene("rename", press("ctrl+s", "ctrl+s", "ctrl+r", shows="Rename the thread"), (MIDDLE,)),
    Scene("not-set-up", nothing, themes=(DARK, LIGHT), model=None),
    Scene(
        "connect",
        wait("Try the demo"),
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
        press("down", "down", "down", "enter", first="Try the demo", shows="The Assistants API"),
        model=None,
        options={"connections": FIRST},
    ),
    Scene("connections", show_connections, (SMALL,), (DARK, LIGHT), options={"connections": SEVERAL}),
    Scene("narrow", ask, ((60, 20), (40, 11), (20, 5)), scripts=(FINISHED,)),
    Scene("panel-folded", ask, (SMALL,), scripts=((PANEL, Say(("Done.",)), End()),)),
    Scene("panel-input", ask_and_watch, (SMALL,), scripts=((Code(PROGRAM, hold="input"), End()),)),
    Scene(
        "panel-output",
        ask_and_watch,
        (SMALL, MIDDLE),
        (DARK, LIGHT),
        ((Code(PROGRAM, COLOURED, hold="output"), End()),),
    ),
    Scene("panel-open", unfold, (MIDDLE,), (DARK, LIGHT), ((PANEL, Say(("Done.",)), End()),)),
    Scene("panel-failed", ask, (SMALL, MIDDLE), (DARK,), ((Code(PROGRAM, RAISES), Say(("Hm.",)), End()),)),
    Scene("panel-flood", view_all, (MIDDLE,), scripts=((Code(PROGRAM, FLOOD), Say(("Much.",)), End()),)),
    Scene("code-card", ask_about_code, (SMALL, MIDDLE), (DARK, LIGHT), (FINISHED,)),
    Scene("code-agree", ask_to_agree, themes=(DARK, LIGHT)),
    Scene("files", see_files, (SMALL, MIDDLE, LARGE), (DARK, LIGHT), (WITH_FILES,)),
    Scene("files-ascii", see_files, (SMALL,), scripts=(WITH_FILES,), options={"glyphs": "ascii"}),
    Scene("picture", see_it_large, (MIDDLE,), scripts=(WITH_FILES,)),
    Scene("plain", ask, (SMALL,), ("ansi-dark",), (FINISHED,), options={"is_plain": True}),
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
