"""`aimltui models`: lists the models, and what refusals have taught about them."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.engine import lessons_of, open_engine
from aimltui.bootstrap.source import data_dir_of, find_source
from aimltui.cli.finding import find_one
from aimltui.cli.flags import add_actions, add_engine_flags, add_json
from aimltui.cli.objects import say, say_json, say_pairs, told
from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from aimltui.engine.models.compat.lesson_store import Lesson
    from aimltui.wire.models import ModelPage

DESCRIPTION = (
    "If a server refuses a part of a request, aimltui leaves it out for thirty days and then tries it again. This lists "
    "what was learned, and can delete it: all of it, or for one model."
)
_DAY_S = 86_400
_EVERYTHING = "*"


def add_models_parser(commands: Any) -> None:
    """Add `models` with its actions to the result of `ArgumentParser.add_subparsers`."""
    parser = commands.add_parser(
        "models", help="list models, and what each does not support", allow_abbrev=False
    )
    actions = add_actions(parser)
    for name, text in (
        ("list", "list the models of the connections"),
        ("show", "show what is known of a model"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text.capitalize()}.", allow_abbrev=False)
        if name == "show":
            action.add_argument("model", metavar="MODEL", help="an id, or the beginning of one")
        action.add_argument("--json", action="store_true", help="write JSON, as the API has it")
        action.add_argument("--refresh", action="store_true", help="fetch the lists again")
        add_engine_flags(action)
        action.set_defaults(run=show_models if name == "list" else show_model)
    learned = actions.add_parser(
        "learned",
        help="show or delete what was learned from refusals",
        description=DESCRIPTION,
        allow_abbrev=False,
    )
    add = learned.add_argument
    add("--data-dir", type=Path, metavar="DIR", help="the data directory, instead of the default one")
    add(
        "--clear",
        nargs="?",
        const=_EVERYTHING,
        metavar="MODEL",
        help="delete what was learned, of all models or of this one",
    )
    add_json(learned)
    learned.set_defaults(run=show_learned)


def show_models(options: argparse.Namespace) -> int:
    """Print the models; returns the exit status.

    Raises:
        AimltuiError: No connection is set up, or the models cannot be listed.
    """
    page = asyncio.run(_listed(options))
    if options.json:
        say_json(page.to_json())
        return 0
    for model in page.data:
        where = f"  {model.connection}" if model.connection else ""
        say(f"{clean_line(model.id)}{where}")
    for source in page.sources or ():
        if source.problem:
            print(f"{clean_line(source.connection)}: {clean_line(source.problem)}", file=sys.stderr)  # noqa: T201
    return 0


def show_model(options: argparse.Namespace) -> int:
    """Print what is known of a model; returns the exit status.

    Raises:
        AimltuiError: No connection is set up, or there is no such model.
    """
    page = asyncio.run(_listed(options))
    model = find_one(page.data, options.model, "model", listed_by="aimltui models list")
    if options.json:
        say_json(model.to_json())
        return 0
    price = model.price
    say_pairs(
        [
            ("id", model.id),
            ("name", model.name or ""),
            ("vendor", model.owned_by),
            ("connection", model.connection or ""),
            ("context", f"{model.context_length:,} tokens" if model.context_length else ""),
            ("longest answer", f"{model.output_limit:,} tokens" if model.output_limit else ""),
            ("abilities", ", ".join(model.abilities or ())),
            ("price in", _price(price.prompt if price else None)),
            ("price out", _price(price.completion if price else None)),
            ("remark", model.remark or ""),
            ("learned", " ".join(model.learned or ())),
        ]
    )
    return 0


async def _listed(options: argparse.Namespace) -> ModelPage:
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport

    async with open_engine(find_source(options), creates=False) as engine:
        with told():
            return await AssistantsClient(EmbeddedTransport(engine)).list_models(refresh=options.refresh)


def _price(dollars: float | None) -> str:
    return f"${dollars * 1e6:.4g} per million tokens" if dollars is not None else ""


def show_learned(options: argparse.Namespace) -> int:
    """Print what was learned, or delete it; returns the exit status."""
    data_dir = data_dir_of(options)
    lessons = lessons_of(data_dir)
    lessons.load()
    if options.clear is None and options.json:
        say_json({"data": [{**asdict(lesson), "sentence": lesson.words} for lesson in lessons.listed()]})
        return 0
    if options.clear is None:
        for line in lesson_lines(lessons.listed(), time.time()):
            _say(line)
        return 0
    model = None if options.clear == _EVERYTHING else options.clear
    gone = lessons.forget(model)
    if options.json:
        say_json({"deleted": gone})
        return 0
    about = "" if model is None else f" about {model}"
    if not gone:
        _say(f"Nothing was learned{about}, so nothing was deleted.")
    else:
        _say(
            f"Deleted {gone} {'lesson' if gone == 1 else 'lessons'}{about}. Requests will try these features again."
        )
    return 0


def lesson_lines(lessons: list[Lesson], now: float) -> Iterator[str]:
    """Yield what was learned as lines."""
    if not lessons:
        yield "Nothing has been learned yet: no server has refused a part of a request."
    for (model, connection), group in groupby(lessons, key=lambda lesson: (lesson.model, lesson.connection)):
        where = f" ({connection})" if connection else ""
        yield f"{model or 'every model'}{where}"
        for lesson in group:
            days = int((now - lesson.at) // _DAY_S)
            when = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
            yield f"  {lesson.words or lesson.name} Learned {when}."


def _say(text: str) -> None:
    print(text)  # noqa: T201  # a command of the command line
