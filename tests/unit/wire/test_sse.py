"""Server-sent events, however they are cut."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from time import process_time

import pytest

from aimltui.wire import events, sse
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ContentDelta, MessageDelta, MessageDeltaBody, TextDelta
from aimltui.wire.runs import Run
from aimltui.wire.sse_reader import EventTooLong, SSEFrame, SSEReader
from aimltui.wire.threads import Thread

DELTA = MessageDelta(
    id="msg_1", delta=MessageDeltaBody(content=[ContentDelta(index=0, text=TextDelta(value="Grüße\n"))])
)
STREAM = [
    StreamEvent(events.THREAD_CREATED, Thread(id="thread_1")),
    StreamEvent(events.RUN_CREATED, Run(id="run_1", instructions=None)),
    StreamEvent(events.MESSAGE_DELTA, DELTA, 7),
    StreamEvent(events.DONE, "[DONE]"),
]
BYTES = b"".join(sse.encode(event) for event in STREAM)


def read(*chunks: bytes) -> list[SSEFrame]:
    reader = SSEReader()
    frames = [frame for chunk in chunks for frame in reader.feed(chunk)]
    return frames + list(reader.close())


def test_what_is_written_is_read_back() -> None:
    assert [sse.decode(frame) for frame in read(BYTES)] == STREAM


def test_every_cut_into_two_chunks_reads_the_same() -> None:
    whole = read(BYTES)
    for cut in range(len(BYTES)):
        assert read(BYTES[:cut], BYTES[cut:]) == whole, f"cut at {cut}"


def test_byte_by_byte_with_every_line_end_reads_the_same() -> None:
    whole = read(BYTES)
    for end in (b"\r\n", b"\r"):
        data = BYTES.replace(b"\n", end)
        assert read(*(data[i : i + 1] for i in range(len(data)))) == whole


def test_a_byte_order_mark_comments_and_missing_spaces_do_no_harm() -> None:
    frames = read(b"\xef\xbb\xbf: hello\nevent:done\n:\nretry: 5\ndata:[DONE]\n\n: ping\n\n")
    assert frames == [SSEFrame("done", "[DONE]")]


def test_data_over_several_lines_is_joined_by_newlines() -> None:
    assert read(b"data: {\ndata: }\n\n") == [SSEFrame("", "{\n}")]


def test_a_last_frame_without_its_blank_line_is_still_delivered() -> None:
    assert read(b"event: done\ndata: [DONE]") == [SSEFrame("done", "[DONE]")]


def test_a_missing_event_name_is_derived_from_the_object_and_its_status() -> None:
    run = Run(id="run_1", status="completed")
    event = sse.decode(SSEFrame("", json.dumps(run.to_json())))
    assert event == StreamEvent("thread.run.completed", run)
    assert sse.decode(SSEFrame("", "[DONE]")) == StreamEvent("done", "[DONE]")


def test_an_event_that_a_gateway_has_wrapped_with_its_name_is_read() -> None:
    delta = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": []}}
    wrapped = [
        {"data": {"id": "run_1", "object": "thread.run", "status": "queued"}, "event": "thread.run.created"},
        {"data": delta, "event": "thread.message.delta", "enabled": None},
        {"data": "[DONE]", "event": "done"},
        {"data": {"message": "No"}, "event": "error"},
        {"data": {"id": "x"}, "event": "thread.of.tomorrow"},
    ]
    told = [sse.decode(SSEFrame("", json.dumps(one))) for one in wrapped]
    names = [event.event if event is not None else None for event in told]
    assert names == ["thread.run.created", "thread.message.delta", "done", "error", None]
    assert isinstance(told[0].data if told[0] is not None else None, Run)


def test_an_error_event_carries_its_fields_nested_and_flat_and_is_read_in_both_forms() -> None:
    error = events.ErrorObject(message="broken", type="server_error", code="x")
    data = json.loads(sse.encode(StreamEvent("error", error)).split(b"data: ")[1])
    assert data["error"]["message"] == data["message"] == "broken"
    for form in ({"error": {"message": "broken"}}, {"message": "broken"}):
        decoded = sse.decode(SSEFrame("error", json.dumps(form)))
        assert decoded is not None
        assert isinstance(decoded.data, events.ErrorObject)
        assert decoded.data.message == "broken"


def test_an_event_of_a_later_version_is_nothing() -> None:
    assert sse.decode(SSEFrame("thread.telepathy", "{}")) is None


def test_data_that_is_not_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        sse.decode(SSEFrame("thread.run.completed", "{oops"))


def test_both_halves_of_a_line_end_may_come_in_two_pieces_and_the_first_is_enough() -> None:
    reader = SSEReader()
    assert list(reader.feed(b"data: a\r")) == []
    assert list(reader.feed(b"\n\r")) == [SSEFrame("", "a")]
    assert list(reader.feed(b"\ndata: b\r\n\r\n")) == [SSEFrame("", "b")]


def test_events_that_come_in_one_piece_read_as_byte_by_byte() -> None:
    numbers = random.Random(11)
    pieces = (
        *(
            b"data: {}\n\n",
            b"data: a b\n\n",
            b"data: \n\n",
            b"data:x\n\n",
            b"data:  y\n\n",
            b"data: \xff\n\n",
        ),
        *(
            b"data: b\r\n\r\n",
            b"data: c\r",
            b"data: d\n",
            b"event: e\n",
            b"id: 7\r",
            b"\n",
            b": ping\n\n",
            b"dat",
        ),
        *(b"data: e\r\n\n", b"data: f\n\ndata: g\n\n", b"data: h\rdata: i\n\n"),
        *(b"data: j\n\ndata: \n\ndata: k\n\n", b"data: l\ndata: m\n\ndata: n\n\n", b"data: o\n\n\n\n"),
    )
    for _ in range(500):
        body = [numbers.choice(pieces) for _ in range(numbers.randrange(1, 9))]
        assert read(*body) == read(*(bytes([byte]) for byte in b"".join(body))), body


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_byte_order_mark_may_come_in_pieces(size: int) -> None:
    body = b"\xef\xbb\xbfdata: a\n\ndata: b\n\n"
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    assert [frame.data for frame in read(*pieces)] == ["a", "b"]


def test_a_frame_has_the_fields_data_event_id_and_error() -> None:
    assert read(b'event: e\nid: 7\nerror: {"code":\nerror: 500}\n\nretry: 5\nfoo: x\n\n') == [
        SSEFrame("e", "", "7", '{"code":\n500}')
    ]


def test_a_frame_without_data_and_error_is_none() -> None:
    assert read(b"event: x\nid: 1\n\ndata:\n\ndata: y\n\n") == [SSEFrame("", "y")]
    assert sse.decode(SSEFrame("", "", "", "{}")) is None


@pytest.mark.parametrize("line", [b"data: ", b": ", b"unknown: ", b""])
def test_a_line_without_an_end_is_refused_at_its_limit_and_what_came_before_is_delivered(line: bytes) -> None:
    reader = SSEReader(limit_bytes=1000)
    body = b"data: good\n\n" + line + b"x" * 990
    assert list(reader.feed(body)) == [SSEFrame("", "good")]
    with pytest.raises(EventTooLong):
        list(reader.feed(b"x" * 20))
    frames = SSEReader(limit_bytes=1000).feed(body + b"x" * 20 + b"\n\n")
    assert next(frames) == SSEFrame("", "good")
    with pytest.raises(EventTooLong):
        next(frames)


@pytest.mark.parametrize("line", [b"data: xxxx\n", b"error: xxxx\n", b"data\n"])
def test_an_event_of_many_lines_is_refused_at_its_limit(line: bytes) -> None:
    reader = SSEReader(limit_bytes=1000)
    with pytest.raises(EventTooLong):
        list(reader.feed(line * (1000 // len(line) + 1)))


def test_neither_many_events_nor_many_comments_reach_the_limit() -> None:
    reader = SSEReader(limit_bytes=1000)
    assert len(list(reader.feed((b"data: x\n" + b": ping\n" * 200 + b"\n") * 200))) == 200


def test_a_limit_is_one_megabyte_where_none_is_given() -> None:
    reader = SSEReader()
    assert list(reader.feed(b"x" * 1024 * 1024)) == []
    with pytest.raises(EventTooLong, match="1 MB"):
        list(reader.feed(b"x"))


@pytest.mark.parametrize("piece", [b"x" * 64, b"data: xxxx\n" * 6, b"x" * 63 + b"\r", b": ping\n" * 10])
def test_work_grows_with_the_bytes_and_not_with_their_square(piece: bytes) -> None:
    def cpu_s(count: int) -> float:
        reader = SSEReader(limit_bytes=1 << 30)
        start = process_time()
        for _ in range(count):
            list(reader.feed(piece))
        return process_time() - start

    once = min(cpu_s(2_000) for _ in range(5))
    # a reader that searches what it holds again at each piece takes 60 times as long
    assert min(cpu_s(16_000) for _ in range(3)) < 24 * once


@pytest.mark.parametrize("first", [True, False])
def test_an_event_of_text_is_written_as_its_object_would_be_and_equals_one_that_was_read(first: bool) -> None:
    value = "".join(map(chr, range(0x300))) + '\u2028\u2029\ufffd😀\\"/</script>'
    event = events.TextEvent.of("msg_1", 2, value, 7, first=first)
    written = event.json()
    assert isinstance(event.data, MessageDelta)
    assert written == event.data.model_dump_json()
    assert event == sse.decode(read(sse.encode(event))[0])
    assert event != events.TextEvent.of("msg_1", 2, value, 8, first=first)
    assert sse.encode(replace(event, index=8)).startswith(b"id: 8\n")
    assert replace(event) == event
