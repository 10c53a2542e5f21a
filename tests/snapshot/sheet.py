"""A contact sheet of every screen and panel: `python -m tests.snapshot.sheet [--agreed] [FOLDER] [PART-OF-A-NAME ...]`.

Walks through every story in several sizes and themes, writes one page `index.html` with all pictures (PNG too, where the font
DejaVu Sans Mono is installed), and prints what an eye would find wrong: text under 4.5:1. With `--agreed` it only paints the
pictures that the tests compare with. It is not part of the tests: it takes minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from aimltui.tui.app import AimltuiApp
from aimltui.tui.contrast import MIN_CONTRAST, contrast
from tests.snapshot.picture import PICTURES, Picture, Size, read, take
from tests.snapshot.stories import STORIES
from tests.snapshot.story import LARGE, MIDDLE, SIZES, SMALL, THEMES, Story
from tests.support.screen import Seat
from tests.support.screenshots import without_fonts

_SIZES: tuple[Size, ...] = (MIDDLE, SMALL, LARGE, (40, 15))
_THEMES = ("aimltui-dark", "aimltui-light", "solarized-light", "nord")


@dataclass(frozen=True)
class Low:
    """Text that is hard to read."""

    text: str
    ratio: float


def low_texts(app: AimltuiApp) -> Iterator[Low]:
    """Yield the texts on the screen in front whose contrast is too low; dimmed pages behind a panel do not count."""
    screen = app.screen
    inner = screen.query(".sheet").first().region if screen.query(".sheet") else screen.region
    for y, strip in enumerate(screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            is_inside = inner.contains(x, y)
            x += sum(1 for _ in text)
            if style is None or not text.strip() or not is_inside or not any(map(str.isalnum, text)):
                continue
            ink, ground = _colors(style)
            if ink is not None and ground is not None and contrast(ink, ground) < MIN_CONTRAST - 0.05:
                yield Low(text.strip()[:40], contrast(ink, ground))


def _colors(style: Style) -> tuple[Color | None, Color | None]:
    """Return ink and ground of a style; None where the terminal decides."""
    pair = [_color(style.color), _color(style.bgcolor)]
    if style.reverse:
        pair.reverse()
    return pair[0], pair[1]


def _color(color: RichColor | None) -> Color | None:
    return (
        None if color is None or color.is_default or color.triplet is None else Color.from_rich_color(color)
    )


_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_FONT_SIZE = 14


def paint(picture: Picture, size: Size, file: Path) -> None:
    """Write a picture as a PNG, for viewers that know no SVG; nothing where the font is missing."""
    if not _FONTS.is_dir():
        return
    regular, bold = (
        ImageFont.truetype(str(_FONTS / f"DejaVuSansMono{face}.ttf"), _FONT_SIZE) for face in ("", "-Bold")
    )
    wide, high = round(regular.getlength("M")), _FONT_SIZE + 4
    image = Image.new("RGB", (size[0] * wide, size[1] * high), "#121212")
    draw = ImageDraw.Draw(image)
    for y, (text, runs) in enumerate(picture.rows):
        x = place = 0
        for length, name in runs:
            part, style = text[place : place + length], Style.parse(name)
            place += length
            ink, ground = (color and color.rgb for color in _colors(style))
            edge = (x + cell_len(part)) * wide - 1
            draw.rectangle((x * wide, y * high, edge, (y + 1) * high - 1), fill=ground or "#121212")
            if style.underline:
                draw.line((x * wide, (y + 1) * high - 2, edge, (y + 1) * high - 2), fill=ink or "#d4d4d4")
            for letter in part:
                face = bold if style.bold else regular
                draw.text((x * wide, y * high), letter, fill=ink or "#d4d4d4", font=face)
                x += cell_len(letter)
    image.save(file)


def _name(stop: str, size: Size, theme: str) -> str:
    return f"{stop}-{size[0]}x{size[1]}-{theme}"


async def walk(story: Story, folder: Path, words: Sequence[str]) -> int:
    """Take the pictures of a story; print what is hard to read, and return how many texts are."""
    server = story.server()
    found: list[Low] = []

    async def seen(stop: str, size: Size, theme: str) -> None:
        name = _name(stop, size, theme)
        if words and not any(word in name for word in words):
            return
        await here.pilot.pause()
        (folder / f"{name}.svg").write_text(without_fonts(app.export_screenshot(title=name)))
        paint(take(app), size, folder / f"{name}.png")
        lows = list(low_texts(app))
        found.extend(lows)
        print(name, *(f"  {low.ratio:.1f}:1  {low.text!r}" for low in lows), sep="\n", flush=True)

    with tempfile.TemporaryDirectory() as data:
        os.environ["HOME"] = data
        app = story.app(server, Path(data))
        async with app.run_test(size=story.sizes[0], notifications=True) as pilot:
            here = Seat(app, cast(Pilot[None], pilot), server)
            await story.walk(here, seen)
            await app.action_quit_now()
    return len(found)


def paint_agreed(folder: Path, words: Sequence[str]) -> None:
    """Paint the pictures that the tests compare with."""
    for file in sorted(PICTURES.iterdir()):
        for (size, theme), picture in read(file.read_text(encoding="utf-8")).items():
            name = _name(file.stem, size, theme)
            if not words or any(word in name for word in words):
                paint(picture, size, folder / f"{name}.png")


def page(folder: Path) -> str:
    """The page with all pictures of a folder."""
    pictures = sorted(folder.glob("*.svg")) or sorted(folder.glob("*.png"))
    shown = "\n".join(
        f'<figure><figcaption>{html.escape(file.stem)}</figcaption><img loading="lazy" src="{html.escape(file.name)}"></figure>'
        for file in pictures
    )
    style = "body{background:#888;font:14px sans-serif}figure{display:inline-block;margin:8px}img{max-width:900px}"
    return f"<!doctype html><meta charset=utf-8><title>aimltui</title><style>{style}</style>\n{shown}\n"


def main(arguments: list[str]) -> int:
    """Take the pictures whose names hold one of the words; all without a word. Returns 1 if there is a fault."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.snapshot.sheet", description="A contact sheet of every screen and panel."
    )
    parser.add_argument("--agreed", action="store_true", help="only paint what the tests compare with")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("contact-sheet"))
    parser.add_argument("words", nargs="*", help="take only pictures whose names hold one of these")
    options = parser.parse_args(arguments)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"
    time.tzset()
    faults = 0
    if options.agreed:
        paint_agreed(folder, options.words)
    else:
        for story in STORIES:
            stops = " ".join(stop.name for stop in story.stops)
            if not options.words or any(word.split("-")[0] in stops for word in options.words):
                faults += asyncio.run(walk(_in_all(story), folder, options.words))
    (folder / "index.html").write_text(page(folder))
    print(f"{folder / 'index.html'}: {faults} texts under {MIN_CONTRAST}:1")
    return min(faults, 1)


def _in_all(story: Story) -> Story:
    """A story in all sizes and themes, unless it is one that is about its size or theme."""
    sizes = _SIZES if story.sizes == SIZES else story.sizes
    return replace(story, sizes=sizes, themes=_THEMES if story.themes == THEMES else story.themes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
