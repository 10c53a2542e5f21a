"""The JSON of a model's answer is read as the standard library reads it, by a faster parser where that one can."""

from __future__ import annotations

import json

import pytest

from aimltui.engine.models.http.response import read_json


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, -0.0, 1e999, 12345678901234567890123, null, true, "\\ud83d\\ude00"]}',
        '{"half": "\\ud83d", "other": "\\ude00"}',
        '{"a": 1, "a": 2}',
        '{"a": NaN, "b": -Infinity}',
        "[" * 300 + "]" * 300,
        "  \n\t null ",
        '"[DONE]"',
        '{"a": "\u2028\u0085"}',
    ],
)
def test_it_reads_what_the_standard_library_reads(text: str) -> None:
    expected = json.loads(text)
    for given in (text, text.encode(), "\ufeff" + text):
        found = read_json(given)
        assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    "text", ["", "[DONE]", "{", '{"a": 1,}', '{"a": "\x01"}', "01", "{} {}", "[" * 100_000]
)
def test_it_refuses_what_the_standard_library_refuses(text: str) -> None:
    for given in (text, text.encode()):
        with pytest.raises(ValueError, match=r".+"):
            read_json(given)


def test_bytes_that_are_no_utf8_become_the_mark_for_such() -> None:
    assert read_json(b'{"a": "\xff"}') == {"a": "\ufffd"}
