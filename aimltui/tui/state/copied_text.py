"""What `/copy` copies: an answer, its code, or the whole thread. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.common.patterns import pattern
from aimltui.tui.state.entries import Entry, MessageEntry

_FENCE = pattern(r"([ \t]*+)(?:>[ ]?|[-*+][ ]++|\d++\.[ ]++)*+[ \t]*+(`{3,}|~{3,})")


def text_to_copy(entries: Sequence[Entry], what: str) -> str | None:
    """Return what the words after `/copy` ask for.

    Args:
        entries: Of the open thread.
        what: Nothing for the last answer; a number for the answer so far from the end, from 1; `code` for the code of the
            last answer, with a number for one of its blocks; `all` for the thread.

    Returns:
        The text; empty if there is no such text; None if the words mean nothing.
    """
    words = what.lower().split()
    answers = [
        entry.text for entry in entries if isinstance(entry, MessageEntry) and entry.role == "assistant"
    ]
    match words:
        case []:
            return answers[-1] if answers else ""
        case [number] if number.isdecimal():
            return answers[-int(number)] if 0 < int(number) <= len(answers) else ""
        case ["code"]:
            return "\n\n".join(code_blocks(answers[-1])) if answers else ""
        case ["code", number] if number.isdecimal():
            blocks = code_blocks(answers[-1]) if answers else []
            return blocks[int(number) - 1] if 0 < int(number) <= len(blocks) else ""
        case ["all"]:
            said = (entry for entry in entries if isinstance(entry, MessageEntry))
            return "\n\n".join(f"**{entry.author}**\n\n{entry.text}" for entry in said)
    return None


def code_blocks(text: str) -> list[str]:
    """Return the fenced blocks of code of a Markdown text, without the indent of their fences."""
    blocks: list[str] = []
    lines: list[str] = []
    mark, indent = "", 0
    for line in text.split("\n"):
        if mark:
            shown = line[min(indent, len(line) - len(line.lstrip(" "))) :]
            closing = shown.strip()
            if closing.startswith(mark) and not closing.strip(mark[0]):
                blocks.append("\n".join(lines))
                lines, mark = [], ""
            else:
                lines.append(shown)
        elif (found := _FENCE.match(line)) is not None:
            mark, indent = found[2], found.start(2)
    return [*blocks, "\n".join(lines)] if mark else blocks
