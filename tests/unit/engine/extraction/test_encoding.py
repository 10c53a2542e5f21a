"""Text in any encoding: by its mark, as UTF-8, as it declares, and else by how probable the result is."""

from __future__ import annotations

import pytest

from aimltui.engine.extraction import encoding
from tests.support.documents import read

TEXTS = {
    "German": (
        "cp1252",
        "Für die Prüfung der Maßnahmen müssen wir Ihnen größere Gebühren berechnen. Grüße aus Köln",
    ),
    "German prices": ("cp1252", "Größe: 5 m², Preis 3 €"),
    "French": (
        "cp1252",
        "L'été dernier, nous avons visité la forêt. Le garçon a mangé une crêpe à la crème brûlée.",
    ),
    "one word": ("latin-1", "café"),
    "Spanish": (
        "latin-1",
        "El niño comió una piña en la montaña, y después bebió agua. ¿Qué hora es? ¡Mañana!",
    ),
    "Swedish": ("latin-1", "Flygande bäckasiner söka hwila på mjuka tuvor. Räksmörgås är gott på sommaren."),
    "quotes": ("cp1252", "He said “hello” – and left… It’s fine."),
    "a table": ("cp1252", "name;price\nMüller;3,50 €\nStraße;2\n"),
    "code": ("latin-1", "# Author: José\nprint('ok')\n"),
    "Polish": ("cp1250", "Zażółć gęślą jaźń. W Szczebrzeszynie chrząszcz brzmi w trzcinie. Żółw pił wodę."),
    "Czech": (
        "iso8859-2",
        "Příliš žluťoučký kůň úpěl ďábelské ódy. Řeka teče přes město a lidé chodí po mostě.",
    ),
    "Russian": (
        "cp1251",
        "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства.",
    ),
    "older Russian": (
        "koi8-r",
        "Широкая электрификация южных губерний даст мощный толчок подъёму хозяйства.",
    ),
    "Greek": ("cp1253", "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. Καλημέρα σας."),
    "Turkish": ("cp1254", "Pijamalı hasta yağız şoföre çabucak güvendi. Türkçe öğrenmek çok güzel bir şey."),
    "Hebrew": ("cp1255", "דג סקרן שט בים מאוכזב ולפתע מצא חברה"),
    "Arabic": ("cp1256", "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق"),
    "Japanese": ("shift_jis", "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"),
    "other Japanese": ("euc_jp", "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"),
    "Chinese": ("gb18030", "人生得意须尽欢，莫使金樽空对月。天生我材必有用，千金散尽还复来。"),
    "Taiwanese": ("big5", "人生得意須盡歡，莫使金樽空對月。天生我材必有用，千金散盡還復來。"),
    "Korean": ("euc_kr", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다."),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_without_a_declaration_is_recognised(name: str) -> None:
    codec, text = TEXTS[name]
    document = read("a.txt", text.encode(codec))
    assert document.text.split("\n") == text.rstrip().split("\n")
    assert "does not say in which encoding it is" in document.remarks[0]


@pytest.mark.parametrize(
    "text", ["Tee 3 €, Kaffee 4 €", "ключ", "価格", "¿Qué?", "naïve", "Ж", "ß", "한국"], ids=ascii
)
def test_short_utf_8_is_utf_8(text: str) -> None:
    document = read("a.txt", text.encode())
    assert document.text == text
    assert document.remarks == ()


@pytest.mark.parametrize(
    ("name", "head", "codec"),
    [
        ("a.html", "<html><head><meta charset='windows-1251'></head><p>{}", "cp1251"),
        (
            "a.html",
            '<html><meta http-equiv="Content-Type" content="text/html; charset=KOI8-R"><p>{}',
            "koi8-r",
        ),
        ("a.xml", "<?xml version='1.0' encoding='iso-8859-5'?><a>{}</a>", "iso8859-5"),
        ("a.py", "# -*- coding: cp866 -*-\n# {}", "cp866"),
    ],
)
def test_what_a_file_declares_is_believed(name: str, head: str, codec: str) -> None:
    document = read(name, head.format("Да").encode(codec))
    assert "Да" in document.text
    assert document.remarks == ()


def test_latin_1_is_read_as_its_larger_sibling() -> None:
    page = "<html><meta charset='iso-8859-1'><p>10 € – “quoted”".encode("cp1252")
    assert read("a.html", page).text == "10 € – “quoted”"


def test_a_false_declaration_is_not_believed() -> None:
    assert read("a.html", "<html><meta charset='iso-8859-1'><p>Grüße".encode()).text == "Grüße"
    assert (
        read("a.html", "<html><meta charset='no-such'><p>Grüße aus Köln".encode("cp1252")).text
        == "Grüße aus Köln"
    )


def test_a_broken_letter_does_not_make_a_text_another_encoding() -> None:
    document = read("a.txt", "Привет, мир. ".encode() * 20 + b"\xff" + "Грüße".encode())
    assert document.text.count("Привет") == 20
    assert "UTF-8 with errors" in document.remarks[0]


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_with_a_mark_is_read(codec: str) -> None:
    text = "\ufeff" * (codec != "utf-32") + "Grüße 🙂"
    assert encoding.decode(text.encode(codec))[0].lstrip("\ufeff") == "Grüße 🙂"


@pytest.mark.parametrize("codec", ["utf-32-le", "utf-32-be", "iso2022_jp", "iso2022_kr"])
def test_what_a_detector_would_have_to_guess_is_known(codec: str) -> None:
    text = {"iso2022_jp": "吾輩は猫である", "iso2022_kr": "모든 인간은"}.get(codec, "Plain text 世界 🙂")
    document = read("a.txt", text.encode(codec))
    assert document.text == text
    assert document.remarks == ()
