"""Texts of models, files and imports that a regular expression could take minutes for are read at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from aimltui.config import mcp_servers
from aimltui.engine.models.errors.body import words_of_text
from aimltui.engine.runs.printed_calls import printed_calls
from aimltui.formatting.formulas.writing import on_one_line
from aimltui.interchange.details import split_details
from aimltui.interchange.formats import chatgpt_marks, own_markdown
from aimltui.interchange.records import Text
from aimltui.local_tools.functions.docstrings import read_docstring
from aimltui.tui.screens.main import composing
from aimltui.tui.state.saved_prompts import SavedPrompt

N = 40_000
SPACES = " " * N


def asked(text: str) -> object:
    return composing._ARGUMENT.fullmatch(text)


READ: dict[str, tuple[Callable[[str], object], str]] = {
    "a fence": (lambda text: printed_calls(text, {"weather"}), f"```{SPACES}x"),
    "an attribute": (split_details, "<details " + "-" * N + ">"),
    "elements": (split_details, "<details" * N),
    "addresses": (own_markdown._bytes_in, "(data:" * N),
    "references": (lambda text: chatgpt_marks.shown(text, {}), "【1†" * N),
    "a parameter": (read_docstring, f"Do.\n\n:param {SPACES}-"),
    "a field": (read_docstring, "Do.\n\n:param" + "_" * 3 * N),
    "an argument": (read_docstring, f"Do.\n\nArgs:\n    a{SPACES}b"),
    "a command": (asked, f"/A{SPACES}\n"),
    "a placeholder": (lambda text: SavedPrompt("a", text).blanks, "{{" + SPACES),
    "variables": (lambda text: mcp_servers.expand(text, {}), "${A:-" * N),
}


@pytest.mark.parametrize("name", READ)
def test_a_long_text_is_read_at_once(name: str) -> None:
    read, text = READ[name]
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2.0


def test_what_is_searched_is_still_found() -> None:
    assert split_details('a <details x="1" type="reasoning">b</details> c')[::2] == [Text("a"), Text("c")]
    assert own_markdown._bytes_in("![a](data:text/plain;base64,aGk=)") == b"hi"
    assert chatgpt_marks.shown("a【1†b】c", {}) == "ac"
    assert read_docstring("Do.\n\n:param int a: The first.\n:param b: The second.\n:param *c: no")[1] == {
        "a": "The first.",
        "b": "The second.",
    }
    assert SavedPrompt("a", "{{ one two }} {{x}} {{ }}").blanks == ("one two", "x")
    assert mcp_servers.expand("a${A:-b c}d${B", {}) == "ab cd${B"
    assert on_one_line("x^{a + b}") == on_one_line("x^{a+b}")
    found = words_of_text("<html><title>Bad <b>gateway</b></title></html>", None)
    assert found.text.split() == ["Bad", "gateway"]
