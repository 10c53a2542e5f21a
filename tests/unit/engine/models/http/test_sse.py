from __future__ import annotations

import json

import pytest

from aimltui.engine.models.http.sse import payloads_of
from aimltui.wire.sse_reader import SSEReader

WHOLE = 'data: {"a":"ä\u2028b"}\n\n: a comment\n\nevent: x\nid: 7\ndata:{"b":2}\n\ndata: [DONE]\n\n'.encode()
PAYLOADS = ['{"a":"ä\u2028b"}', '{"b":2}', "[DONE]"]


def read(*pieces: bytes) -> list[str]:
    reader = SSEReader()
    frames = [frame for piece in pieces for frame in reader.feed(piece)] + list(reader.close())
    return [payload for frame in frames for payload in payloads_of(frame)]


@pytest.mark.parametrize("size", range(1, 40))
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    for body in (WHOLE, WHOLE.replace(b"\n", b"\r\n"), WHOLE.replace(b"\n", b"\r")):
        assert read(*(body[i : i + size] for i in range(0, len(body), size))) == PAYLOADS


def test_a_line_separator_inside_of_a_string_does_not_end_the_line() -> None:
    assert read('data: {"a":"\u2028\u2029\x85\x0b\x0c"}\n\n'.encode()) == ['{"a":"\u2028\u2029\x85\x0b\x0c"}']


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_byte_order_mark_is_skipped(size: int) -> None:
    body = b"\xef\xbb\xbf" + WHOLE
    assert read(*(body[i : i + size] for i in range(0, len(body), size))) == PAYLOADS


def test_several_data_lines_are_one_payload() -> None:
    assert read(b'data: {"a":\ndata: 1}\n\n') == ['{"a":\n1}']


def test_whole_payloads_without_blank_lines_between_them_are_several() -> None:
    assert read(b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n') == ['{"a":1}', '{"b":2}', "[DONE]"]


def test_a_missing_blank_line_at_the_end_loses_nothing() -> None:
    assert read(b"data: [DONE]") == ["[DONE]"]
    assert read(b"data: [DONE]\r") == ["[DONE]"]


def test_an_empty_body_has_no_events() -> None:
    assert read() == []
    assert read(b"", b"\n\n\n") == []


@pytest.mark.parametrize("depth", [900, 990, 100_000])
def test_a_failure_that_is_nested_too_deeply_is_told_as_its_text(depth: int) -> None:
    told = "[" * depth
    (payload,) = read(f"event: error\ndata: {told}\n\n".encode())
    assert json.loads(payload) == {"error": {"message": told}}
    closed = f'{{"message": {told}{"]" * depth}}}'
    (payload,) = read(f"error: {closed}\n\n".encode())
    assert "error" in json.loads(payload) if depth < 990 else told in payload
