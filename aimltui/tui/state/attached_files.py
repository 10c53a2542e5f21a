"""Files attached to a draft: what they are, where they go, and how they are written into the draft. Pure.

A draft is one text, also with files: the list of its files stands in it between two control characters, which neither a
keyboard nor a paste brings in, since `clean_input` removes them. So whatever saves, queues, joins or gives back a draft
does the same with its files. The assistant that it is addressed to stands in it in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.tui.state import addressee
from aimltui.tui.state.addressee import Addressee

if TYPE_CHECKING:
    from aimltui.tui.state.entries import Attachment

Goal = Literal["picture", "file_search", "code_interpreter"]
"""Where a file goes: to the model's eyes, or to one of the tools."""

GOAL_WORDS: Final[dict[str, str]] = {
    "picture": "picture",
    "file_search": "file search",
    "code_interpreter": "code interpreter",
}
GOALS: Final[tuple[Goal, ...]] = ("picture", "file_search", "code_interpreter")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Suffixes of pictures that models take."""
_DATA: Final = frozenset(
    [
        "csv",
        "tsv",
        "xlsx",
        "xls",
        "ods",
        "json",
        "jsonl",
        "ndjson",
        "parquet",
        "feather",
        "arrow",
        "orc",
        "avro",
        "h5",
        "hdf5",
        "npy",
        "npz",
        "mat",
        "pkl",
        "dta",
        "sav",
        "rds",
        "sqlite",
        "sqlite3",
        "db",
        "duckdb",
        "zip",
        "tar",
        "gz",
        "tgz",
        "bz2",
        "xz",
        "7z",
        "bmp",
        "tif",
        "tiff",
        "ico",
        "mp3",
        "wav",
        "flac",
        "ogg",
        "mp4",
        "mov",
        "avi",
        "mkv",
        "bin",
        "dat",
        "exe",
        "so",
        "dll",
        "wasm",
    ]
)
"""Suffixes of files that code can use and a search in text cannot."""
_OPEN: Final = "\x02"
_CLOSE: Final = "\x03"
_LIST: Final = pattern(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file on this machine that is sent with a message."""

    path: str
    name: str
    size: int
    """Bytes."""
    goal: Goal
    file_id: str = ""
    """Its id on the server, once it is uploaded."""
    url: str = ""
    """The page that it was read from; empty for a file of the user."""

    @property
    def source(self) -> str:
        """What tells whether two of them are the same file."""
        return self.url or self.path


def goal_of(name: str, *, sees_pictures: bool = True) -> Goal:
    """Return where a file of this name goes, unless the user wants otherwise."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if f".{suffix}" in PICTURES:
        return "picture" if sees_pictures else "code_interpreter"
    return "code_interpreter" if suffix in _DATA else "file_search"


def with_next_goal(file: AttachedFile, step: int = 1) -> AttachedFile:
    """Return the file with the next of the places where it may go; an uploaded file goes there under a new id."""
    may_be_seen = file.name.lower().endswith(PICTURES)
    goals: tuple[Goal, ...] = (
        ("picture", "code_interpreter") if may_be_seen else ("file_search", "code_interpreter")
    )
    at = goals.index(file.goal) if file.goal in goals else 0
    return replace(file, goal=goals[(at + step) % len(goals)])


def attached_again(file: Attachment, name: str, size: int) -> AttachedFile:
    """Return a file of a message that was sent, as an attached file of a draft."""
    picture: Goal = "picture" if file.is_picture else goal_of(name, sees_pictures=False)
    goal = next((goal for goal in GOALS if goal == file.tool), picture)
    # the id in place of a path: what tells it from other files
    return AttachedFile(file.file_id, name, size, goal, file.file_id)


def tools_of(files: Iterable[AttachedFile]) -> frozenset[str]:
    """Return the types of the tools that a run needs for these files."""
    return frozenset(file.goal for file in files if file.goal != "picture")


def with_files(text: str, files: Sequence[AttachedFile], to: Addressee | None = None) -> str:
    """Return the draft of a text, its files and the assistant that it is addressed to."""
    if to is not None:
        text = f"{_OPEN}{addressee.written(to)}{_CLOSE}{text}"
    if not files:
        return text
    listed = json.dumps([asdict(file) for file in files], ensure_ascii=True)
    return f"{_OPEN}{listed}{_CLOSE}{text}"


def addressee_of(draft: str) -> Addressee | None:
    """Return the assistant that a draft is addressed to; None for the thread's."""
    found = map(addressee.read, _LIST.findall(draft))
    return next((to for to in found if to is not None), None)


def parted(draft: str) -> tuple[str, tuple[AttachedFile, ...]]:
    """Return the text of a draft and its files, each once."""
    lists = _LIST.findall(draft)
    if not lists:
        return draft, ()
    files: dict[str, AttachedFile] = {}
    for listed in lists:
        for file in _read(listed):
            files.setdefault(file.source, file)
    return _LIST.sub("", draft).strip("\n"), tuple(files.values())


def in_words(draft: str) -> str:
    """Return a draft as one text to show: what is written, then the names of its files."""
    text, files = parted(draft)
    to = addressee_of(draft)
    name = [f"@{to.name}"] if to is not None else []
    return " ".join([*name, text, *(f"[{file.name}]" for file in files)]).strip()


def _read(listed: str) -> list[AttachedFile]:
    try:
        found = json.loads(listed)
        return [AttachedFile(**values) for values in found] if isinstance(found, list) else []
    except (ValueError, TypeError):
        # another version of this program wrote it, or the file was damaged
        return []
