"""A long line of the same few characters takes no longer than any other text, wherever a pattern looks at it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from aimltui.engine.extraction.words import extra_words
from aimltui.engine.runs.printed_calls import printed_calls
from aimltui.formatting.plain_markdown import plain_markdown
from aimltui.interchange.details import split_details
from aimltui.interchange.formats.chatgpt_marks import shown
from aimltui.interchange.keys import without_keys
from aimltui.tui.state.assistant_form import AssistantForm, problems_of
from aimltui.tui.state.saved_prompts import SavedPrompt
from aimltui.tui.widgets.transcript.copied_text import code_blocks

LONG = 60_000


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(extra_words, "1" * LONG + "é", id="words"),
        pytest.param(lambda text: printed_calls(text, ()), "```" + "\t" * LONG + "x", id="printed calls"),
        pytest.param(plain_markdown, " " * LONG + "x", id="Markdown"),
        pytest.param(code_blocks, " " * LONG + "x", id="code blocks"),
        pytest.param(code_blocks, "-" + " " * LONG + "x", id="code blocks in a list"),
        pytest.param(
            split_details,
            f'<details type="reasoning" {"-" * LONG}>\nx\n</details>\n',
            id="a block of details",
        ),
        pytest.param(lambda text: shown(text, {}), "【1†" * LONG, id="marks of sources"),
        pytest.param(without_keys, "sk-" * LONG, id="keys"),
        pytest.param(lambda text: SavedPrompt("a", text).blanks, "{{" + " " * LONG, id="placeholders"),
        pytest.param(
            lambda text: problems_of(AssistantForm(name="A", metadata=text)),
            "a" + " " * LONG + "b",
            id="pairs",
        ),
    ],
)
def test_a_long_line_is_read_at_once(read: Callable[[str], object], text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2
