from __future__ import annotations

import random
import re
import sys
import time

import pytest

from aimltui.common.sanitize import (
    MAX_COMBINING,
    StreamCleaner,
    clean,
    clean_line,
    is_unsafe_in_line,
    remove_unsafe,
)

HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]"
)
SEQUENCES = {
    "colour": "\x1b[31;1m",
    "8-bit csi": "\x9b31m",
    "title": "\x1b]0;PWNED\x07",
    "title, ST": "\x1b]2;PWNED\x1b\\",
    "clipboard": "\x1b]52;c;UFdORUQ=\x07",
    "link": "\x1b]8;;http://x\x1b\\",
    "sixel": "\x1bPq#0;2;0\x1b\\",
    "kitty": "\x1b_Gf=24;AAAA\x1b\\",
    "privacy": "\x1b^x\x1b\\",
    "8-bit osc": "\x9d0;PWNED\x9c",
    "8-bit dcs": "\x90q\x9c",
    "ask": "\x1b[6n",
    "reset": "\x1bc",
    "charset": "\x1b(0",
    "keypad": "\x1b=",
}


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_a_whole_sequence_goes_and_the_text_around_it_stays(sequence: str) -> None:
    assert clean(f"before{sequence}after") == "beforeafter"


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_that_comes_in_pieces_goes_too(sequence: str) -> None:
    text = f"before{sequence}after"
    for cut in range(len(text)):
        cleaner = StreamCleaner()
        assert cleaner.feed(text[:cut]) + cleaner.feed(text[cut:]) + cleaner.finish() == "beforeafter"


def test_harmless_text_is_returned_as_it_is() -> None:
    text = "Plain — “text”\twith 中文 and 👩‍👩‍👧 [bold]x[/bold]\n"
    assert clean(text) is text or clean(text) == text


def test_newlines_of_all_kinds_are_newlines() -> None:
    assert clean("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert clean_line("a\r\nb\tc\n\nd") == "a b c d"


def test_combining_marks_on_one_character_are_limited() -> None:
    assert clean("e" + "\u0301" * 100) == "e" + "\u0301" * MAX_COMBINING


def test_nothing_harmful_is_left_of_random_bytes() -> None:
    numbers = random.Random(7)
    alphabet = (
        "\x1b\x9b\x9d\x90\x9c\x07\\[]PX^_;?0123mhqGab \n\t\r\u202e\u2066\U000e0041\ud800\u0301" + "x" * 10
    )
    for _ in range(3000):
        text = "".join(numbers.choice(alphabet) for _ in range(numbers.randrange(1, 60)))
        assert not HARMFUL.search(clean(text)), repr(text)
        cleaner = StreamCleaner()
        cut = numbers.randrange(len(text))
        assert not HARMFUL.search(cleaner.feed(text[:cut]) + cleaner.feed(text[cut:]) + cleaner.finish())


@pytest.mark.parametrize("part", ["\x1b]0;", "\x90", "\x9d", "\x1bP", "\x1b[", "\x1b", "\u200da"])
def test_cleaning_takes_time_in_proportion_to_the_text(part: str) -> None:
    start = time.process_time()
    clean(part * (1_000_000 // len(part)))
    assert time.process_time() - start < 1.5


def test_no_unsafe_character_is_printable() -> None:
    unsafe = [code for code in range(sys.maxunicode + 1) if is_unsafe_in_line(chr(code))]
    assert unsafe == [code for code in range(sys.maxunicode + 1) if remove_unsafe(chr(code)) != chr(code)]
    assert {0, 9, 10, 0x1B, 0x7F, 0x9B, 0x061C, 0x202E, 0x2028, 0xD800, 0xFFF9, 0xE0041} <= set(unsafe)
    assert is_unsafe_in_line("plain text with one\x9b2J sequence")
    assert not is_unsafe_in_line("a family: \U0001f469\u200d\U0001f467, a soft\u00adhyphen")
