"""Mistakes that programs on Textual have made. Judged elsewhere:

* text lost or blocks broken while it streams: `transcript/test_stream.py`, each prefix against its text drawn as a whole;
* a short thread at the bottom, or a blank band after a resize: the scenes of `tests/snapshot`, and the resizes in
  `tests/widgets/test_transcript.py`;
* markup in texts of models: `tests/fuzz`, and `test_renderers.py`;
* a selection that starts in free space: `tests/widgets/test_transcript.py`;
* text lost because updates are dropped: `tests/widgets/test_transcript.py`, what is read live against the reopened thread;
* ctrl+c taken by the screen: `tests/widgets/test_prompt_input.py`;
* private parts of Textual: `check_damage_looks_like_everything` in `tests/widgets/test_main_screen.py`;
* pauses of the garbage collector: how late the event loop is, in `tests/bench/bench_streaming.py`.
"""

from __future__ import annotations

import ast
import gc
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from textual.binding import Binding

from aimltui import tui
from aimltui.common import gc_tuning
from aimltui.tui.commands.derived import COMMANDS, command
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.prompt_input import PromptInput

PROJECT = Path(tui.__file__).parents[2] / "pyproject.toml"
SOURCES = [ast.parse(file.read_text(encoding="utf-8")) for file in Path(tui.__file__).parent.rglob("*.py")]
ALT_LETTER = re.compile(r"alt\+[a-zA-Z]")
EDITING = {"alt+b", "alt+f", "alt+d"}
"""They move by words, or delete one, which undo brings back."""


def test_a_worker_that_ends_others_names_whom() -> None:
    calls = [
        {keyword.arg: keyword.value for keyword in node.keywords}
        for tree in SOURCES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("run_worker", "work")
    ]
    exclusive = [call for call in calls if "exclusive" in call]
    assert len(exclusive) > 5
    assert all("group" in call for call in exclusive)


def test_escape_and_a_letter_read_together_do_no_harm() -> None:
    of_commands = {key for item in COMMANDS for key in item.keys}
    of_fields = {
        key
        for widget in (PromptInput, LineInput)
        for binding in widget.BINDINGS
        for key in (binding.key if isinstance(binding, Binding) else binding[0]).split(",")
    }
    assert {key for key in of_commands | of_fields if ALT_LETTER.fullmatch(key)} <= EDITING


def test_keys_that_textual_gives_a_meaning_have_it_here() -> None:
    assert "ctrl+q" in command("quit").keys
    assert "ctrl+p" in command("palette").keys
    assert all(
        item.id in ("quit", "palette") or not {"ctrl+q", "ctrl+p"} & set(item.keys) for item in COMMANDS
    )


def test_the_next_major_version_of_textual_is_not_installed_untested() -> None:
    wanted = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    bound = next(one for one in wanted if one.startswith("textual>="))
    assert bound.endswith(f",<{int(version('textual').partition('.')[0]) + 1}")


def test_garbage_is_collected_again_after_the_start() -> None:
    before = gc.get_threshold()
    try:
        gc_tuning.put_off()
        assert not gc.isenabled()
        gc_tuning.tune()
        assert gc.isenabled()
        assert all(gc.get_threshold())
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
        gc.enable()
