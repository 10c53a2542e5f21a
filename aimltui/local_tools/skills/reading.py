"""Reads skills from folders. A folder is not trusted: no link leads out of it, and its texts lose their escape sequences.

```markdown
---
name: invoices
description: Reads invoices and checks their sums. Use it when the user sends an invoice.
---
Find the table of positions first, then run `scripts/check.py`.
```
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import AimltuiError
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean, clean_line

FILE = "SKILL.md"
MOST_BODY = 200_000
"""Bytes of a SKILL.md."""
MOST_FILES = 200
MOST_BYTES = 20_000_000
"""Bytes of all files of a skill that are copied into the sandbox."""
MOST_DESCRIPTION = 1_024
_MOST_HEAD = 20_000
_MOST_SKILLS = 200
_MOST_ENTRIES = 5_000
_DEEPEST = 8
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FENCE = "---"


class SkillError(AimltuiError):
    """A skill, or a file of one, is not usable. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A usable skill."""

    name: str
    description: str
    """One line."""
    body: str
    folder: Path
    is_own: bool = False
    """Whether it is in the program's configuration directory, so that the user has put it there for this program."""


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A file of a skill besides its SKILL.md."""

    path: str
    """Relative to the skill's folder, with `/` between the parts."""
    size: int
    """Bytes."""


def skill_folders(parent: Path) -> list[Path]:
    """The folders in a folder that have a SKILL.md or cannot be read, sorted by name; none if the folder does not exist."""
    try:
        found = sorted(path for path in parent.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    return [path for path in found if _has_file(path)][:_MOST_SKILLS]


def _has_file(folder: Path) -> bool:
    try:
        return (folder / FILE).exists()
    except OSError:
        # reading it says why that is impossible
        return True


def read_skill(folder: Path, *, is_own: bool = False) -> Skill:
    """Read the SKILL.md of a folder.

    Args:
        folder: The skill's folder; it may itself be a link that the user made.
        is_own: Whether it is in the configuration directory.

    Raises:
        SkillError: It is not usable; the text names the file and, if there is one, the line.
    """
    content = _content(folder.resolve(), PurePosixPath(FILE), MOST_BODY)
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    place = clean_line(str(folder / FILE))
    if lines[0].rstrip() != _FENCE:
        raise SkillError(
            f"{place}, line 1: a skill begins with {_FENCE}, then name and description, then {_FENCE}."
        )
    ends = [number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE]
    if not ends:
        raise SkillError(
            f"{place}, line 1: the part with name and description has no end. Write {_FENCE} below it."
        )
    head = _head("\n".join(lines[1 : ends[0]]), place)
    name = head.get("name", folder.name)
    description = head.get("description")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SkillError(
            f"{place}, line {_line_of('name', lines)}: name must be letters, digits and hyphens, at most 64."
        )
    if not isinstance(description, str) or not description.strip():
        raise SkillError(
            f"{place}, line {_line_of('description', lines)}: description is missing. Say in a sentence what the skill "
            "is for."
        )
    about = " ".join(clean_line(clean(description).replace("\n", " ")).split())[:MOST_DESCRIPTION]
    return Skill(name, about, clean("\n".join(lines[ends[0] + 1 :])).strip(), folder, is_own)


def _head(text: str, place: str) -> dict[str, object]:
    import yaml

    if len(text) > _MOST_HEAD:
        raise SkillError(f"{place}, line 2: the part with name and description is longer than 20 KB.")
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else 2
        told = clean_line(str(getattr(error, "problem", "") or "it is not valid YAML"))
        advice = " Put a text with a colon into quotes." if told.startswith("mapping values") else ""
        raise SkillError(f"{place}, line {line}: {told}.{advice}") from error
    except (ValueError, RecursionError) as error:
        raise SkillError(
            f"{place}, line 2: this is not valid YAML ({clean_line(str(error))[:100]})."
        ) from error
    if not isinstance(read, dict):
        raise SkillError(f"{place}, line 2: write name: and description: here.")
    return read


def _line_of(key: str, lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 2)


def files_of(skill: Skill) -> list[SkillFile]:
    """The regular files of a skill besides its SKILL.md; links, hidden files and caches are left out."""
    found = (file for file in _walk(skill.folder.resolve(), PurePosixPath(), 0) if file.path != FILE)
    return list(islice(found, MOST_FILES))


def _walk(top: Path, inner: PurePosixPath, depth: int) -> Iterator[SkillFile]:
    try:
        with os.scandir(top / inner) as listing:
            entries = sorted(
                (entry for _, entry in zip(range(_MOST_ENTRIES), listing, strict=False)), key=_by_name
            )
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__pycache__" or not entry.name.isprintable():
            continue
        path = inner / entry.name
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _walk(top, path, depth + 1)
        elif entry.is_file(follow_symlinks=False):
            # it may have been deleted meanwhile
            with suppress(OSError):
                yield SkillFile(str(path), entry.stat(follow_symlinks=False).st_size)


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def read_file(skill: Skill, path: str, most: int) -> bytes:
    """The content of a file of a skill.

    Args:
        skill: The skill.
        path: As `files_of` lists it; any other path is refused.
        most: The most bytes.

    Raises:
        SkillError: There is no such file, or it cannot be read.
    """
    wanted = path.strip().removeprefix("./")
    known = [file.path for file in files_of(skill)]
    if wanted not in known:
        names = ", ".join(known[:50]) or "none"
        raise SkillError(f"The skill {skill.name} has no file {clean_line(path)[:200]}. It has: {names}.")
    return _content(skill.folder.resolve(), PurePosixPath(wanted), most)


def contents_of(skill: Skill, most: int) -> dict[str, bytes]:
    """The contents of all files of a skill by their paths.

    Args:
        skill: The skill.
        most: The most bytes of all together.

    Raises:
        SkillError: They are larger, or one cannot be read.
    """
    top, found, left = skill.folder.resolve(), dict[str, bytes](), most
    for file in files_of(skill):
        found[file.path] = _content(top, PurePosixPath(file.path), left)
        left -= len(found[file.path])
    return found


def _content(top: Path, path: PurePosixPath, most: int) -> bytes:
    """Read a regular file below a folder without following a link, wherever on the way it is."""
    place = clean_line(str(top / path))
    folder = -1
    try:
        folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in path.parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = inner
        # a pipe would block without O_NONBLOCK
        number = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise SkillError(f"{place} is not a regular file.")
            content = file.read(most + 1)
    except OSError as error:
        raise SkillError(f"{place} cannot be read: {error.strerror or error}.") from error
    finally:
        if folder >= 0:
            os.close(folder)
    if len(content) > most:
        raise SkillError(f"{place} is larger than {most:,} bytes, so it is not read.")
    return content
