"""`aimltui skills`: shows the skills that assistants can have."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from aimltui.bootstrap.local_tools import skill_folders_of, skill_source
from aimltui.cli.flags import add_actions, add_json
from aimltui.cli.objects import say_json
from aimltui.cli.tool_commands import add_place_flags, places_of
from aimltui.common.sanitize import clean_line

DESCRIPTION = (
    "Skills are folders with a file SKILL.md that tells a model how to do a kind of task. They are read from `skills` in the "
    "configuration directory, from ~/.agents/skills, and from .agents/skills of the folder that [skills] names. The command "
    "/skills in the program switches them on for an assistant."
)


def add_skills_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `skills` to the result of `ArgumentParser.add_subparsers`; each action's default `run` does it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "skills", help="instructions that assistants load", description=DESCRIPTION, allow_abbrev=False
    )
    actions = add_actions(parser)
    listing = actions.add_parser("list", help="show the skills", allow_abbrev=False)
    listing.set_defaults(run=show)
    add_json(listing)
    add_place_flags(listing)
    return parser


def show(options: argparse.Namespace) -> int:
    """Print the skills and what is wrong; returns the exit status, 1 if a skill is not usable."""
    config_file, settings, _ = places_of(options)
    source = skill_source(settings, config_file)
    asyncio.run(source.refresh())
    if options.json:
        say_json(
            {
                "data": [
                    {"name": skill.name, "description": skill.description, "folder": str(skill.folder)}
                    for skill in source.skills
                ],
                "problems": [problem.sentence for problem in source.problems],
            }
        )
        return 1 if source.problems else 0
    for skill in source.skills:
        _say(f"{skill.name}  {clean_line(str(skill.folder))}")
        _say(f"    {skill.description}")
    for problem in source.problems:
        _say(f"! {problem.sentence}")
    if not source.skills and not source.problems:
        places = ", ".join(clean_line(str(folder.path)) for folder in skill_folders_of(settings, config_file))
        _say(f"There are no skills. A skill is a folder with a SKILL.md in one of: {places}")
    return 1 if source.problems else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # there is no screen
