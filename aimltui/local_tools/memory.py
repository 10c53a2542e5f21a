"""Memory: what the user wants assistants to remember, in Markdown files, and the tool with which a model proposes more."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import AimltuiError
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.memory_text import memory_text
from aimltui.local_tools.types import CallResult, LocalTool, Problem

TOOL = "remember"
"""The beginning of the name of the tool."""
_ABOUT = (
    "Propose a note about the user that is worth knowing in later conversations, such as a lasting preference. The user sees "
    "it and decides. Propose nothing that only matters now."
)
_PARAMETERS = {
    "type": "object",
    "properties": {"note": {"type": "string", "description": "One short sentence."}},
    "required": ["note"],
}
_MOST_FILE = 200_000
"""Bytes that are read of a file."""
_MOST_NOTE = 2_000
_EVERYONE, _OWN = "everyone", "assistant"
_OTHER = pattern(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Owner:
    """The assistant that remembers."""

    assistant_id: str = ""
    """Empty for the program's own assistant."""
    name: str = ""

    @property
    def mark(self) -> str:
        """Eight characters that stay when the assistant gets another name: letters and digits, whatever a server calls it."""
        end = self.assistant_id[-8:].lower()
        if re.fullmatch("[a-z0-9]{8}", end):
            return end
        return hashlib.sha256(self.assistant_id.encode("utf-8", "replace")).hexdigest()[:8]


class Memory:
    """Reads and extends the files, and offers the tool.

    Args:
        folder: Holds them; it is made with the first note.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: Sequence[Problem] = ()
        self._owners: dict[str, Owner] = {}
        """By the name of their tool."""

    def file_of(self, owner: Owner | None) -> Path:
        """The file of an assistant; None for the one of all."""
        if owner is None:
            return self.folder / f"{_EVERYONE}.md"
        if not owner.assistant_id:
            return self.folder / f"{_OWN}.md"
        found = sorted(self.folder.glob(f"*-{owner.mark}.md"))
        words = _OTHER.sub("-", owner.name.lower()).strip("-")[:40] or _OWN
        return found[0] if found else self.folder / f"{words}-{owner.mark}.md"

    async def instructions(self, owner: Owner) -> str:
        """What a run of an assistant gets with its instructions; empty for nothing."""
        return await asyncio.to_thread(
            lambda: memory_text([_read(self.file_of(None)), _read(self.file_of(owner))])
        )

    async def add(self, note: str, owner: Owner | None) -> Path:
        """Add a note to a file; returns the file.

        Raises:
            AimltuiError: It could not be written.
        """
        text = clean(note).strip()[:_MOST_NOTE]
        path = self.file_of(owner)
        try:
            await asyncio.to_thread(_append, path, "- " + text.replace("\n", "\n  ") + "\n")
        except OSError as error:
            raise AimltuiError(
                f"{clean_line(str(path))} could not be written: {error.strerror or error}."
            ) from error
        return path

    def offer(self, owner: Owner) -> LocalTool:
        """The tool with which an assistant proposes a note."""
        name = f"{TOOL}_{owner.mark}" if owner.assistant_id else TOOL
        self._owners[name] = owner
        return self._tool(name)

    def _tool(self, name: str) -> LocalTool:
        place = clean_line(str(self.file_of(self._owners[name])))
        touches = "It adds the note to a file that later runs get with their instructions."
        return LocalTool(name, _ABOUT, _PARAMETERS, "memory", place, touches, may_always=False)

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The tools that were offered."""
        return [self._tool(name) for name in self._owners]

    async def refresh(self) -> None:
        """Do nothing: the files are read for each run."""

    def start(self) -> None:
        """Do nothing: reading a file does not take long."""

    async def trust(self, tool: LocalTool) -> None:
        """Do nothing: each note is approved."""

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Save a note that the user has approved."""
        note = arguments.get("note")
        if not isinstance(note, str) or not note.strip():
            return CallResult("The note is empty, so nothing was saved.", False)
        try:
            await self.add(note, self._owners.get(tool.name, Owner()))
        except AimltuiError as error:
            return CallResult(str(error), False)
        return CallResult("The note was saved. Later runs get it.")

    async def aclose(self) -> None:
        """Do nothing: nothing runs."""


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return clean(file.read(_MOST_FILE).decode("utf-8", "replace"))
    except OSError:
        return ""


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            # a line that the user wrote may have no end
            text = text if file.read(1) == b"\n" else f"\n{text}"
        file.seek(0, os.SEEK_END)
        file.write(text.encode("utf-8", "replace"))
