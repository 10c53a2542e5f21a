"""The process that decodes a picture: it reads the file from its input and writes the reduced picture to its output.

A file of a model's code or of a server may be made to crash or to occupy a decoder, so it is decoded in a process that
can be stopped, with limits of memory and time. It is started by its path: it imports Pillow and the standard library.
"""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES: Final = 20 << 20
"""A larger file is not decoded."""
MAX_PIXELS: Final = 25_000_000
"""Pixels of the whole picture: a file of 20 KB can decode to a gigabyte."""
CPU_S: Final = 10
"""Seconds of CPU time that a picture may take; a JPEG with thousands of scans would take hours."""
_MEMORY_BYTES: Final = 1 << 30
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_SIXEL_COLOURS: Final = 128
_BAND: Final = 6
_SIXEL_SIGNS: Final = bytes(63 + min(value, 63) for value in range(256))
_RUN: Final = re.compile(rb"(.)\1{3,}", re.DOTALL)
_TOO_LARGE: Final = "too large to be shown"
UNREADABLE: Final = "cannot be read as a picture"
"""What is said of a file that is broken, or no picture."""


Form = Literal["png", "sixel"]


class PictureError(Exception):
    """A picture cannot be shown; the text says why in a few words."""


class Reduced(NamedTuple):
    """A picture that fits a box."""

    size: tuple[int, int]
    """Pixels of the original picture."""
    content: bytes
    """The reduced picture, as a PNG or a sixel sequence."""
    lightness: float | None
    """How light its visible pixels are, from 0 to 1; None if nothing of it is transparent."""


def reduce(
    content: bytes,
    box: tuple[int, int],
    form: Form = "png",
    ground: str = "",
    lines: tuple[int, int] | None = None,
) -> Reduced:
    """Decode the first frame of a file, and reduce it until it fits a box; it is never enlarged.

    Args:
        content: The file's bytes; they may be hostile.
        box: Pixels: width, height.
        form: What is made of it.
        ground: A colour such as `#101218` to lay it on; empty leaves it transparent.
        lines: The first line, and one past the last, of the picture that fills the whole box; None for all of it.

    Raises:
        PictureError: It is not a picture, it is too large, or Pillow is missing.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(_TOO_LARGE)
    try:
        # with its decoder imported Pillow does not import all others to find the one of a WebP
        from PIL import Image, WebPImagePlugin  # noqa: F401
    except ImportError as error:
        raise PictureError("not shown: the package Pillow is not installed") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _reduce(content, box, form, ground, lines)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise PictureError(_TOO_LARGE) from error
    # Pillow's decoders raise many kinds of errors for a broken file
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        EOFError,
        IndexError,
        KeyError,
        ArithmeticError,
    ) as error:
        raise PictureError(UNREADABLE) from error


def _reduce(
    content: bytes, box: tuple[int, int], form: Form, ground: str, lines: tuple[int, int] | None
) -> Reduced:
    size, image = _opened(content, box)
    if lines is not None:
        image = image.resize(box).crop((0, lines[0], box[0], lines[1]))
    lightness = _lightness(image) if image.mode == "RGBA" else None
    if lightness is None:
        image = image.convert("RGB")
    elif ground:
        image = _laid_on(image, ground)
    if form == "sixel":
        return Reduced(size, sixel(image.convert("RGB")), lightness)
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=2)
    return Reduced(size, written.getvalue(), lightness)


def _opened(content: bytes, box: tuple[int, int]) -> tuple[tuple[int, int], Image]:
    """Return the size of a picture, and its first frame within the box as RGB or RGBA."""
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        size = width, height = opened.size
        if width * height > MAX_PIXELS or not width or not height:
            raise PictureError(f"{_TOO_LARGE}: {width}×{height}")
        opened.draft("RGB", box)
        is_opaque = opened.mode in ("RGB", "L", "YCbCr", "CMYK") and "transparency" not in opened.info
        image = _grey(opened) if opened.mode.startswith("I") else opened
        image = image.convert("RGB" if is_opaque else "RGBA")
    turned = _turned(image)
    if image.size != turned.size:
        size = (height, width)
    turned.thumbnail(box, Image.Resampling.LANCZOS)
    return size, turned


def _laid_on(image: Image, ground: str) -> Image:
    from PIL import Image

    behind = Image.new("RGB", image.size, ground)
    behind.paste(image, mask=image.getchannel("A"))
    return behind


def sixel(image: Image) -> bytes:
    """Return a picture as a sixel sequence: bands of six lines, in each a run of cells for each colour."""
    reduced = image.quantize(_SIXEL_COLOURS)
    width, height = reduced.size
    pixels, palette = reduced.tobytes(), reduced.getpalette() or []
    parts = [f'\x1bP0;1;0q"1;1;{width};{height}'.encode()]
    for number in range(len(palette) // 3):
        red, green, blue = (part * 100 // 255 for part in palette[3 * number : 3 * number + 3])
        parts.append(f"#{number};2;{red};{green};{blue}".encode())
    for top in range(0, height, _BAND):
        lines = [pixels[at * width : (at + 1) * width] for at in range(top, min(top + _BAND, height))]
        for color in sorted(set(b"".join(lines))):
            parts.append(b"#%d%s$" % (color, _run_lengths(_band(lines, color))))
        parts.append(b"-")
    return b"".join([*parts, b"\x1b\\"])


def _band(lines: list[bytes], color: int) -> bytes:
    """Return for each column of a band the character that says which of its pixels have a colour."""
    combined = 0
    for bit, line in enumerate(lines):
        marks = bytearray(256)
        marks[color] = 1 << bit
        combined |= int.from_bytes(line.translate(bytes(marks)), "big")
    return combined.to_bytes(len(lines[0]), "big").translate(_SIXEL_SIGNS).rstrip(b"?")


def _run_lengths(signs: bytes) -> bytes:
    """Return characters with those that follow each other counted."""
    return _RUN.sub(lambda found: b"!%d%s" % (len(found[0]), found[1]), signs)


def _grey(image: Image) -> Image:
    """Return a picture of 16 bits a pixel with 8: Pillow would cut off what is brighter than 255."""
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _turned(image: Image) -> Image:
    """Return a photo as its camera says that it was held."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # the notes of a camera are not worth losing the photo for
        return image


def _lightness(image: Image) -> float | None:
    """Return how light the visible pixels are; None if all pixels are opaque."""
    from PIL import ImageStat

    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return None
    visible = alpha.point([0] * 64 + [255] * 192)
    if visible.getbbox() is None:
        return 0.0
    return float(ImageStat.Stat(image.convert("L"), visible).mean[0]) / 255


def _limit() -> None:
    """Set the limits that the kernel enforces."""
    import resource

    for kind, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows some of them only by name
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def main() -> int:
    """Decode the picture on standard input.

    The arguments are those of `reduce`: width, height, form, ground and lines as `first:end` or nothing; then the folder
    of Pillow, or nothing.
    """
    with suppress(ImportError):  # Windows has no such limits
        _limit()
    try:
        width, height, form, ground, part, folder = sys.argv[1:7]
        if folder:
            sys.path.append(folder)
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
        first, _, end = part.partition(":")
        found = reduce(
            content,
            (int(width), int(height)),
            "sixel" if form == "sixel" else "png",
            ground,
            (int(first), int(end)) if part else None,
        )
    except PictureError as error:
        say({"problem": str(error)})
    except Exception:
        # whatever a hostile file causes in a decoder
        say({"problem": UNREADABLE})
    else:
        say({"size": found.size, "lightness": found.lightness}, found.content)
    return 0


def say(answer: dict[str, Any], content: bytes = b"") -> None:
    """Write an answer, and what it is about, to standard output."""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


if __name__ == "__main__":
    sys.exit(main())
