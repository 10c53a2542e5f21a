from __future__ import annotations

import copy
import pickle
from dataclasses import asdict

import pytest

from aimltui.common.redaction import HIDDEN
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.redaction import presentable
from aimltui.engine.models.endpoint.secret import Secret

KEY = "sk-live-abcdefghijklmnop"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(KEY)),
        str(Secret(KEY)),
        f"{Secret(KEY)}",
        f"{Secret(KEY):>40}",
        f"{Secret(KEY)!r}",
        "%s" % Secret(KEY),  # noqa: UP031  # old formatting is one of the ways to print
        repr(Endpoint("e", "https://x.test/v1", Secret(KEY), {"X-Token": KEY})),
        repr(asdict(Endpoint("e", "https://x.test/v1", Secret(KEY)))),
        repr(copy.deepcopy([Secret(KEY)])),
    ],
)
def test_a_secret_shows_itself_in_no_way_of_printing(shown: str) -> None:
    assert KEY not in shown
    assert "abcdef" not in shown


def test_a_secret_is_revealed_only_by_asking_for_it() -> None:
    assert Secret(KEY).reveal() == KEY


def test_a_secret_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(KEY))


def test_line_ends_around_a_key_are_dropped() -> None:
    assert Secret(f"  {KEY}\r\n").reveal() == KEY


@pytest.mark.parametrize(
    ("text", "safe"), [(KEY, True), ("a b", False), ("schlüssel", False), ("a\nb", False), ("a\x00b", False)]
)
def test_a_key_that_no_header_can_carry_is_recognised(text: str, safe: bool) -> None:
    assert Secret(text).is_header_safe is safe


def test_secrets_compare_by_their_text_and_an_empty_one_is_false() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("  ")


@pytest.mark.parametrize(
    "text",
    [
        f"bad key {KEY}",
        f"bad key {KEY[:9]}\x1b[31m{KEY[9:]}",
        f"bad key {KEY[:9]}\u200b{KEY[9:]}",
        f"header was Bearer {KEY}",
        "x" * 490 + KEY,
        "another account's: sk-proj-99887766554433221100",
        "partly starred: sk-ab**************wxyz",
        "Authorization: bearer abcdef.ghijkl-123",
    ],
)
def test_no_key_survives_in_a_servers_text(text: str) -> None:
    shown = presentable(text, Secret(KEY))
    for piece in (KEY, KEY[4:16], "99887766", "wxyz", "abcdef.ghijkl"):
        assert piece not in shown


def test_a_key_in_percent_encoding_is_hidden() -> None:
    assert "a%2Fb" not in presentable("url?key=a%2Fb%2Bcdefghij", Secret("a/b+cdefghij"))


def test_a_placeholder_key_does_not_garble_sentences() -> None:
    assert presentable("model ollama/llama3", Secret("ollama")) == "model ollama/llama3"
    assert HIDDEN not in presentable("bearer token missing", None)


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\U000e0041", "\x00", "\ue000"])
def test_no_character_that_a_terminal_could_obey_survives(char: str) -> None:
    assert presentable(f"a{char}b", None) == "ab"


def test_long_text_is_clipped_and_lines_are_joined() -> None:
    assert presentable("one\r\n\ttwo\u2028three", None) == "one two three"
    shown = presentable("word " * 1000, None)
    assert len(shown) <= 500
    assert shown.endswith("…")
