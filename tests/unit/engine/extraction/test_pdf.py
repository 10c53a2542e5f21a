"""PDF files: pages, outline, broken words, forms, pictures, passwords."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aimltui.engine.extraction.hyphens import Vocabulary
from aimltui.engine.extraction.limits import Unreadable
from tests.support.documents import place, read
from tests.support.pdfs import ENCRYPTED, FORM, SCAN, pdf


def test_a_passage_names_its_page_and_the_headings_of_the_outline() -> None:
    pages = [
        ["Preface", "why"],
        ["1 Ships", "they sail", "1.1 Rigging", "ropes"],
        ["more ropes", "2 Tea", "drink"],
    ]
    outline = [(1, "1 Ships", 2), (2, "1.1  Rigging", 2), (1, "2 Tea", 3)]
    document = read("a.pdf", pdf(pages, outline=outline))
    assert place(document, "why") == "page 1"
    assert place(document, "they sail") == "1 Ships › page 2"
    assert place(document, "ropes") == "1 Ships › 1.1 Rigging › page 2"
    assert place(document, "more ropes") == "1 Ships › 1.1 Rigging › page 3"
    assert place(document, "drink") == "2 Tea › page 3"


def test_an_outline_whose_titles_are_not_on_the_page_still_divides_the_pages() -> None:
    document = read("a.pdf", pdf([["one"], ["two"]], outline=[(1, "Elsewhere", 2)]))
    assert place(document, "one") == "page 1"
    assert place(document, "two") == "Elsewhere › page 2"


def test_what_a_file_says_about_itself_comes_first() -> None:
    document = read("a.pdf", pdf([["words"]], title="On Ships"))
    assert document.text == "Title: On Ships\nwords"
    assert document.place(0, len(document.text)) == "page 1"


def test_broken_words_are_whole_and_real_hyphens_stay() -> None:
    lines = [
        "This exam-", "ple of a well-", "known AB-", "1234 and a DER-", "encoded key, e-", "Mail, EXPLANA-", "TION of a",
        "well-known word in the docu-", "ment.",
    ]  # fmt: skip
    text = read("a.pdf", pdf([lines])).text
    assert " ".join(text.split()) == (
        "This example of a well-known AB-1234 and a DER-encoded key, e-Mail, EXPLANATION of a well-known word in the "
        "document."
    )


def test_a_word_of_two_words_of_the_document_has_its_hyphen() -> None:
    assert (
        Vocabulary(["a cross\x02check", "cross it", "check it"]).joined("a cross\x02check") == "a cross-check"
    )


def test_a_word_of_thousands_of_letters_is_read_at_once() -> None:
    began = time.process_time()
    text = "b\x02c " + "a" * 40_000
    assert Vocabulary([text]).joined(text) == "bc " + "a" * 40_000
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("mark", ["\x02", "\ufffe"])
def test_no_mark_of_a_break_is_left(mark: str) -> None:
    texts = [f"{mark}start", f"end{mark}", f"a{mark}{mark}b", f"1{mark}2", f"x{mark}\ny", f" {mark} "]
    joined = [Vocabulary(texts).joined(text) for text in texts]
    assert not any(mark in text for text in joined)
    assert joined[3] == "1-2"


def test_the_values_of_a_form_and_notes_are_read() -> None:
    document = read("a.pdf", FORM)
    assert "surname: Ångström" in document.text
    assert "[note: check this]" in document.text


def test_a_protected_file_is_named_as_such() -> None:
    with pytest.raises(Unreadable, match=r"protected with a password\. Save it without one"):
        read("a.pdf", ENCRYPTED)


@pytest.mark.parametrize("cut", [-5, -12])
def test_a_file_without_its_end_is_read_nevertheless(cut: int) -> None:
    assert read("a.pdf", pdf([["some words"]] * 3)[:cut]).text.count("some words") == 3


@pytest.mark.parametrize("cut", [40, 200, -60])
def test_a_file_that_is_cut_off_is_called_damaged(cut: int) -> None:
    with pytest.raises(Unreadable, match="The PDF is damaged"):
        read("a.pdf", pdf([["some words"]] * 3)[:cut])


def test_a_scanned_file_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unreadable, match=r"its pages are pictures.*Install tesseract"):
        read("a.pdf", SCAN)


def test_an_empty_file_is_not_called_scanned() -> None:
    with pytest.raises(Unreadable, match="has no text"):
        read("a.pdf", pdf([[], []]))


def test_pages_that_are_pictures_are_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    document = read("a.pdf", SCAN.replace(b"%TEXT", b"BT /F1 12 Tf 9 9 Td (words) Tj ET"))
    assert document.text == "words"
    assert document.remarks == (
        "Page 1 has no text but pictures, which were not searched. Install tesseract and add the file again to read them.",
    )


def test_tesseract_reads_scanned_pages_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "tesseract"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --list-langs ]; then echo "List of languages:"; echo deu; echo eng; echo osd; exit; fi\n'
        'echo "$*: $(head -c 2)"\ncat >/dev/null\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    document = read("a.pdf", SCAN)
    assert document.text == "stdin stdout -l deu+eng: P5"
    assert place(document, "P5") == "page 1"
    assert document.remarks == (
        "The text of page 1 was recognised from pictures by tesseract and may have errors.",
    )
