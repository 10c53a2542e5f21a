"""The files on the server as the files screen lists them: grouped by what uses them, with their states. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import bytes_text, plural

Holder = Literal["thread", "assistant", "store"]
TOOL_WORDS: Final = {"file_search": "file search", "code_interpreter": "code interpreter"}


@dataclass(frozen=True, slots=True)
class FileUse:
    """Where a file is used."""

    holder: Holder
    tool: str
    """`file_search` or `code_interpreter`."""
    store_id: str = ""
    """The vector store, for file search."""
    meaning_at: str = ""
    """The connection that turns the store's text into vectors; empty if its words alone are searched."""
    vectors: str = ""
    """How many chunks have their vector, such as `120 of 400 chunks so far`; empty if all have."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file at one place where it is used, or at none."""

    file_id: str
    name: str
    size: int | None = None
    """Bytes, if known."""
    use: FileUse | None = None
    status: str = ""
    """Of indexing, as the API says it; `uploading` or `recognising` before; empty where nothing is indexed."""
    problem: str = ""
    """Why it could not be indexed, or what the user should know about its text, as sentences."""
    progress: str = ""
    """How far its reading or its upload is, such as `being read, 25 % (3 of 12)` or `40 %`."""
    chunks: int | None = None

    @property
    def key(self) -> str:
        """What tells the row from all others."""
        use = self.use
        return f"{use.holder}:{use.tool}:{use.store_id}:{self.file_id}" if use is not None else self.file_id

    @property
    def about(self) -> str:
        """Size, chunks and state, in words."""
        parts = [bytes_text(self.size)] if self.size is not None else []
        match self.status:
            case "completed":
                parts.append(plural(self.chunks, "chunk") if self.chunks is not None else "ready")
            case "in_progress":
                parts.append(self.progress or "being indexed")
            case "uploading":
                parts.append(f"being uploaded, {self.progress}" if self.progress else "being uploaded")
            case "recognising":
                parts.append("its text is being recognised")
            case "failed":
                parts.append("failed")
            case "cancelled":
                parts.append("stopped")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class FileGroup:
    """The files of one place."""

    heading: str
    rows: tuple[FileRow, ...]


def is_changing(row: FileRow) -> bool:
    """Return whether the state of a file will be another one soon."""
    waits = row.use is not None and row.use.vectors and not row.problem
    return row.status == "in_progress" or bool(waits)


def with_uploads(groups: Sequence[FileGroup], uploads: Iterable[FileRow]) -> tuple[FileGroup, ...]:
    """Return the groups with files that are being uploaded or recognised: a file that is listed stays in its place."""
    by_key = {row.key: row for row in uploads}
    listed = {row.key for group in groups for row in group.rows}
    new = tuple(row for key, row in by_key.items() if key not in listed)
    known = (
        FileGroup(group.heading, tuple(by_key.get(row.key, row) for row in group.rows)) for group in groups
    )
    return FileGroup("Uploads", new), *known


@dataclass(frozen=True, slots=True)
class FileAction:
    """What can be done with a file."""

    id: str
    label: str


def actions_for(
    row: FileRow,
    groups: Sequence[FileGroup],
    *,
    has_thread: bool,
    assistant: str,
    recognises: str = "",
    means: str = "",
) -> list[FileAction]:
    """Return what can be done with a file.

    Args:
        row: The file.
        groups: All files, which say where it is used already.
        has_thread: Whether a saved thread is open.
        assistant: The name of the assistant that answers there.
        recognises: The connection that recognises the text of pictures; empty if none does.
        means: The connection that turns text into vectors; empty if none does.
    """
    used = {
        (one.use.holder, one.use.tool)
        for group in groups
        for one in group.rows
        if one.file_id == row.file_id and one.use is not None
    }
    actions = [FileAction("view", "View it")]
    holders = [("thread", "this thread")] if has_thread else []
    for holder, name in [*holders, ("assistant", f"assistant {assistant}")]:
        for tool, word in TOOL_WORDS.items():
            if (holder, tool) not in used:
                actions.append(FileAction(f"add:{holder}:{tool}", f"{word.capitalize()}: add to {name}"))
    if row.use is not None and row.use.tool == "file_search":
        actions.append(FileAction("again", "Index it again"))
        if recognises and row.problem and row.name.lower().endswith(".pdf"):
            actions.append(FileAction("recognise", f"Recognise its text with {recognises}, after a question"))
        if row.use.meaning_at:
            actions.append(FileAction("words", "Search by words alone"))
        elif means:
            actions.append(FileAction("meaning", f"Search by meaning, too, with {means}"))
    if row.use is not None:
        place = {
            "thread": "this thread",
            "assistant": f"the assistant {assistant}",
            "store": "this vector store",
        }
        actions.append(FileAction("remove", f"Take it out of {place[row.use.holder]}; the file stays"))
    return [*actions, FileAction("delete", "Delete it for good, everywhere")]
