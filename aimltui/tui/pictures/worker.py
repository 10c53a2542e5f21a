"""The process that decodes a picture: it reads the file from its input and writes the reduced picture to its output.

A file of a model's code or of a server may be made to crash or to occupy a decoder, so it is decoded in a process that
can be stopped, with limits of memory and time. It is started by its path: it imports Pillow and the standard library.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
_TOO_LARGE: Final = "too large to be shown"
UNREADABLE: Final = "cannot be read as a picture"
"""What is said of a file that is broken, or no picture."""


class PictureError(Exception):
    """A picture cannot be shown; the text says why in a few words."""


class Reduced(NamedTuple):
    """A picture that fits a box."""

    size: tuple[int, int]
    """Pixels of the original picture."""
    png: bytes
    """The reduced picture."""
    lightness: float | None
    """How light its visible pixels are, from 0 to 1; None if nothing of it is transparent."""


def reduce(content: bytes, box: tuple[int, int]) -> Reduced:
    """Decode the first frame of a file, and reduce it until it fits a box; it is never enlarged.

    Args:
        content: The file's bytes; they may be hostile.
        box: Pixels: width, height.

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
            return _reduce(content, box)
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


def _reduce(content: bytes, box: tuple[int, int]) -> Reduced:
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
    if turned is not image:
        image, size = turned, (height, width) if image.size != turned.size else size
    image.thumbnail(box, Image.Resampling.LANCZOS)
    lightness = None if is_opaque else _lightness(image)
    if lightness is None:
        image = image.convert("RGB")
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=2)
    return Reduced(size, written.getvalue(), lightness)


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
    """Decode the picture on standard input; the arguments are the width and the height of the box."""
    with suppress(ImportError):  # Windows has no such limits
        _limit()
    try:
        found = reduce(sys.stdin.buffer.read(MAX_BYTES + 1), (int(sys.argv[1]), int(sys.argv[2])))
    except PictureError as error:
        say({"problem": str(error)})
    except Exception:
        # whatever a hostile file causes in a decoder
        say({"problem": UNREADABLE})
    else:
        say({"size": found.size, "lightness": found.lightness}, found.png)
    return 0


def say(answer: dict[str, Any], content: bytes = b"") -> None:
    """Write an answer, and what it is about, to standard output."""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


if __name__ == "__main__":
    sys.exit(main())
