"""How the user's notes stand in the instructions of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BEGIN: Final = "[The user wants you to remember:]"
_END: Final = "[This is the end of what to remember.]"
MOST: Final = 20_000
"""Characters; of more, the last ones are used."""


def memory_text(notes: Sequence[str]) -> str:
    """Return notes as a part of the instructions; empty for none."""
    text = "\n".join(note.strip() for note in notes if note.strip())
    text = text.replace(_END, "")
    if len(text) > MOST:
        text = f"[… earlier notes are left out …]\n{text[-MOST:]}"
    return f"{_BEGIN}\n{text}\n{_END}" if text else ""


def memory_in(instructions: str) -> str:
    """Return the part of instructions that `memory_text` has made; empty for none."""
    start = instructions.find(_BEGIN)
    end = instructions.find(_END, start)
    return instructions[start : end + len(_END)] if start >= 0 and end >= 0 else ""
