"""Paths in pasted texts, and what an `@` offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.storage.local_files import file_at, files_in, may_hold_paths, offered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "a report.pdf",
        "sales.csv",
        "docs/plan.md",
        "docs/deep/report.txt",
        "node_modules/x/report.js",
        ".env",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return tmp_path


@pytest.mark.parametrize(
    ("pasted", "names"),
    [
        ("{}/sales.csv", ["sales.csv"]),
        ("{}/a report.pdf", ["a report.pdf"]),
        ("'{}/a report.pdf' ", ["a report.pdf"]),
        ("{}/a\\ report.pdf {}/sales.csv", ["a report.pdf", "sales.csv"]),
        ("{}/a report.pdf\n{}/sales.csv\n", ["a report.pdf", "sales.csv"]),
        ("file://{}/a%20report.pdf", ["a report.pdf"]),
        ("file://localhost{}/sales.csv", ["sales.csv"]),
        ("file://elsewhere{}/sales.csv", []),
        ("{}/sales.csv and more", []),
        ("see {}/sales.csv", []),
        ("{}/docs", []),
        ("{}/none.csv", []),
        ("{}/sales.csv {}/none.csv", []),
        ("/", []),
        ("'", []),
        ("/\0", []),
        ("~nobody-of-this-name/x", []),
    ],
)
def test_only_a_paste_that_consists_of_paths_attaches_files(
    folder: Path, pasted: str, names: list[str]
) -> None:
    text = pasted.replace("{}", str(folder))
    found = files_in(text) if may_hold_paths(text) else []
    assert [file.path.name for file in found] == names
    assert all(file.size == 5 for file in found)


def test_a_written_path_may_start_in_the_folder(folder: Path) -> None:
    assert file_at("docs/plan.md", folder) == file_at(f"{folder}/docs/plan.md", folder)
    assert file_at("docs/none.md", folder) is None


def labels(query: str, folder: Path) -> list[str]:
    return [file.label for file in offered(query, folder)]


def test_an_at_offers_the_files_that_begin_with_the_text_first(folder: Path) -> None:
    assert labels("report", folder) == ["docs/deep/report.txt", "a report.pdf"]
    assert labels("", folder) == ["a report.pdf", "sales.csv", "docs/plan.md", "docs/deep/report.txt"]
    assert labels("nothing", folder) == []


def test_a_slash_looks_into_a_folder(folder: Path) -> None:
    assert labels("docs/", folder) == ["docs/deep/", "docs/plan.md"]
    assert labels(f"{folder}/sa", folder) == [f"{folder}/sales.csv"]
    assert labels("./.e", folder) == ["./.env"]
