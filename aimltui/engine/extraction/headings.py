"""Finds the headings of a text: Markdown, underlined lines, and the classes and functions of source code. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

SEPARATOR = " › "
_LONGEST = 80
"""Characters of a heading that are used."""
_DEEPEST = 3
"""Headings of a path, the innermost ones."""
_HASHES = pattern(r"^(#{1,6})[ \t]+(\S)(.*)$", re.MULTILINE)
_UNDERLINED = pattern(
    r"^(?P<title>[^\s=\-~^\"'`#*+.:_][^\n]{0,120})\n(?P<mark>[=\-~^\"'`#*+.:_])(?P=mark){2,}[ \t]*$",
    re.MULTILINE,
)
_DEFINED = pattern(
    r"^(?P<indent>[ \t]*)(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub|"
    r"unsafe|override|virtual)[ \t]+){0,5}"
    r"(?P<kind>class|def|function|func|fn|struct|enum|trait|impl|interface|module|namespace)[ \t]+"
    r"(?P<name>[A-Za-z_$][\w$.:]{0,79})",
    re.MULTILINE,
)
_DOCSTRING = pattern(r"\A(?:[^\S\n]*+(?:#[^\n]*+)?\n)*+[rRuU]?(?:\"\"\"|''')\s*(?P<title>\S[^\n]*)")
_FENCE = pattern(r"^(```+(?=[^`\n]*$)|~~~+)[^\n]*\n.*?(?:^\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_LAST_LEVEL = 99


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a text."""

    start: int
    level: int
    """From 1; a lower number is the outer heading."""
    title: str


class Headings:
    """The headings of a file's text.

    Args:
        text: The text.
        filename: The file's name: its suffix tells source code from prose.
    """

    def __init__(self, text: str, filename: str) -> None:
        suffix = filename.rpartition(".")[2].lower() if "." in filename else ""
        found = _of_code(text) if suffix in _CODE else _of_prose(text)
        self._headings = sorted(found, key=lambda heading: heading.start)
        self._starts = [heading.start for heading in self._headings]
        self._paths = list(_paths(self._headings))
        title = _DOCSTRING.match(text) if suffix in ("py", "pyi") else None
        self.title = _short(title["title"].strip("\"'")) if title is not None else ""
        """What the file says that it is, if it is a Python module."""

    def at(self, position: int) -> str:
        """Return the path of headings of a place in the text, outermost first; empty if it has none."""
        number = bisect_right(self._starts, position) - 1
        return SEPARATOR.join(self._paths[number]) if number >= 0 else ""


def _of_prose(text: str) -> Iterator[Heading]:
    hidden = [found.span() for found in _FENCE.finditer(text)]
    starts = [start for start, _ in hidden]

    def is_hidden(position: int) -> bool:
        number = bisect_right(starts, position) - 1
        return number >= 0 and position < hidden[number][1]

    for found in _HASHES.finditer(text):
        if not is_hidden(found.start()):
            yield Heading(found.start(), len(found[1]), _short(found[2] + found[3].rstrip(" \t#")))
    levels: dict[str, int] = {}
    for found in _UNDERLINED.finditer(text):
        title = found["title"].rstrip()
        if is_hidden(found.start()) or found.end() - found.start("mark") < len(title) * 2 // 3:
            continue
        level = levels.setdefault(found["mark"], len(levels) + 1)
        yield Heading(found.start(), level, _short(title))


def _of_code(text: str) -> Iterator[Heading]:
    for found in _DEFINED.finditer(text):
        indent = len(found["indent"].expandtabs(4))
        yield Heading(
            found.start(), min(indent + 1, _LAST_LEVEL), f"{found['kind']} {found['name'].rstrip(':.')}"
        )


def _paths(headings: list[Heading]) -> Iterator[tuple[str, ...]]:
    path: list[Heading] = []
    for heading in headings:
        while path and path[-1].level >= heading.level:
            path.pop()
        path.append(heading)
        yield tuple(one.title for one in path[-_DEEPEST:])


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + "…"


_CODE = frozenset(
    (
        *(
            "c",
            "cc",
            "cpp",
            "cs",
            "cxx",
            "dart",
            "go",
            "h",
            "hpp",
            "java",
            "jl",
            "js",
            "jsx",
            "kt",
            "lua",
            "php",
        ),
        *("py", "pyi", "r", "rb", "rs", "scala", "swift", "ts", "tsx", "vb"),
    )
)
