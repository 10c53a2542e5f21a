"""Whatever Markdown a model writes, every word of it stands in the transcript: whole, and as it streams in."""

from __future__ import annotations

import os
import random
import re

import pytest

from aimltui.tui.widgets.transcript.canvas import Canvas
from aimltui.tui.widgets.transcript.stream import MAX_PLAIN, MAX_SOURCE, MarkdownStream
from tests.unit.tui.widgets.transcript.builders import context, feed, text_of, whole

DOCUMENTS = int(os.environ.get("AIMLTUI_FUZZ_INPUTS", "2000"))
BATCHES = 8


class Writer:
    """Writes a random document whose every word is told from the others."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = 0

    def word(self) -> str:
        self.words += 1
        return f"w{self.words}x"

    def inline(self) -> str:
        pick = self.random.choice
        forms = (
            "{}", "{} {}", "**{}** {}", "*{}*", "`{}`", "~~{}~~", "[{}](http://h/{})", "[{}](<{}> '{}')", "![{}]({} \"{}\")",
            "[](http://h/{})", "<b>{}</b>", "<!-- {} -->", "[{}][{}]", "{}\\\n{}", "{}  \n{}", "&amp;{}", "a_{}_b", "https://h/{}",
            "[[{}]]", "***{}", "`{}", "**{}", "[{}", "![{}", "<{}>", "\\*{}\\*", "![]({})",
        )  # fmt: skip
        form = pick(forms)
        return form.format(*(self.word() for _ in range(form.count("{}"))))

    def block(self, depth: int = 0) -> list[str]:
        kinds = [
            "paragraph",
            "heading",
            "fence",
            "table",
            "definition",
            "hr",
            "html",
            "code",
            "setext",
            "list",
            "quote",
        ]
        if depth > 3:
            kinds = kinds[:9]
        return getattr(self, self.random.choice(kinds))(depth)

    def paragraph(self, depth: int) -> list[str]:
        return [self.inline() for _ in range(self.random.randint(1, 3))]

    def heading(self, depth: int) -> list[str]:
        return ["#" * self.random.randint(1, 7) + " " + self.inline().split("\n")[0]]

    def setext(self, depth: int) -> list[str]:
        return [self.word(), self.random.choice("-=") * 3]

    def fence(self, depth: int) -> list[str]:
        mark = self.random.choice(["```", "~~~", "````"])
        info = self.random.choice(["", "python", f"python {self.word()}", f"{self.word()} {self.word()}"])
        info = "" if re.fullmatch(r"w\d+x", info) else info
        if info and not info.startswith("python"):
            info = f"text {info}"
        end = [mark] if self.random.random() < 0.8 else []
        return [mark + info, *(self.word() for _ in range(self.random.randint(0, 3))), *end]

    def table(self, depth: int) -> list[str]:
        width = self.random.randint(1, 4)

        def row(cells: int) -> str:
            return "| " + " | ".join(self.word() for _ in range(cells)) + " |"

        rows = [row(self.random.randint(1, 6)) for _ in range(self.random.randint(0, 3))]
        return [row(width), "|" + "---|" * width, *rows]

    def definition(self, depth: int) -> list[str]:
        return [f"[{self.word()}]: http://h/{self.word()} '{self.word()}'"]

    def hr(self, depth: int) -> list[str]:
        return [self.random.choice(["---", "***", "_ _ _"])]

    def html(self, depth: int) -> list[str]:
        return ["<div>", self.word(), "</div>"]

    def code(self, depth: int) -> list[str]:
        return ["    " + self.word()]

    def list(self, depth: int) -> list[str]:
        lines: list[str] = []
        for number in range(self.random.randint(1, 3)):
            mark = self.random.choice(["- ", "* ", "1. ", f"{number}) ", "- [ ] ", "- [x] "])
            levels = self.random.choice([1, 1, 1, 2, 14, 30])
            body = ["- " * (levels - 1) + self.word(), *self.block(depth + 1)]
            lines += [mark + body[0], *(" " * len(mark[:3].rstrip() + " ") + line for line in body[1:])]
        return lines

    def quote(self, depth: int) -> list[str]:
        levels = self.random.choice([1, 1, 2, 26, 60])
        return ["> " * levels + line for line in self.block(depth + 1)]

    def document(self) -> str:
        blocks = ("\n".join(self.block()) for _ in range(self.random.randint(1, 6)))
        return self.random.choice(["\n\n", "\n"]).join(blocks)


def hidden(source: str, canvas: Canvas) -> list[str]:
    """Return the words of a source that the rows do not show, a link's address aside where it has a text."""
    rows = text_of(canvas)
    # a long line of code may be wrapped within a word; its rows have a margin, and a sign where they go on
    shown = "".join(rows) + " " + "".join(row.strip().lstrip("↪") for row in rows)
    reachable = {hit.value for row in canvas.rows for _, _, hit in row.targets}
    targets = " ".join(reachable)
    return [word for word in re.findall(r"w\d+x", source) if word not in shown and word not in targets]


def streamed(source: str, rng: random.Random) -> Canvas:
    body = MarkdownStream(Canvas(context()))
    place = 0
    while place < len(source):
        step = rng.randint(1, 40)
        feed(body, source[place : place + step])
        place += step
    return body.canvas


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_word_of_a_document_is_shown(batch: int) -> None:
    for seed in range(batch, DOCUMENTS, BATCHES):
        source = Writer(seed).document()
        assert hidden(source, whole(source)) == [], f"seed {seed}:\n{source}"
        assert hidden(source, streamed(source, random.Random(seed))) == [], (
            f"seed {seed}, streamed:\n{source}"
        )


@pytest.mark.parametrize("deep", ["- ", "> ", "1. ", "> - ", "* > "])
@pytest.mark.parametrize("levels", [11, 12, 13, 24, 25, 200])
def test_what_is_nested_too_deeply_is_shown_as_its_source_and_hides_nothing(deep: str, levels: int) -> None:
    source = f"before\n\n{deep * levels}innermost\n\nafter"
    shown = " ".join(text_of(whole(source)))
    assert all(word in shown for word in ("before", "innermost", "after"))


def test_an_indented_outline_of_many_levels_is_shown_whole() -> None:
    outline = "".join("  " * level + f"- level{level}.\n" for level in range(40))
    shown = " ".join(text_of(whole(outline + "\nthe rest")))
    assert all(f"level{level}." in shown for level in range(40))
    assert "the rest" in shown


def test_what_follows_a_line_beyond_the_limit_is_shown() -> None:
    source = "x" * (MAX_SOURCE + 10_000) + "\n\nwhat follows"
    assert text_of(whole(source))[-1] == "what follows"
    body = MarkdownStream(Canvas(context()))
    for place in range(0, len(source), 30_000):
        feed(body, source[place : place + 30_000])
    assert text_of(body.canvas)[-1] == "what follows"


def test_what_is_beyond_every_limit_is_counted_and_can_be_opened() -> None:
    rows = whole("word\n" * (MAX_SOURCE + MAX_PLAIN)).rows
    assert "more characters · enter view all" in rows[-1].text
    assert [hit.kind for _, _, hit in rows[-1].targets] == ["view"]
