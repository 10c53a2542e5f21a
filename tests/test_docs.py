"""What the README says is true."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from aimltui.cli.chat_commands import HELP
from aimltui.cli.main import command_parser, commands_of, parser
from aimltui.tui.commands.derived import COMMANDS, key_table_markdown, ways_to

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_the_key_table_is_the_command_tables() -> None:
    table = re.search(r"<!-- keys:[^>]*-->\n(.*?)\n<!-- /keys -->", README, re.S)
    assert table is not None
    assert table[1].strip() == key_table_markdown().strip(), "run: python -m tests.support.readme"


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [path for path in pictures if not (ROOT / path).is_file()] == []


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    command = re.search(r"^python3 -m venv .*?(python -m pytest.*)$", README, re.M)
    assert command is not None
    assert command[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def flags(*parsers: argparse.ArgumentParser) -> set[str]:
    return {
        flag
        for p in parsers
        for action in p._actions
        for flag in action.option_strings
        if flag.startswith("--")
    }


def below(of: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A parser and those of its commands."""
    commands = [action.choices for action in of._actions if isinstance(action.choices, dict)]
    return [of, *(one for choices in commands for inner in choices.values() for one in below(inner))]


def test_every_flag_that_is_named_is_a_flag() -> None:
    known = flags(parser(), *below(command_parser()))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= known


def test_every_flag_of_the_program_is_in_the_readme_and_no_other() -> None:
    section = README.split("## Start it your way", 1)[1].split("**", 1)[0]
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section)) == flags(parser())


def test_every_command_that_is_named_is_a_command() -> None:
    known = {item.slash for item in COMMANDS if item.slash} | set(re.findall(r"^(/[a-z]+)", HELP, re.M))
    named = set(re.findall(r"`(/[a-z_]+)(?: [^`]*)?`", README)) - {"/review", "/healthz", "/metrics"}
    assert len(named) > 10
    assert named <= known
    commands = commands_of(command_parser())
    words = set(re.findall(r"`aimltui ([a-z]+)[^`]*`", README))
    assert len(words) > 8
    assert words <= set(commands)


def test_every_key_of_a_command_that_is_named_is_one() -> None:
    keys = {key for item in COMMANDS for way in ways_to(item) for key in [way.lower()]}
    text = README.split("<!-- keys", 1)[0]
    named = {key.lower() for key in re.findall(r"\b(F\d{1,2})\b", text)}
    assert named
    assert named <= keys
