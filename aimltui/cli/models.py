"""`aimltui models learned`: lists what each model does not support, as learned from refusals, and deletes it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.engine import lessons_of
from aimltui.bootstrap.source import data_dir_of

if TYPE_CHECKING:
    from aimltui.engine.models.compat.lesson_store import Lesson

DESCRIPTION = (
    "If a server refuses a part of a request, aimltui leaves it out for thirty days and then tries it again. This lists "
    "what was learned, and can delete it: all of it, or for one model."
)
_DAY_S = 86_400
_EVERYTHING = "*"


def add_models_parser(commands: Any) -> None:
    """Add `models` with its actions to the result of `ArgumentParser.add_subparsers`."""
    parser = commands.add_parser("models", help="show what each model does not support", allow_abbrev=False)
    actions = parser.add_subparsers(required=True, metavar="learned")
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
    learned.set_defaults(run=show_learned)


def show_learned(options: argparse.Namespace) -> int:
    """Print what was learned, or delete it; returns the exit status."""
    data_dir = data_dir_of(options)
    lessons = lessons_of(data_dir)
    lessons.load()
    if options.clear is None:
        for line in lesson_lines(lessons.listed(), time.time()):
            _say(line)
        return 0
    model = None if options.clear == _EVERYTHING else options.clear
    gone = lessons.forget(model)
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
