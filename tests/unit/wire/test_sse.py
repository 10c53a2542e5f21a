"""Server-sent events, however they are cut."""

from __future__ import annotations

import json

import pytest

from aimltui.wire import events, sse
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ContentDelta, MessageDelta, MessageDeltaBody, TextDelta
from aimltui.wire.runs import Run
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


def read(*chunks: bytes) -> list[sse.SSEFrame]:
    reader = sse.SSEReader()
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
    assert frames == [sse.SSEFrame("done", "[DONE]")]


def test_data_over_several_lines_is_joined_by_newlines() -> None:
    assert read(b"data: {\ndata: }\n\n") == [sse.SSEFrame("", "{\n}")]


def test_a_last_frame_without_its_blank_line_is_still_delivered() -> None:
    assert read(b"event: done\ndata: [DONE]") == [sse.SSEFrame("done", "[DONE]")]


def test_a_missing_event_name_is_derived_from_the_object_and_its_status() -> None:
    run = Run(id="run_1", status="completed")
    event = sse.decode(sse.SSEFrame("", json.dumps(run.to_json())))
    assert event == StreamEvent("thread.run.completed", run)
    assert sse.decode(sse.SSEFrame("", "[DONE]")) == StreamEvent("done", "[DONE]")


def test_an_error_event_carries_its_fields_nested_and_flat_and_is_read_in_both_forms() -> None:
    error = events.ErrorObject(message="broken", type="server_error", code="x")
    data = json.loads(sse.encode(StreamEvent("error", error)).split(b"data: ")[1])
    assert data["error"]["message"] == data["message"] == "broken"
    for form in ({"error": {"message": "broken"}}, {"message": "broken"}):
        decoded = sse.decode(sse.SSEFrame("error", json.dumps(form)))
        assert decoded is not None
        assert isinstance(decoded.data, events.ErrorObject)
        assert decoded.data.message == "broken"


def test_an_event_of_a_later_version_is_nothing() -> None:
    assert sse.decode(sse.SSEFrame("thread.telepathy", "{}")) is None


def test_data_that_is_not_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        sse.decode(sse.SSEFrame("thread.run.completed", "{oops"))
