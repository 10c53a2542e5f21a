"""Pictures of the screen as text: the lines, which style each cell has, and what the styles are. Git shows what changes in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from textual._context import visible_screen_stack
from textual.app import App

Size = tuple[int, int]
Row = tuple[str, tuple[tuple[int, str], ...]]
"""A line and the styles in it: for how many characters each."""
PICTURES = Path(__file__).parent / "pictures"
"""The folder with the pictures that were agreed on."""
_MOST_DIFFERENCES = 6


@dataclass(frozen=True)
class Picture:
    """What stands on the screen."""

    rows: tuple[Row, ...]

    @property
    def text(self) -> tuple[str, ...]:
        """The lines."""
        return tuple(text for text, _ in self.rows)

    def styles(self, row: int) -> Iterator[str]:
        """Yield the style of each character of a line."""
        for length, style in self.rows[row][1]:
            for _ in range(length):
                yield style


def take(app: App[object]) -> Picture:
    """Paint the screen, and return what stands on it."""
    visible_screen_stack.set(app._background_screens)
    rows = []
    for strip in app.screen._compositor.render_strips():
        shown = [segment for segment in strip if segment.text and not segment.control]
        runs = _joined((len(one.text), str(one.style) if one.style else "none") for one in shown)
        rows.append(("".join(one.text for one in shown), runs))
    return Picture(tuple(rows))


def _joined(runs: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """Return runs with those of the same style beside each other as one."""
    return tuple(
        (sum(length for length, _ in same), style) for style, same in groupby(runs, key=lambda run: run[1])
    )


def written(pictures: Mapping[tuple[Size, str], Picture]) -> str:
    """Return the pictures of a stop as a file; themes that show the same text share it."""
    blocks = []
    for size, of_size in groupby(
        sorted(pictures.items(), key=lambda item: item[0]), key=lambda item: item[0][0]
    ):
        themes = {theme: picture for (_, theme), picture in of_size}
        alike = len({picture.text for picture in themes.values()}) == 1
        for part in [themes] if alike else [{theme: picture} for theme, picture in themes.items()]:
            blocks.append(_block(size, part))
    return "".join(blocks)


def _block(size: Size, themes: Mapping[str, Picture]) -> str:
    """Return pictures with the same text: a head, the lines, the styles of each line, and the styles in each theme."""
    pictures = list(themes.values())
    names: dict[tuple[str, ...], str] = {}
    runs = []
    for row in range(len(pictures[0].rows)):
        cells = zip(*(picture.styles(row) for picture in pictures), strict=True)
        found = [(style, sum(1 for _ in run)) for style, run in groupby(cells)]
        runs.append(
            "".join(f"{length}{names.setdefault(style, _name(len(names)))}" for style, length in found)
        )
    lines = [
        f"{size[0]}x{size[1]} {' '.join(themes)}",
        *(text.rstrip(" ") for text in pictures[0].text),
        *runs,
        *(f"{name} {' | '.join(style)}" for style, name in names.items()),
        "",
    ]
    return "\n".join(lines) + "\n"


def _name(number: int) -> str:
    """Return a short name of letters: a to z, then aa."""
    first, last = divmod(number, 26)
    return (_name(first - 1) if first else "") + chr(ord("a") + last)


def read(file: str) -> dict[tuple[Size, str], Picture]:
    """Return the pictures in a file."""
    pictures = {}
    lines = iter(file.split("\n"))
    for head in lines:
        if not head:
            break
        place, *themes = head.split(" ")
        width, height = (int(number) for number in place.split("x"))
        texts, runs = ([next(lines) for _ in range(height)] for _ in range(2))
        styles = dict(line.split(" ", 1) for line in iter(lines.__next__, ""))
        for number, theme in enumerate(themes):
            known = {name: style.split(" | ")[number] for name, style in styles.items()}
            rows = (_row(text, run, known) for text, run in zip(texts, runs, strict=True))
            pictures[(width, height), theme] = Picture(tuple(rows))
    return pictures


def _row(text: str, runs: str, styles: Mapping[str, str]) -> Row:
    # two styles may be the same in one theme and another in the other one
    joined = _joined((int(length), styles[name]) for length, name in re.findall(r"(\d+)([a-z]+)", runs))
    return text.ljust(sum(length for length, _ in joined)), joined


def difference(agreed: Picture | None, now: Picture) -> str:
    """Say what differs: the screen with the lines that were otherwise, and the first cells whose style was another."""
    if agreed is None:
        return "There is no such picture yet. It shows now:\n" + "\n".join(f"  {text}" for text in now.text)
    lines, cells = [], []
    for number, row in enumerate(now.rows):
        before = agreed.rows[number] if number < len(agreed.rows) else ("", ())
        if before[0] != row[0]:
            lines += [f"- {before[0]}", f"+ {row[0]}"]
        else:
            lines.append(f"{' ' if before == row else '~'} {row[0]}")
            cells += list(_other_styles(number, agreed, now))
    told = (
        [f"{len(cells)} styles differ (lines with ~), among them:", *cells[:_MOST_DIFFERENCES]]
        if cells
        else []
    )
    return "\n".join([*lines, *told])


def _other_styles(row: int, agreed: Picture, now: Picture) -> Iterator[str]:
    place = 0
    for pair, run in groupby(zip(agreed.styles(row), now.styles(row), strict=True)):
        length = sum(1 for _ in run)
        if pair[0] != pair[1]:
            part = now.rows[row][0][place : place + length]
            yield f"  line {row + 1}, column {place + 1}: {part!r} is {pair[1]}, was {pair[0]}"
        place += length
