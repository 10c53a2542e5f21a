"""Letters, mailboxes and RTF."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.support.documents import place, read

LETTER = (
    "Received: from somewhere\r\nFrom: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: a@example.org\r\n"
    "Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n aus =?utf-8?b?S8O2bG4=?=\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Der Preis ist 3 =A4, sch=F6n.\r\n"
)


def letter(subject: str, text: str, **more: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.org", subject
    made.set_content(text)
    for kind, content in more.items():
        made.add_alternative(content, subtype=kind)
    return made


@pytest.mark.parametrize("name", ["a.eml", "letter", "letter.txt"])
def test_a_letter_is_read_with_its_fields(name: str) -> None:
    document = read(name, LETTER)
    assert document.text.split("\n") == [
        "From: Jörg <j@example.org>",
        "To: a@example.org",
        "Date: Mon, 02 Nov 2026 10:00:00 +0100",
        "Subject: Grüße aus Köln",
        "",
        "Der Preis ist 3 ¤, schön.",
    ]
    assert place(document, "Der Preis") == "Grüße aus Köln"


def test_of_two_forms_of_a_text_the_plain_one_is_read() -> None:
    text = read("a.eml", bytes(letter("s", "plain words", html="<p>shaped words"))).text
    assert "plain words" in text
    assert "shaped" not in text


def test_a_letter_in_html_alone_is_read_as_a_page() -> None:
    made = EmailMessage()
    made["Subject"] = "s"
    made.set_content("<h1>Ships</h1><script>no()</script><p>sail", subtype="html")
    document = read("a.eml", bytes(made))
    assert "no()" not in document.text
    assert place(document, "sail") == "s › Ships"


def test_attachments_are_named_and_remarked_on() -> None:
    made = letter("s", "words")
    made.add_attachment(b"\0\1", maintype="image", subtype="png", filename="ship.png")
    made.add_attachment("hidden", filename="notes.txt")
    document = read("a.eml", bytes(made))
    assert "Attachment: ship.png\nAttachment: notes.txt" in document.text
    assert "hidden" not in document.text
    assert "attachments of the messages were not read" in document.remarks[0]


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: s\nContent-Type: text/plain; charset=no-such\n\nGr\xfc\xdfe aus K\xf6ln",
        b"Subject: s\nContent-Type: text/plain; charset=utf-8\n\nGr\xfc\xdfe aus K\xf6ln",
        b"Subject: s\n\nGr\xfc\xdfe aus K\xf6ln",
    ],
)
def test_a_letter_that_lies_about_its_encoding_is_read(content: bytes) -> None:
    assert read("a.eml", content).text.endswith("Grüße aus Köln")


@pytest.mark.parametrize(
    "content",
    [
        b'From: "a\nTo: <<<>>>,,\nDate: never\nSubject: =?utf-8?q?=FF=?= =?x?y?\n\nwords',
        b"Content-Type: multipart/mixed; boundary=x\n\nwords",
        b'Content-Type: multipart/mixed; boundary=""\n\n--\nwords',
        b"Content-Type: ;;;\nSubject:\n\nwords",
        b"Subject: " + b"(" * 5_000 + b"\n\nwords",
    ],
)
def test_a_letter_that_breaks_the_rules_is_read(content: bytes) -> None:
    assert "words" in read("a.eml", content).text


def test_a_mailbox_is_read_letter_by_letter() -> None:
    box = b"".join(
        b"From a@example.org Mon Nov  2 10:00:00 2026\n"
        + bytes(letter(f"Letter {n}", f">From me\nwords {n}"))
        + b"\n"
        for n in (1, 2, 3)
    )
    for name in ("a.mbox", "Inbox"):
        document = read(name, box)
        assert document.text.count("Subject:") == 3
        assert "\nFrom me\nwords 2" in document.text
        assert place(document, "words 2") == "Letter 2"


def test_rich_text_is_read_in_its_code_page() -> None:
    source = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Secret}}Gr\'fc\'dfe \b aus\b0  K\u246?ln\par "
        r"{\*\generator x;}10 \u8364? {\pict 00ff}\par}"
    )
    text = read("a.rtf", source).text
    assert text.split() == ["Grüße", "aus", "Köln", "10", "€"]
    assert read("a.doc", source).text == text


def test_rich_text_of_another_language_is_read() -> None:
    assert read("a.rtf", r"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}").text == "Привет"


def test_rich_text_is_read_as_accepted_with_its_notes() -> None:
    source = (
        r"{\rtf1\ansi Ships{\super\chftn{\footnote \pard\plain {\super\chftn} galleons}} sail {\rtlch \deleted\revauth1 slowly}"
        r"{\b\deleted0 fast}}"
    )
    assert read("a.rtf", source).text.split() == ["Ships", "[footnote]", "galleons", "sail", "fast"]
