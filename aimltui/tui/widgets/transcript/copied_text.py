"""What `/copy` copies: an answer, its code, its tables, or the whole thread."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.tui.state.entries import Entry, MessageEntry
from aimltui.tui.widgets.transcript.parts import TABLE_FORMATS, CodePart, TableFormat, TablePart, parts_of


def text_to_copy(entries: Sequence[Entry], what: str) -> str | None:
    """Return what the words after `/copy` ask for.

    Args:
        entries: Of the open thread.
        what: Nothing for the last answer; a number for the answer so far from the end, from 1; `code` for the code of the
            last answer, `table` for its tables, each with a number for one of them, a table also with `tsv`, `csv` or
            `markdown`; `all` for the thread.

    Returns:
        The text; empty if there is no such text; None if the words mean nothing.
    """
    words = what.lower().split()
    answers = [
        entry.text for entry in entries if isinstance(entry, MessageEntry) and entry.role == "assistant"
    ]
    last = answers[-1] if answers else ""
    match words:
        case []:
            return last
        case [number] if number.isdecimal():
            return answers[-int(number)] if 0 < int(number) <= len(answers) else ""
        case ["code", *rest]:
            return _numbered(code_blocks(last), rest)
        case ["table" | "tables", *rest]:
            form: TableFormat = next((name for name in TABLE_FORMATS if name in rest[-1:]), "tsv")
            tables = [part.text(form) for part in parts_of(last) if isinstance(part, TablePart)]
            return _numbered(tables, rest[:-1] if rest[-1:] == [form] else rest)
        case ["all"]:
            said = (entry for entry in entries if isinstance(entry, MessageEntry))
            return "\n\n".join(f"**{entry.author}**\n\n{entry.text}" for entry in said)
    return None


def _numbered(texts: Sequence[str], words: Sequence[str]) -> str | None:
    """All of the texts, or the one whose number, from 1, is the only word."""
    match words:
        case []:
            return "\n\n".join(texts)
        case [number] if number.isdecimal():
            return texts[int(number) - 1] if 0 < int(number) <= len(texts) else ""
    return None


def code_blocks(text: str) -> list[str]:
    """Return the blocks of code of a Markdown text, without the indent of their fences."""
    return [part.text for part in parts_of(text) if isinstance(part, CodePart)]
