"""What comes out of a jail is the code's word, and is not trusted."""

from __future__ import annotations

import base64

import pytest

from aimltui.engine.tools.code_interpreter.jails.inbox import Breach, Ended, Frame, Inbox, Text
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.sessions.cell import THREADS, Cell
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Image, Notice, Output, Value


def cell() -> Cell:
    return Cell(7, SandboxLimits(output_bytes=100, images=2))


def frame(**body: object) -> Frame:
    return Frame({"cell": 7, **body}, 10)


def picture(content: bytes = b"\x89PNG\r\n\x1a\n") -> Frame:
    return frame(event="image", png=base64.b64encode(content).decode())


def test_output_over_the_limit_is_left_out_once_and_told() -> None:
    one = cell()
    assert list(one.take(Text("stdout", "x" * 90, 90))) == [Output("stdout", "x" * 90)]
    assert list(one.take(Text("stdout", "x" * 90, 90))) == []
    assert one.is_flooding
    assert one.reason == "It printed more than 0 MiB; the rest was left out."
    assert list(one.take(Text("stdout", "x" * 90, 90))) == []


def test_a_flood_that_ends_by_itself_counts_as_interrupted() -> None:
    one = cell()
    list(one.take(Text("stdout", "x", 101)))
    list(one.take(frame(event="done", ok=False)))
    assert (one.is_over, one.status) == (True, "interrupted")


def test_an_end_that_was_not_the_codes_own_is_one_sentence_of_two() -> None:
    assert Done("ok", 1).sentence == ""
    assert Done("interrupted", 1, "It ran long.").sentence == "It ran long. The code was stopped."
    assert Done("died", 1, "It ended.").sentence == "It ended. Its variables are gone."


@pytest.mark.parametrize(
    "body",
    [
        {"event": "done", "ok": True, "cell": 6},
        {"event": "done", "ok": "yes"},
        {"event": "done"},
        {"event": "value", "text": 5},
        {"event": "error", "name": [], "message": "", "traceback": ""},
        {"event": "unheard of"},
        {},
    ],
)
def test_words_that_make_no_sense_are_not_believed(body: dict[str, object]) -> None:
    one = cell()
    assert list(one.take(Frame({"cell": 7} | body, 10))) == []
    assert not one.is_over


@pytest.mark.parametrize("content", [b"", b"<svg>", b"GIF89a"])
def test_a_picture_that_is_no_png_is_left_out(content: bytes) -> None:
    assert [type(event) for event in cell().take(picture(content))] == [Notice]


def test_too_many_pictures_are_left_out() -> None:
    one = cell()
    events = [next(iter(one.take(picture()))) for _ in range(3)]
    assert [type(event) for event in events] == [Image, Image, Notice]


def test_an_encoding_that_is_none_is_left_out() -> None:
    assert [type(event) for event in cell().take(frame(event="image", png="*"))] == [Notice]


def test_a_breach_gives_the_reason_of_the_end() -> None:
    one = cell()
    list(one.take(Breach("It used too much.")))
    list(one.take(Ended(None)))
    assert (one.status, one.reason) == ("died", "It used too much.")


def test_threads_that_go_on_are_told_of() -> None:
    assert list(cell().take(frame(event="threads", count=2))) == [Notice(THREADS)]


def test_output_after_the_end_of_a_cell_waits_for_the_next_one_and_its_events_do_not() -> None:
    inbox = Inbox()
    for item in (Text("stdout", "a", 1), frame(event="done", ok=True), Breach("no"), Text("stderr", "b", 1)):
        inbox._put(item)
    assert inbox.take_texts() == [Text("stdout", "a", 1), Text("stderr", "b", 1)]
    assert inbox.take_texts() == []


def test_a_value_is_told() -> None:
    assert list(cell().take(frame(event="value", text="1"))) == [Value("1")]
