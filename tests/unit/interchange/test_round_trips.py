"""What this program writes, it reads again: nothing is lost on the way, whatever people have said."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aimltui.interchange.formats import own_html, own_json, own_markdown
from aimltui.interchange.reading import look, read
from aimltui.interchange.records import (
    Annotation,
    Attachment,
    Branch,
    Inline,
    Message,
    Part,
    Source,
    Text,
    Thought,
    Thread,
    ToolCall,
)

SAMPLES = Path(__file__).parent / "samples"
FORMATS = [own_json, own_markdown, own_html]

WORDS = [
    "plain words", "", "\n\nlines\n\n", "  spaces  ", "\ttab", "# heading", "```python\nprint(1)\n```", "````", "`",
    "<script>alert(1)</script>", "</script>", "<!-- aimltui:text -->", "\n<!-- aimltui:/text -->\n", "-->", "--", "<!-- \\aimltui:x -->",
    "<!-- \\\\aimltui", "&amp; < > \" '", "ü 日本語 🙂 \u202e", "\x1b[2J\x07", "a\r\nb\rc", "[x](javascript:alert(1))", "![x](https://example.org/t.png)",
    "\u2028\u2029", "<details><summary>s</summary>", "</details>", "{\"a\": 1}", "\\", "* * *", "| a | b |\n|---|---|\n| 1 | 2 |",
]  # fmt: skip
NAMES = ["a.png", "b [1].txt", "c).pdf", 'd".csv', "<e>.md", "f--g.txt", None]
VALUES: list[Any] = [
    None,
    "text",
    "```\nx\n```",
    {"q": ["a", 1, None, {"b": True}]},
    [],
    17,
    '{"already": "json"}',
    "--> -- <!-- aimltui:/input -->",
]


def some_text(chance: random.Random) -> str:
    return "".join(chance.choice(WORDS) + chance.choice(["", " ", "\n"]) for _ in range(chance.randint(1, 5)))


def some_file(chance: random.Random) -> Attachment:
    data = chance.randbytes(chance.randint(0, 300))
    kind = chance.choice(["image/png", "application/pdf", "text/plain", None])
    return chance.choice(
        [
            Attachment(
                chance.choice(NAMES), Inline(data), kind, f"file-{chance.random()}", description="of a bridge"
            ),
            Attachment(chance.choice(NAMES), None, kind, "file-x"),
            Attachment("page", url="https://example.org/a?b=c&d"),
            Attachment("paper.pdf", extracted=Inline(b"its words")),
        ]
    )


def some_part(chance: random.Random) -> Part:
    kind = chance.randrange(5)
    if kind == 0:
        return Thought(some_text(chance))
    if kind == 1:
        return some_file(chance)
    if kind == 2:
        files = tuple(some_file(chance) for _ in range(chance.randint(0, 2)))
        which: Any = chance.choice(["tool", "code", "canvas"])
        output = chance.choice([None, "", some_text(chance)])
        return ToolCall(
            which,
            chance.choice([None, "web.run", "-->x"]),
            chance.choice(VALUES),
            output,
            chance.choice([None, "call_1"]),
            files,
        )
    marks = (Annotation("file_citation", "【1†x】", 0, 5, "file-x"),) if chance.random() < 0.3 else ()
    return Text(some_text(chance), marks)


def some_message(chance: random.Random, number: int) -> Message:
    return Message(
        chance.choice(["user", "assistant"]),
        tuple(some_part(chance) for _ in range(chance.randint(0, 4))),
        chance.choice([None, 1_750_000_000.25 + number]),
        chance.choice([None, "gpt-5", "a <model> -->"]),
        (Source("A -- page", "https://example.org/?a=1&b=--"), Source(None, "https://example.org"))
        if chance.random() < 0.3
        else (),
        chance.random() < 0.2,
        chance.random() < 0.2,
        f"msg-{number}",
    )


def some_thread(seed: int) -> Thread:
    chance = random.Random(seed)
    messages = tuple(some_message(chance, number) for number in range(chance.randint(1, 6)))
    branches = tuple(
        Branch(f"leaf-{n}", (*messages[:1], some_message(chance, 90 + n)))
        for n in range(chance.randint(0, 2))
    )
    return Thread(
        "aimltui",
        f"thread_{seed}",
        messages,
        chance.choice([None, "A title", "<b> & -->  `x`".replace("  ", " "), "<!-- aimltui:thread {} -->"]),
        chance.choice([None, 1_750_000_000.0]),
        chance.choice([None, 1_750_000_100.0]),
        chance.choice([None, "gpt-5"]),
        chance.choice([None, "Be brief.\n<!-- aimltui:message {} -->\n"]),
        branches,
        is_pinned=chance.random() < 0.3,
    )


async def each(threads: Iterable[Thread]) -> AsyncIterator[Thread]:
    for thread in threads:
        yield thread


async def written(form: ModuleType, path: Path, *threads: Thread) -> str:
    pieces: list[str] = []
    await form.write(each(threads), pieces.append)
    text = "".join(pieces)
    save(path, text)
    return text


def save(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def read_back(*paths: Path) -> list[Thread]:
    with look(paths) as found:
        return [item for item in read(found) if isinstance(item, Thread)]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.ID)
@pytest.mark.parametrize("seed", range(60))
async def test_a_conversation_comes_back_as_it_was(form: ModuleType, seed: int, tmp_path: Path) -> None:
    thread = some_thread(seed)
    await written(form, tmp_path / f"out{form.SUFFIX}", thread)
    assert read_back(tmp_path) == [thread]


@pytest.mark.parametrize("form", [own_json, own_markdown], ids=lambda form: form.ID)
async def test_several_conversations_come_back(form: ModuleType, tmp_path: Path) -> None:
    threads = [some_thread(seed) for seed in range(100, 120)]
    await written(form, tmp_path / "out", *threads)
    assert read_back(tmp_path / "out") == threads


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.ID)
async def test_what_other_programs_saved_goes_out_whole(form: ModuleType, tmp_path: Path) -> None:
    for number, thread in enumerate(read_back(SAMPLES)):
        # the file's bytes stand in the conversation, wherever they lay before
        own = replace(thread, format="aimltui", notes=())
        await written(form, tmp_path / f"{number}{form.SUFFIX}", own)
        (again,) = read_back(tmp_path / f"{number}{form.SUFFIX}")
        assert [(m.role, m.text, m.at, m.model, m.sources) for m in again.messages] == [
            (m.role, m.text, m.at, m.model, m.sources) for m in thread.messages
        ]
        for one, other in zip(thread.messages, again.messages, strict=True):
            for before, after in zip(one.attachments, other.attachments, strict=True):
                assert (before.content and before.content.read()) == (after.content and after.content.read())


async def test_a_page_runs_nothing_and_loads_nothing(tmp_path: Path) -> None:
    bad = "<script>x()</script> <img src=x onerror=y()> [a](javascript:z()) ![p](https://example.org/t.png)"
    thread = Thread(
        "aimltui",
        "t",
        (Message("user", (Text(bad), Attachment('"><script>', Inline(b"x"), '"><script>'))),),
        bad,
    )
    page = await written(own_html, tmp_path / "p.html", thread)
    assert "default-src 'none'; img-src data:" in page
    assert page.count("<script") == 1
    assert 'href="javascript:' not in page
    assert "<img src=x" not in page


async def test_markdown_can_be_changed_by_hand(tmp_path: Path) -> None:
    thread = Thread(
        "aimltui",
        "t",
        (Message("user", (Text("How long?"),)), Message("assistant", (Text("112 m"),))),
        "Bridge",
    )
    path = tmp_path / "a.md"
    text = await written(own_markdown, path, thread)
    path.write_bytes(
        ("My notes.\r\n" + text.replace("112 m", "113 m"))
        .replace("\n", "\r\n")
        .replace("\r\r", "\r")
        .encode()
    )
    (again,) = read_back(path)
    assert [message.text for message in again.messages] == ["How long?", "113 m"]


async def test_a_page_with_an_odd_marked_section_is_read(tmp_path: Path) -> None:
    thread = Thread("aimltui", "t", (Message("user", (Text("x"),)),))
    page = await written(own_html, tmp_path / "p.html", thread)
    (tmp_path / "p.html").write_text(page.replace("<title>", "<![foo[ x ]]><title>"))
    (again,) = read_back(tmp_path / "p.html")
    assert [message.text for message in again.messages] == ["x"]


async def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    thread = Thread("aimltui", "t", (Message("user", (Text("x"),)),))
    page = await written(own_html, tmp_path / "p.html", thread)
    (tmp_path / "p.html").write_text(page.replace('{"format"', '{"format'))
    with look([tmp_path / "p.html"]) as found:
        (item,) = read(found)
    assert getattr(item, "why", "") == "the data in the page is damaged"
