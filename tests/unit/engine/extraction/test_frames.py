"""What a reading process says is not believed."""

from __future__ import annotations

import contextlib
import random
import signal
import string

import pytest

from aimltui.engine.extraction import frames as protocol
from aimltui.engine.extraction import limits
from aimltui.engine.extraction.document import Document, Mark
from aimltui.engine.extraction.frames import Assembly, Garbled, encode, frames
from aimltui.engine.extraction.limits import READING_FAILED, TOOK_TOO_LONG, Unreadable
from aimltui.wire import vector_stores


def test_a_document_survives_the_way() -> None:
    marks = tuple(Mark(n, "page", n + 1, "", ("A", "B")) for n in range(5_000))
    document = Document("x" * 500_000 + "\n🙂", marks, ("a remark",))
    assembly = Assembly()
    answers = [assembly.take(encode(frame)) for frame in frames(document)]
    assert answers[-1] == document
    assert set(answers[:-1]) == {None}


def test_half_a_letter_becomes_a_question_mark() -> None:
    assembly = Assembly()
    answers = [assembly.take(encode(frame)) for frame in frames(Document("a\ud800b"))]
    assert isinstance(answers[-1], Document)
    assert answers[-1].text == "a?b"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"no json",
        b"[" * 100_000,
        b'{"text": 5}',
        b'{"marks": [[1]]}',
        b'{"marks": [["x", "page", 1, "", []]]}',
        b'{"marks": [[5, "page", 1, "", []], [4, "page", 1, "", []]]}',
        b'{"marks": 3}',
        b'{"read": [1]}',
        b'{"read": ["a", "b"]}',
        b'{"refused": []}',
        b'{"end": true}',
    ],
    ids=lambda line: line[:30].decode(),
)
def test_what_makes_no_sense_is_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        Assembly().take(line)


def test_more_text_than_allowed_is_garbled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_CHARACTERS", 10)
    assembly = Assembly()
    assembly.take(b'{"text": "123456"}')
    with pytest.raises(Garbled):
        assembly.take(b'{"text": "123456"}')


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (-signal.SIGALRM, TOOK_TOO_LONG),
        (-signal.SIGXCPU, TOOK_TOO_LONG),
        (-signal.SIGSEGV, READING_FAILED),
        (-signal.SIGABRT, READING_FAILED),
        (0, READING_FAILED),
        (1, READING_FAILED),
    ],
)
def test_the_end_of_a_process_without_an_answer_is_explained(status: int, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        Assembly().take(encode({"ended": status}))
    assert caught.value.message == message


def test_a_strange_code_becomes_a_known_one() -> None:
    with pytest.raises(Unreadable) as caught:
        Assembly().take(encode({"refused": ["rm -rf", "x" * 5_000]}))
    assert caught.value.code == "invalid_file"
    assert len(caught.value.message) == 1_000


def test_the_codes_are_those_of_the_api() -> None:
    assert limits.INVALID_FILE == vector_stores.INVALID_FILE
    assert limits.UNSUPPORTED_FILE == vector_stores.UNSUPPORTED_FILE


def test_any_line_is_a_document_a_refusal_or_garbled() -> None:
    chance = random.Random(11)
    alphabet = string.ascii_letters + '{}[]":,0123456789 '
    kinds = ("text", "marks", "read", "refused", "ended", "end", "trouble", "started")
    for _ in range(2_000):
        tail = "".join(chance.choice(alphabet) for _ in range(chance.randint(0, 12)))
        line = f'{{"{chance.choice(kinds)}": {chance.choice(["", "1", "[1, 2]", "null", tail])}}}'
        with contextlib.suppress(Garbled, Unreadable, OSError):
            Assembly().take(line.encode())
