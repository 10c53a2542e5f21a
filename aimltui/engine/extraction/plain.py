"""Reads text: its lines, and the headings of Markdown, reStructuredText and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction import encoding
from aimltui.engine.extraction.document import LINE
from aimltui.engine.extraction.limits import INVALID_FILE, MAX_CHARACTERS, UNSUPPORTED_FILE, Unreadable
from aimltui.engine.extraction.source import Source

MAX_TEXT_BYTES: Final = 4 * MAX_CHARACTERS
"""The limit for a file that is plain text."""
TEXT: Final = frozenset(
    [
        "adoc",
        "asm",
        "awk",
        "bash",
        "bat",
        "bib",
        "c",
        "cc",
        "cfg",
        "clj",
        "cmake",
        "conf",
        "cpp",
        "cs",
        "css",
        "csv",
        "cxx",
        "dart",
        "diff",
        "eml",
        "erl",
        "ex",
        "f90",
        "fish",
        "go",
        "gradle",
        "graphql",
        "groovy",
        "h",
        "hpp",
        "hs",
        "htm",
        "html",
        "ics",
        "ini",
        "ipynb",
        "java",
        "jl",
        "js",
        "json",
        "jsonl",
        "jsx",
        "kt",
        "log",
        "lua",
        "m",
        "markdown",
        "mbox",
        "md",
        "mdx",
        "mhtml",
        "mk",
        "ml",
        "ndjson",
        "nim",
        "org",
        "patch",
        "php",
        "pl",
        "po",
        "pot",
        "properties",
        "proto",
        "ps1",
        "py",
        "pyi",
        "r",
        "rb",
        "rs",
        "rst",
        "scala",
        "sh",
        "sql",
        "srt",
        "svg",
        "swift",
        "tex",
        "text",
        "tf",
        "toml",
        "ts",
        "tsv",
        "tsx",
        "txt",
        "vb",
        "vcf",
        "vtt",
        "vue",
        "xhtml",
        "xml",
        "yaml",
        "yml",
        "zig",
        "zsh",
    ]
)
"""Suffixes of files that should be text: a file with one of them that is not text is damaged."""

Headings = Iterator[tuple[int, int, str]]
"""The number of a line, from 0, the level of the heading on it, and the heading."""

_ATX = pattern(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_FENCE = pattern(r" {0,3}(```+(?=[^`]*$)|~~~+)")
"""A line with code between backticks begins no block."""
_SETEXT = pattern(r" {0,3}(=+|-+)[ \t]*$")
_UNDERLINE = pattern(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*$")
_TEX = pattern(
    r"\s*\\(part|chapter|section|subsection|subsubsection|paragraph)\*?\s*(?:\[[^\]]*\])?\{(.{1,300}?)\}"
)
_TEX_LEVELS: Final = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
_GUESSED = (
    "The file does not say in which encoding it is and was read as {name}. If its letters look wrong, save it as "
    "UTF-8, and add it again."
)


def read_plain(source: Source) -> None:
    """Write the lines of a text with its headings."""
    text = text_of(source)
    find = _HEADINGS.get(source.suffix)
    source.writer.at(LINE, 1)
    if find is None:
        source.writer.write(text)
        return
    lines = text.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True) if "\r" in text else None
    lines = text.split("\n") if lines is None else [line.removesuffix("\n") for line in lines]
    begun = 0
    for number, level, title in find(lines):
        source.writer.write("".join(f"{line}\n" for line in lines[begun:number]))
        source.writer.heading(level, title)
        begun = number
    source.writer.write("\n".join(lines[begun:]))


def text_of(source: Source) -> str:
    """Return the text of a file in any encoding; a guess is remarked on.

    Raises:
        Unreadable: It is not text, or too much.
    """
    source.file.seek(0)
    if source.size > MAX_TEXT_BYTES:
        head = source.file.read(65_536)
        source.file.seek(0)
        _decoded(head[: len(head) & ~3].rpartition(b"\n")[0] or head, source)
        raise Unreadable(
            INVALID_FILE,
            f"The file has {source.size:,} bytes; only text of at most {MAX_TEXT_BYTES:,} bytes can be searched. "
            "Split it, and add the parts.",
        )
    text, guess = _decoded(source.file.read(MAX_TEXT_BYTES), source)
    if guess:
        source.writer.remarks.append(_GUESSED.format(name=guess))
    return text


def _decoded(content: bytes, source: Source) -> tuple[str, str]:
    if source.encoding:
        return encoding.decode_as(content, source.encoding), ""
    try:
        return encoding.decode(content)
    except encoding.NotText as error:
        raise not_text(source.suffix) from error


def not_text(suffix: str) -> Unreadable:
    """Return the refusal of a file that no reader knows."""
    if suffix in TEXT:
        return Unreadable(
            INVALID_FILE, "The file is damaged, or is not text. Save it as UTF-8, and add it again."
        )
    kind = f"Files of the type .{suffix[:20]}" if suffix.isalnum() else "Files of this type"
    return Unreadable(
        UNSUPPORTED_FILE,
        f"{kind} cannot be searched: only text (also program code, Markdown, JSON, HTML), PDF, Office, OpenDocument, "
        "EPUB, RTF and mail can.",
    )


def _markdown(lines: list[str]) -> Headings:
    fence = ""
    for number, line in enumerate(lines):
        opened = _FENCE.match(line)
        if opened:
            mark = opened[1]
            if not fence:
                fence = mark
            elif mark.startswith(fence) and not line[opened.end() :].strip():
                fence = ""
        elif not fence and (found := _ATX.match(line)):
            yield number, len(found[1]), _without_closing(found[2] or "")
        elif not fence and number and (under := _SETEXT.match(line)) and _is_title(lines, number - 1):
            yield number - 1, 1 if under[1].startswith("=") else 2, lines[number - 1]


def _without_closing(heading: str) -> str:
    """Return a heading without the hashes that may close it."""
    heading = heading.rstrip(" \t")
    words = heading.rstrip("#")
    return words.rstrip(" \t") if words.endswith((" ", "\t")) else heading


def _is_title(lines: list[str], number: int) -> bool:
    """Return whether a line can be a heading that the next one underlines: a paragraph of one line."""
    line, before = lines[number], lines[number - 1] if number else ""
    return (
        bool(line.strip())
        and not line.startswith(("#", ">", "-", "*", "|", "    ", "\t"))
        and not before.strip()
    )


def _restructured(lines: list[str]) -> Headings:
    styles: list[str] = []
    for number in range(1, len(lines)):
        under, title = _UNDERLINE.match(lines[number]), lines[number - 1]
        before = lines[number - 2] if number > 1 else ""
        over = _UNDERLINE.match(before)
        if (
            under is None
            or not title.strip()
            or _UNDERLINE.match(title)
            or len(lines[number].strip()) < len(title.strip())
        ):
            continue
        if before.strip() and (over is None or over[1] != under[1]):
            continue
        style = under[1] * 2 if over else under[1]
        if style not in styles:
            styles.append(style)
        yield number - 1, styles.index(style) + 1, title


def _latex(lines: list[str]) -> Headings:
    for number, line in enumerate(lines):
        if found := _TEX.match(line):
            yield number, _TEX_LEVELS.index(found[1]) + 1, found[2]


_HEADINGS: Final[dict[str, Callable[[list[str]], Headings]]] = {
    "md": _markdown,
    "markdown": _markdown,
    "mdx": _markdown,
    "rst": _restructured,
    "tex": _latex,
}
