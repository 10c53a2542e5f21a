"""A plain terminal gets advice that it can follow, and reasons in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import aimltui.engine
from aimltui.cli.wording import incomplete_reason, without_screen_keys

SENTENCE = re.compile(r'"([^"\n]*ctrl\+[LpP][^"\n]*)"')
ADVICE = [
    text
    for file in sorted(Path(aimltui.engine.__file__).parent.rglob("*.py"))
    for text in SENTENCE.findall(file.read_text(encoding="utf-8"))
]


def test_the_engine_has_advice_with_keys_of_the_screen() -> None:
    assert len(ADVICE) > 5


@pytest.mark.parametrize("advice", ADVICE)
def test_no_key_of_the_screen_is_left_in_advice(advice: str) -> None:
    shown = without_screen_keys(advice)
    assert "ctrl+" not in shown
    assert "--" in shown or "in aimltui" in shown
    # the flag for the key sets no base URL
    assert not ("base URL" in shown and "--api-key-env" in shown)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("content_filter", "content filter"),
        ("max_completion_tokens", "limit of tokens"),
        ("", "did not say why"),
        ("odd", "odd"),
    ],
)
def test_a_reason_is_told_in_words(reason: str, words: str) -> None:
    assert words in incomplete_reason(reason)
