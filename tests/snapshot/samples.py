"""What stands on the pictures: an answer, scripts of runs, usage, connections and lists of models."""

from __future__ import annotations

from dataclasses import replace

from aimltui.wire.models import Model, ModelPrice, ModelSource
from aimltui.wire.runs import LastError
from aimltui.wire.usage import Budget, UsageReport, UsageRow, UsageSum
from tests.support.fake_connections import AIMLAPI, AIMLAPI_KEY, OLLAMA, REFUSED, WORK, FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import FAILURE, Act, Code, End, Give, Hold, Say

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
