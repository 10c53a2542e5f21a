"""JSON from strangers, value by value."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any, Literal

import pytest

from aimltui.interchange import json_values
from aimltui.interchange.json_values import Value, parse, scanners, values
from aimltui.interchange.records import UnreadableInput

Shape = Literal["array", "object", "lines"]


def split(raw: bytes, shape: Shape = "array", limit: int = 1_000_000) -> list[Value]:
    return list(values(io.BytesIO(raw), shape, limit))


def read(raw: bytes, shape: Shape = "array", limit: int = 1_000_000) -> list[Any]:
    result: list[Any] = []
    for value in split(raw, shape, limit):
        try:
            result.append(value.parse())
        except UnreadableInput as error:
            result.append(str(error))
    return result


class Trickle(io.BytesIO):
    """Gives one byte at a time, so that every border falls between two reads."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size) if size and size > 0 else 1)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [1, -2.5e3, None, True, "x", [], {}],
        [{"a": '"}],{[', "b": "\\", "c": ["\\\\", {"d": {}}]}, "text, with ] and }", 12345],
        [{"é": "ü\u2028\U0001f600"}],
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_elements_are_what_json_reads(value: list[Any], indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert read(raw) == value
    assert [part.parse() for part in values(Trickle(raw), "array")] == value


def test_elements_are_the_same_on_a_python_whose_possessive_repetitions_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python 3.11.2, which Debian 12 has, lost the last element of a file."""
    bracket, in_string = scanners(b"*")
    monkeypatch.setattr(json_values, "_BRACKET", bracket)
    monkeypatch.setattr(json_values, "_IN_STRING", in_string)
    wanted = [{"a": ['"}],{[', {"b": [[{"c": "\\"}]]}]}, {"d": [1, {"e": {}}]}, "f"]
    raw = json.dumps(wanted).encode()
    assert read(raw) == wanted
    assert [part.parse() for part in values(Trickle(raw), "array")] == wanted
    long = b'[{"a": 1}, {"b": ["' + b"x" * 3_000_000 + b'", {}]}, {"a": 3}]'
    assert read(long) == [{"a": 1}, "it is longer than 0 MB", {"a": 3}]


def test_members_come_with_their_names() -> None:
    raw = b'{"a": 1, "b:\\"c": {"d": [1, 2]}, "e": "f"}'
    assert [(value.key, value.parse()) for value in split(raw, "object")] == [
        ("a", 1),
        ('b:"c', {"d": [1, 2]}),
        ("e", "f"),
    ]
    assert [value.key for value in values(Trickle(raw), "object")] == ["a", 'b:"c', "e"]


def test_a_broken_element_does_not_take_the_others_along() -> None:
    assert read(b'[{"a": 1}, {"a": tru}, {"a": 3}]') == [{"a": 1}, "it is not valid JSON", {"a": 3}]


def test_a_missing_bracket_costs_one_element() -> None:
    raw = b'[{"id": 1, "m": {"x": 1}}, {"id": 2, "m": {"x": [}, {"id": 3, "m": {}}, {"id": 4}]'
    assert read(raw) == [{"id": 1, "m": {"x": 1}}, "it is cut off", {"id": 3, "m": {}}, {"id": 4}]


def test_a_file_that_is_cut_off_gives_what_it_has() -> None:
    assert read(b'[{"a": 1}, {"a": "x') == [{"a": 1}, "it is cut off"]
    assert read(b'{"a":1}\n{"a":2}\n{"a":', "lines") == [{"a": 1}, {"a": 2}, "it is not valid JSON"]


def test_control_characters_and_broken_bytes_are_no_fault() -> None:
    assert read(b'[{"a": "x\ny\tz\x01"}, {"b": "\xff"}]') == [{"a": "x\ny\tz\x01"}, {"b": "\ufffd"}]


def test_marks_of_byte_order_are_understood() -> None:
    assert read('[{"a": "ü"}]'.encode("utf-8-sig")) == [{"a": "ü"}]
    assert read('[{"a": "ü"}]'.encode("utf-16")) == [{"a": "ü"}]


def test_an_element_that_is_too_long_is_passed_over() -> None:
    raw = b'[{"a": 1}, {"b": ["' + b"x" * 3_000_000 + b'", {}]}, {"a": 3}]'
    assert read(raw) == [{"a": 1}, "it is longer than 0 MB", {"a": 3}]


def test_a_line_that_is_too_long_is_passed_over() -> None:
    raw = b'{"a": 1}\n{"b": "' + b"x" * 3_000_000 + b'"}\n{"a": 3}\n'
    assert read(raw, "lines") == [{"a": 1}, "it is longer than 0 MB", {"a": 3}]


def test_deep_nesting_is_read_without_recursion() -> None:
    deep = b'{"c": [' * 5_000 + b'"\\u00fc", -1.5, null' + b"]}" * 5_000
    (value,) = split(b"[" + deep + b"]")
    found = value.parse()
    for _ in range(5_000):
        found = found["c"]
        found, rest = found[0], found[1:]
    assert (found, rest) == ("ü", [-1.5, None])


def test_nesting_without_end_is_refused() -> None:
    deep = b"[" * 3_000_000 + b"]" * 20
    assert read(b'[{"a": 0}, ' + deep + b', {"a": 1}]') == [{"a": 0}, "it is nested too deeply", {"a": 1}]
    assert read(b"[" * 500_000) == ["it is nested too deeply"]


def test_what_is_deep_and_broken_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        parse(b'{"a": [' * 400 + b"}" * 800, depth=800)


def test_numbers_without_end_are_refused() -> None:
    assert read(b"[" + b"9" * 10_000 + b', {"a": 1}]') == ["it is not valid JSON", {"a": 1}]


def test_only_one_element_is_in_memory() -> None:
    element = json.dumps({"title": "x", "mapping": {str(n): "words " * 20 for n in range(400)}}).encode()
    stream = io.BytesIO(b"[" + b",".join([element] * 400) + b"]")
    tracemalloc.start()
    try:
        count = sum(1 for _ in values(stream, "array"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 400
    assert stream.tell() > 20_000_000
    assert peak < 4_000_000
