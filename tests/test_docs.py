"""What the README says is true."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from aimltui.chat import add_chat_parser
from aimltui.cli import parser
from aimltui.server.command import add_serve_parser
from aimltui.tui.commands import key_table_markdown

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
FLAG = r"(?<![\w-])--[a-z][a-z-]+"


def flags(of: argparse.ArgumentParser) -> set[str]:
    return {option for action in of._actions for option in action.option_strings if option.startswith("--")}


def commands() -> list[argparse.ArgumentParser]:
    group = argparse.ArgumentParser().add_subparsers()
    return [add_serve_parser(group), add_chat_parser(group)]


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


def test_every_flag_that_is_named_is_a_flag() -> None:
    assert set(re.findall(FLAG, README)) <= flags(parser()).union(*map(flags, commands()))


def test_every_flag_of_the_program_is_in_the_readme_and_no_other() -> None:
    section = README.split("## Start it your way", 1)[1].split("**", 1)[0]
    assert set(re.findall(FLAG, section)) == flags(parser())
