"""The program's texts use plain, current English: listed words and patterns stand in no docstring, comment or sentence."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PATTERNS = (
    r"\banew\b",
    r"\bwhoever\b",
    r"\bof (?:its|their|one's) own\b",
    r"\bat hand\b",
    r"\bjust now\b",
    r"\b(?:not|never|no longer|nobody|nothing|none)\b[^.;:]{0,40}\bany more\b",
    r"\bnobody is asked\b",
    r"\bbegun\b",
    r"\b(?:is|are|was|were) to be\b",
    r"\bnot whole\b",
    r"\b(?:a|the|no|each|every|one|with|without) blanks?\b(?! lines?)",
    r"\bat work\b",
    r"\bnothing to do it to\b",
    r"\bnot to be had\b",
    r"\bbehind it who\b",
    r"\bhas nobody\b",
    r"\ba mistake of its\b",
    r"\bare kept on the disk\b",
    r"\bhas come is\b",
    r"\bof a known form\b",
    r"\bis there twice\b",
    r"\b(?:is|are) no (?:text|valid|regular|page)\b",
    r"\bin each line\b",
    r"\bmodel alone\b",
    r"\bbehind (?:the word|the command|it:|those of)\b",
    r"\bbrought up to date\b",
    r"\b(?:purse|desk|shelf|seat|vault|workplace|larder)s?\b",
)
FORBIDDEN = re.compile("|".join(PATTERNS), re.IGNORECASE)


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield each comment, docstring and string literal of a module with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split())


def findings(path: Path) -> Iterator[str]:
    """Yield a row for each listed pattern in a Python or text file."""
    text = path.read_text(encoding="utf-8")
    rows = texts_of(text) if path.suffix == ".py" else enumerate(text.splitlines(), 1)
    for line, part in rows:
        for found in FORBIDDEN.finditer(part):
            start = max(0, found.start() - 30)
            yield f"{path.relative_to(ROOT)}:{line}: …{part[start : found.end() + 20]}…"


def parts() -> list[tuple[str, list[Path]]]:
    """Return each top-level package of the program and the README with its files."""
    folders = sorted(p for p in (ROOT / "aimltui").iterdir() if p.is_dir() and p.name != "__pycache__")
    texts = [ROOT / "README.md"]
    return [*((f.name, sorted([*f.rglob("*.py"), *f.rglob("*.md")])) for f in folders), ("README", texts)]


@pytest.mark.parametrize(
    ("name", "files"),
    parts(),
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_part_is_written_in_plain_words(name: str, files: list[Path]) -> None:
    assert not [row for file in files for row in findings(file)]


@pytest.mark.parametrize(
    "text", ["Begin anew.", "It is to be answered.", "not asked any more", "without a blank"]
)
def test_a_listed_pattern_is_found(text: str) -> None:
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize("text", ["any more than that", "a blank line ends it", "to be or not"])
def test_common_words_beside_the_patterns_are_allowed(text: str) -> None:
    assert FORBIDDEN.search(text) is None
