"""`aimltui usage`: prints what runs used and cost, today's budget and the account's balance."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

from aimltui.bootstrap.engine import open_engine
from aimltui.bootstrap.source import Source, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.cli.local_threads import local_source
from aimltui.common.errors import AimltuiError, ConfigError

DESCRIPTION = (
    "Show what runs used: tokens and cost, as the provider reported it or, marked with ≈, computed from list prices. "
    "Unknown costs are not guessed. Deleted threads stay in the sums."
)
_WIDTH = 100


def add_usage_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `usage` to the result of `ArgumentParser.add_subparsers`; its default `run` is `usage`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "usage", help="show what runs used and cost", description=DESCRIPTION, allow_abbrev=False
    )
    add = parser.add_argument
    add(
        "--by",
        choices=("day", "model", "connection", "thread", "client"),
        default="day",
        help="default: %(default)s",
    )
    add("--since", metavar="DATE", type=_date, help="count from this day on, for example 2026-11-22")
    add("--json", action="store_true", help="print JSON")
    add(
        "--balance",
        action="store_true",
        help="ask the AI/ML API what is left on the account",
    )
    add("--raise-usd", metavar="DOLLARS", type=float, help="raise today's budget by this amount")
    add("--raise-tokens", metavar="COUNT", type=int, help="raise today's budget by this number of tokens")
    add_engine_flags(parser)
    parser.set_defaults(run=usage)
    return parser


def usage(options: argparse.Namespace) -> int:
    """Print the report, the balance or the new budget; returns the exit status.

    Raises:
        AimltuiError: The engine or the provider refuses.
    """
    source = find_source(options) if options.balance else local_source(options)
    for line in asyncio.run(_report(source, options)):
        print(line)  # noqa: T201  # there is no screen
    return 0


async def _report(source: Source, options: argparse.Namespace) -> list[str]:
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport
    from aimltui.formatting.usage_table import balance_text, budget_lines, table_of
    from aimltui.wire.errors import APIError
    from aimltui.wire.usage import RaiseBudget, UsageParams

    raises = options.raise_usd is not None or options.raise_tokens is not None
    async with open_engine(source, creates=raises) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        try:
            if options.balance:
                balance = await client.balance()
                return [json.dumps(balance.to_json()) if options.json else balance_text(balance)]
            if raises:
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
        # JSON escapes control characters, which a title may contain.
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
        raise ConfigError("The amount must be above 0 and at most 100,000 dollars.") from error


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError("write the date as 2026-11-22")
    return text
