"""A contact sheet of every screen and panel: `python -m tests.snapshot.sheet [FOLDER] [PART-OF-A-NAME ...]`.

Takes every scene in several sizes and themes, writes one page `index.html` with all pictures (PNG too, where the font DejaVu
Sans Mono is installed), and prints what an eye would find wrong: text under 4.5:1. It is not part of the tests: it takes
minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from aimltui.tui.app import AimltuiApp
from aimltui.tui.contrast import MIN_CONTRAST, contrast
from tests.snapshot.scenes import SCENES, Scene, Size
from tests.snapshot.sheet_scenes import SHEET_SCENES
from tests.support.screen import Seat, startup_over
from tests.support.screenshots import without_fonts

SIZES: tuple[Size, ...] = ((80, 24), (120, 40), (200, 60), (40, 15))
THEMES = ("aimltui-dark", "aimltui-light", "solarized-light", "nord")
_SCENE_S = 60.0
"""Seconds after which a scene counts as impossible in a size, such as one that waits for a text that has no room."""


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


async def take(scene: Scene, size: Size, names: dict[str, str], folder: Path) -> dict[str, list[Low]]:
    """Take a scene in one size, in each theme of `names`.

    Returns:
        What is hard to read, by name of the picture; nothing if the scene cannot be reached in this size.
    """
    server = scene.server()
    found = {}
    with tempfile.TemporaryDirectory() as data:
        app = AimltuiApp(
            startup_over(
                server, Path(data), model=scene.model, **{**scene.options, "theme": next(iter(names))}
            )
        )
        async with app.run_test(size=size) as pilot:
            here = Seat(app, pilot, server)
            try:
                async with asyncio.timeout(_SCENE_S):
                    await here.until(
                        lambda: (
                            here.screen.workspace is not None
                            and here.workspace.directory.is_loaded
                            and here.entries
                        )
                    )
                    await scene.act(here)
                    await pilot.pause()
            except (TimeoutError, AssertionError, Exception) as error:  # one scene of many
                print(
                    f"{scene.name}-{size[0]}x{size[1]}\n  not in this size: {type(error).__name__}: {error}"[
                        :300
                    ]
                )
                names = {}
            for theme, name in names.items():
                app.theme = theme
                await pilot.pause()
                (folder / f"{name}.svg").write_text(without_fonts(app.export_screenshot(title=theme)))
                painted(app, folder / f"{name}.png")
                found[name] = list(low_texts(app))
            await app.action_quit_now()
    return found


_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_FONT_SIZE = 14


def painted(app: AimltuiApp, file: Path) -> None:
    """Write what is on the screen as a PNG, for viewers that know no SVG; nothing where the font is missing."""
    if not _FONTS.is_dir():
        return
    regular, bold = (
        ImageFont.truetype(str(_FONTS / f"DejaVuSansMono{face}.ttf"), _FONT_SIZE) for face in ("", "-Bold")
    )
    wide, high = round(regular.getlength("M")), _FONT_SIZE + 4
    image = Image.new("RGB", (app.size.width * wide, app.size.height * high), "#121212")
    draw = ImageDraw.Draw(image)
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            if not text:
                continue
            style = style or Style()
            ink, ground = (color and color.rgb for color in _colors(style))
            edge = (x + cell_len(text)) * wide - 1
            draw.rectangle((x * wide, y * high, edge, (y + 1) * high - 1), fill=ground or "#121212")
            if style.underline:
                draw.line((x * wide, (y + 1) * high - 2, edge, (y + 1) * high - 2), fill=ink or "#d4d4d4")
            for letter in text:
                draw.text(
                    (x * wide, y * high), letter, fill=ink or "#d4d4d4", font=bold if style.bold else regular
                )
                x += cell_len(letter)
    image.save(file)


def _name(scene: Scene, size: Size, theme: str) -> str:
    return f"{scene.name}-{size[0]}x{size[1]}-{theme}"


def page(folder: Path) -> str:
    """The page with all pictures of a folder."""
    pictures = sorted(folder.glob("*.svg"))
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
    parser.add_argument("folder", nargs="?", type=Path, default=Path("contact-sheet"))
    parser.add_argument("words", nargs="*", help="take only pictures whose names hold one of these")
    options = parser.parse_args(arguments)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"
    time.tzset()
    faults = 0
    for scene in {scene.name: scene for scene in (*SCENES, *SHEET_SCENES)}.values():
        for size in SIZES:
            names = {theme: _name(scene, size, theme) for theme in THEMES}
            wanted = {
                theme: name
                for theme, name in names.items()
                if not options.words or any(word in name for word in options.words)
            }
            if not wanted:
                continue
            for name, lows in asyncio.run(take(scene, size, wanted, folder)).items():
                faults += len(lows)
                print(name, *(f"  {low.ratio:.1f}:1  {low.text!r}" for low in lows), sep="\n", flush=True)
    (folder / "index.html").write_text(page(folder))
    print(f"{folder / 'index.html'}: {faults} texts under {MIN_CONTRAST}:1")
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
