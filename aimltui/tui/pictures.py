"""Decodes pictures for the transcript. Pillow is imported when the first one is shown, in a worker thread."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final

from aimltui.common.dataclass import dataclass

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES: Final = 20 << 20
"""A larger file is not decoded."""
MAX_PIXELS: Final = 25_000_000
"""Pixels of the whole picture: a file of 20 KB can decode to a gigabyte."""
_KEPT: Final = (480, 300)
"""Size in pixels to which a picture is reduced: more than any terminal shows with half blocks."""
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")


class PictureError(Exception):
    """A picture cannot be shown; the text says why in a few words."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A reduced picture; see `state.file_facts.Picture`."""

    width: int
    height: int
    _image: Image

    def pixels(self, width: int, height: int) -> bytes:
        """The picture in this size, as three bytes per pixel."""
        from PIL.Image import Resampling

        small = self._image.resize((max(1, width), max(1, height)), Resampling.BOX)
        return small.tobytes()


def decode(content: bytes) -> Thumbnail:
    """Decode a file. It blocks: call it in a worker thread.

    Args:
        content: The file's bytes; they may be hostile.

    Raises:
        PictureError: It is not a picture, it is too large, or Pillow is missing.
    """
    if len(content) > MAX_BYTES:
        raise PictureError("too large to be shown")
    try:
        from PIL import Image, ImageFile, UnidentifiedImageError  # noqa: F401  # ImageFile: what load() needs
    except ImportError as error:
        raise PictureError("not shown: Pillow is not installed") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                width, height = opened.size
                if width * height > MAX_PIXELS or not width or not height:
                    raise PictureError(f"too large to be shown: {width}×{height}")
                opened.draft("RGB", _KEPT)
                image = _flat(opened)
                image.thumbnail(_KEPT, Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("too large to be shown") from error
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
        raise PictureError("cannot be read as a picture") from error
    except MemoryError as error:
        raise PictureError("too large to be shown") from error
    return Thumbnail(width, height, image)


def _flat(opened: Image) -> Image:
    """The first frame without transparency, on white: figures are usually made for that."""
    from PIL import Image

    if opened.mode in ("RGB", "L") and "transparency" not in opened.info:
        return opened.convert("RGB")
    layered = opened.convert("RGBA")
    ground = Image.new("RGB", layered.size, (255, 255, 255))
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground
