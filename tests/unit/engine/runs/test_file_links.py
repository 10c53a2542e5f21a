from __future__ import annotations

import pytest

from aimltui.engine.runs.file_links import LinkFinder

FILES = {
    "/mnt/data/out.csv": "file-1",
    "/mnt/data/out.csv.gz": "file-2",
    "/mnt/data/my table (1).csv": "file-3",
}


def found(text: str, size: int) -> list[tuple[str, str | None]]:
    finder = LinkFinder(FILES)
    spans = [span for at in range(0, len(text), size) for span in finder.feed(text[at : at + size])]
    spans += finder.finish()
    assert "".join(span.text for span in spans) == text
    return [(span.text, span.file_id) for span in spans if span.file_id]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no link", []),
        ("sandbox:", []),
        ("sandbox:/mnt/data/none.csv", []),
        ("[x](sandbox:/mnt/data/out.csv)", ["file-1"]),
        ("See sandbox:/mnt/data/out.csv.", ["file-1"]),
        ("sandbox:/mnt/data/out.csv. Then", ["file-1"]),
        ("sandbox:/mnt/data/out.csv.gz", ["file-2"]),
        ("sandbox:/mnt/data/out.csv.bz2", []),
        ("sandbox:/mnt/data/out.csvx", []),
        ("(sandbox:/mnt/data/my table (1).csv)", ["file-3"]),
        ("(sandbox:/mnt/data/my%20table%20%281%29.csv)", ["file-3"]),
        ("sandbox:/mnt/data/out.csv,sandbox:/mnt/data/out.csv.gz!", ["file-1", "file-2"]),
        ("sandboxsandbox:/mnt/data/out.csv", ["file-1"]),
    ],
)
def test_links_to_files_that_are_there_are_found_however_the_text_is_cut(
    size: int, text: str, expected: list[str]
) -> None:
    assert [file_id for _, file_id in found(text, size)] == expected


def test_text_that_cannot_be_a_link_is_not_held_back() -> None:
    finder = LinkFinder(FILES)
    assert [span.text for span in finder.feed("Hello sand")] == ["Hello "]
    assert [span.text for span in finder.feed("y beach")] == ["sandy beach"]


def test_without_files_nothing_is_held_back() -> None:
    assert [span.text for span in LinkFinder({}).feed("sandbox:/mnt")] == ["sandbox:/mnt"]


@pytest.mark.timeout(60)
def test_a_long_text_of_links_to_nothing_is_read_in_one_pass() -> None:
    text = "sandbox: " * 1_000_000
    finder = LinkFinder(FILES)
    assert "".join(span.text for span in [*finder.feed(text), *finder.finish()]) == text
