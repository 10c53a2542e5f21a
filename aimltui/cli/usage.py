"""`aimltui usage`: what runs have used, today's budget and the balance, in a plain terminal."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

from aimltui.bootstrap.engine import open_engine
from aimltui.bootstrap.source import DEMO_MODEL, Source, data_dir_of, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.config import paths
from aimltui.config.settings import load_settings

DESCRIPTION = (
    "What runs have used: tokens and cost, from the provider's own word or, marked with ≈, from list prices. What "
    "nobody told is not guessed. Deleted threads keep their sums."
)
_WIDTH = 100


def add_usage_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `usage` to the result of `ArgumentParser.add_subparsers`; its default `run` is `usage`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "usage", help="what runs have used and cost", description=DESCRIPTION, allow_abbrev=False
    )
    add = parser.add_argument
    add("--by", choices=("day", "model", "connection", "thread"), default="day", help="default: %(default)s")
    add("--since", metavar="DATE", type=_date, help="the first day that counts, as 2026-11-22")
    add("--json", action="store_true", help="write the report as JSON")
    add(
        "--balance",
        action="store_true",
        help="ask the AI/ML API what is left on the account, with its own key",
    )
    add("--raise-usd", metavar="DOLLARS", type=float, help="let so much more be spent today")
    add("--raise-tokens", metavar="COUNT", type=int, help="let so many more tokens be used today")
    add_engine_flags(parser)
    parser.set_defaults(run=usage)
    return parser


def usage(options: argparse.Namespace) -> int:
    """Say what was asked for; the exit status.

    Raises:
        AimltuiError: It cannot be told.
    """
    if options.balance:
        source = find_source(options)
    else:
        config_file = options.config or paths.config_file()
        settings = load_settings(config_file, must_exist=options.config is not None)
        data_dir = data_dir_of(options)
        # no model is asked, so no key is needed
        source = Source(data_dir, None, DEMO_MODEL, settings)
    for line in asyncio.run(_tell(source, options)):
        print(line)  # noqa: T201  # there is no screen
    return 0


async def _tell(source: Source, options: argparse.Namespace) -> list[str]:
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport
    from aimltui.formatting.usage_table import balance_text, budget_lines, table_of
    from aimltui.wire.errors import APIError
    from aimltui.wire.usage import RaiseBudget, UsageParams

    async with open_engine(source) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        try:
            if options.balance:
                balance = await client.balance()
                return [json.dumps(balance.to_json()) if options.json else balance_text(balance)]
            if options.raise_usd is not None or options.raise_tokens is not None:
                budget = await client.raise_budget(_raise(RaiseBudget, options))
                return (
                    [json.dumps(budget.to_json())]
                    if options.json
                    else [f"Budget: {'; '.join(budget_lines(budget))}"]
                )
            report = await client.usage(UsageParams(by=options.by, since=options.since))
        except APIError as error:
            raise AimltuiError(error.message) from error
    if options.json:
        # escaped: a title may hold what a terminal would obey
        return [json.dumps(report.to_json())]
    return list(_lines(table_of(report)))


def _lines(table: Any) -> Iterator[str]:
    from aimltui.formatting.cells import fit
    from aimltui.formatting.usage_table import HEADINGS, columns_text, numbers_text, summary_text

    room = _WIDTH - len(columns_text(_WIDTH))
    if table.lines:
        yield (fit(HEADINGS[table.by], room) + columns_text(_WIDTH)).rstrip()
        for line in table.lines:
            yield (fit(line.label, room) + numbers_text(line, _WIDTH)).rstrip()
        yield ""
    yield summary_text("Total", table.total)
    yield summary_text("Today", table.today)
    if table.budget:
        yield f"Budget: {'; '.join(table.budget)}"


def _raise(params: Any, options: argparse.Namespace) -> Any:
    try:
        return params(usd=options.raise_usd, tokens=options.raise_tokens)
    except ValueError as error:
        raise ConfigError(
            "The budget can be raised by an amount above 0 only, up to 100,000 dollars."
        ) from error


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError("a date looks like 2026-11-22")
    return text
