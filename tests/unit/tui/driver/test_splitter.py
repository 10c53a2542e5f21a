"""Bytes from the terminal are split into text, sequences and pastes, however they are cut and whatever is lost."""

from __future__ import annotations

import random

import pytest

from aimltui.tui.driver import paste_reader
from aimltui.tui.driver.splitter import InputSplitter, OldMouse, Pasted, Sequence, Text


class Line:
    """A terminal line whose time is told by the test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.splitter = InputSplitter(lambda: self.now)
        self.got: list[object] = []

    def send(self, *pieces: bytes, every: float = 0.0) -> Line:
        for piece in pieces:
            self.got += self.splitter.feed(piece)
            self.wait(every)
        return self

    def wait(self, seconds: float) -> Line:
        """Let time pass as the driver does: it looks every 50 ms while nothing comes."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.05)
            self.got += self.splitter.tick()
        return self

    @property
    def seen(self) -> list[object]:
        """What came out, with neighbouring texts joined."""
        joined: list[object] = []
        for token in self.got:
            if isinstance(token, Text) and joined and isinstance(joined[-1], Text):
                joined[-1] = Text(joined[-1].text + token.text)
            else:
                joined.append(token)
        return joined


SEQUENCES = [
    b"\x1b[A",
    b"\x1b[1;5C",
    b"\x1b[3~",
    b"\x1b[97;5u",
    b"\x1b[57441;2:3u",
    b"\x1b[27;2;13~",
    b"\x1bOP",
    b"\x1bO5A",
    b"\x1b[[A",
    b"\x1b[3$",
    b"\x1b[7^",
    b"\x1b\x1b[D",
    b"\x1b\x1bOA",
    b"\x1bb",
    b"\x1b\r",
    b"\x1b\x7f",
    "\x1bé".encode(),
    b"\x1b[<35;12;7M",
    b"\x1b[32;12;7M",
    b"\x1b[I",
    b"\x1b[?2026;2$y",
    b"\x1b[?62;4c",
    b"\x1b]11;rgb:1414/1616/1a1a\x1b\\",
    b"\x1b]11;rgb:ff/ff/f0\x07",
    b"\x1bP>|XTerm(379)\x1b\\",
    b"\x1b_Gi=1;OK\x1b\\",
]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
def test_a_sequence_is_found_between_letters(sequence: bytes) -> None:
    assert Line().send(b"a" + sequence + b"b").seen == [Text("a"), Sequence(sequence.decode()), Text("b")]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
@pytest.mark.parametrize("every", [0.0, 0.08])
def test_a_sequence_may_come_byte_by_byte(sequence: bytes, every: float) -> None:
    pieces = [bytes([byte]) for byte in sequence]
    seen = Line().send(b"a", *pieces, b"b", every=every).seen
    assert seen == [Text("a"), Sequence(sequence.decode()), Text("b")]


@pytest.mark.parametrize("sequence", [b"\x1b[A", b"\x1b[1;5C", b"\x1bOP", b"\x1b[<35;12;7M"], ids=repr)
def test_what_comes_after_the_escape_key_was_told_is_still_a_sequence(sequence: bytes) -> None:
    line = Line().send(sequence[:1], every=0.3).send(*[bytes([byte]) for byte in sequence[1:]], every=0.3)
    assert line.seen == [Sequence("\x1b"), Sequence(sequence.decode())]


def test_the_rest_of_a_sequence_that_was_given_up_costs_no_more_than_that_key() -> None:
    line = Line().send(b"\x1b[1;", every=1.0).send(b"5C").send(b"text").wait(2)
    assert line.seen == [Sequence("\x1b[1;5C"), Text("text")]


def test_letters_after_a_sequence_that_was_given_up_are_letters() -> None:
    line = Line().send(b"\x1b[1;", every=0.8).send(*[b"5", b"3", b" ", b"x"], every=0.1).wait(2)
    assert line.seen == [Text("53 x")]


def test_a_lone_escape_is_the_escape_key_soon() -> None:
    assert Line().send(b"\x1b").wait(0.15).seen == [Sequence("\x1b")]


def test_a_bracket_typed_after_escape_is_a_bracket() -> None:
    assert Line().send(b"\x1b", every=0.2).send(b"[", b"x", every=0.1).seen == [Sequence("\x1b"), Text("[x")]
    assert Line().send(b"\x1b", every=0.2).send(b"[").wait(1).seen == [Sequence("\x1b"), Text("[")]


def test_a_broken_sequence_costs_only_itself() -> None:
    assert Line().send(b"a\x1b[12;\rb\x1b[1;\x1b[Bc").seen == [Text("a\rb"), Sequence("\x1b[B"), Text("c")]


def test_two_escapes_are_two_escape_keys() -> None:
    assert Line().send(b"\x1b\x1b").wait(0.2).seen == [Sequence("\x1b")] * 2
    assert Line().send(b"\x1b\x1b[<0;1;1M").seen == [Sequence("\x1b"), Sequence("\x1b[<0;1;1M")]


def test_alt_and_a_letter_that_begins_answers_is_a_key() -> None:
    assert Line().send(b"\x1bPhello").seen == [Sequence("\x1bP"), Text("hello")]
    assert Line().send(b"\x1b]").wait(1).seen == [Sequence("\x1b]")]
    assert Line().send(b"\x1bOh").seen == [Sequence("\x1bO"), Text("h")]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"caf\xe9 noir", "caf\ufffd noir"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xc3", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\xf0\x9f\x98", "\ufffd"),
    ],
)
def test_what_is_not_utf_8_becomes_a_replacement_character(sent: bytes, shown: str) -> None:
    assert Line().send(sent).wait(0.5).seen == [Text(shown)]


def test_a_character_may_come_in_pieces() -> None:
    pieces = [bytes([byte]) for byte in "日本😀é".encode()]
    assert Line().send(*pieces, every=0.08).seen == [Text("日本😀é")]


@pytest.mark.parametrize(
    ("sent", "report"),
    [
        (b"\x1b[M\x20\x2c\x25", OldMouse(0, 12, 5)),
        (b"\x1b[M\x20\xb4\x25", OldMouse(0, 148, 5)),
        ("\x1b[M\x20\u00b4\x25".encode(), OldMouse(0, 148, 5)),
        (b"\x1b[M\x23\xff\xff", OldMouse(3, 223, 223)),
    ],
)
def test_old_mouse_reports_are_read(sent: bytes, report: OldMouse) -> None:
    assert Line().send(b"a" + sent + b"b").seen == [Text("a"), report, Text("b")]


def test_an_endless_sequence_is_skipped_and_not_held() -> None:
    assert Line().send(b"\x1b[" + b"1;" * 50_000, b"7;7", b"Cx").seen == [Text("x")]
    assert Line().send(b"\x1b]11;" + b"A" * 100_000, b"B" * 1000, b"\x07x").seen == [Text("x")]
    assert Line().send(b"\x1b]11;" + b"A" * 100_000).wait(1).send(b"x").seen == [Text("x")]


# Pastes


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_a_paste_is_one_whatever_is_in_it_and_however_it_comes(size: int) -> None:
    text = "log: \x1b[32mok\x1b[0m\r\x1b[A\x1b]52;c;AA\x07\x1b[200~ \x1b[20 é日 end\x1b"
    sent = b"a\x1b[200~" + text.encode() + b"\x1b[201~b"
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    assert Line().send(*pieces, every=0.05).seen == [Text("a"), Pasted(text), Text("b")]


def test_a_long_paste_is_handed_on_in_parts_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paste_reader, "MAX_PASTE", 1000)
    text = "日本語 and so on\r" * 500
    line = Line().send(b"\x1b[200~")
    sent = text.encode() + b"\x1b[201~"
    line.send(*[sent[start : start + 333] for start in range(0, len(sent), 333)], b"x")
    assert len(line.seen) > 3
    assert "".join(token.text for token in line.seen if isinstance(token, Pasted)) == text
    assert line.seen[-1] == Text("x")


def test_a_paste_without_its_end_comes_out_and_what_follows_is_typed() -> None:
    line = Line().send(b"\x1b[200~some text").wait(1.5)
    assert line.seen == [Pasted("some text")]
    line.send(b"h", b"i", b"\x1b[A", b"\r", every=0.2)
    assert line.seen[1:] == [Text("hi"), Sequence("\x1b[A"), Text("\r")]
    line.send(b"\x1b[200~next\x1b[201~x")
    assert line.seen[4:] == [Pasted("next"), Text("x")]


def test_someone_who_types_on_after_a_lost_end_is_not_swallowed() -> None:
    line = Line().send(b"\x1b[200~some text ")
    for _ in range(100):
        line.send(b"k", every=0.15)
    assert line.seen[0] == Pasted("some text " + "k" * (len(line.seen[0].text) - 10))  # type: ignore[attr-defined]
    assert len(line.seen[0].text) < 60  # type: ignore[attr-defined]
    assert line.seen[1:] == [Text("k" * (100 - len(line.seen[0].text) + 10))]  # type: ignore[attr-defined]


def test_the_mouse_ends_a_paste_that_has_lost_its_end() -> None:
    line = (
        Line().send(b"\x1b[200~some text", every=0.4).send(b"\x1b[<35;10;10M", b"\x1b[<35;11;10M", every=0.1)
    )
    assert line.seen == [Pasted("some text"), Sequence("\x1b[<35;10;10M"), Sequence("\x1b[<35;11;10M")]


def test_the_late_rest_of_a_paste_is_pasted_and_never_typed() -> None:
    line = Line().send(b"\x1b[200~one\rtwo", every=3).send(b" more\rrm -rf\r\x1b[A and", every=0.1)
    line.send(b" last\r\x1b[201~", b"x")
    assert line.seen == [
        Pasted("one\rtwo"),
        Pasted(" more\rrm -rf\r\x1b[A and"),
        Pasted(" last\r"),
        Text("x"),
    ]


def test_the_end_of_the_input_gives_what_is_left() -> None:
    line = Line().send(b"a\x1b[200~left over")
    line.got += line.splitter.finish()
    assert line.seen == [Text("a"), Pasted("left over")]


def test_random_bytes_never_stop_it() -> None:
    source = random.Random(7)
    parts = [
        *SEQUENCES,
        b"\x1b[200~",
        b"\x1b[201~",
        b"text",
        b"\xe9",
        b"\x1b",
        b"\x1b[",
        b"\x1b]",
        b"\x1b[M",
        b"\r",
    ]
    for _ in range(500):
        line = Line()
        for _ in range(20):
            piece = source.choice(parts) if source.random() < 0.7 else source.randbytes(source.randrange(12))
            cut = source.randrange(len(piece) + 1)
            line.send(piece[:cut], piece[cut:] or b"?", every=source.choice([0, 0, 0.05, 0.2, 1.2]))
        line.wait(20)
        line.got.clear()
        assert line.send(b"k").wait(1).seen == [Text("k")]
