"""Decodes pictures in a process that is stopped when it takes too long; see `worker`."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.tui.pictures.worker import UNREADABLE, Form, PictureError
from aimltui.tui.state.file_facts import Rgb

BOX: Final = (800, 480)
"""Pixels to which a picture is reduced for the thread."""
WAIT_S: Final = 30.0
"""Seconds after which the decoding process is stopped; its CPU time is limited to less."""
_WORKER: Final = Path(__file__).with_name("worker.py")

_TOO_SLOW: Final = "not shown: decoding it takes too long"
_STOPPED: Final = (-signal.SIGKILL, -signal.SIGXCPU)
"""How a process ends that has used up its CPU time."""
_KEPT_VARIABLES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What the process needs of the environment, which may hold keys."""
_NEAR: Final = 0.35
"""A transparent picture whose lightness differs from the ground's by less is hard to see on it."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A reduced picture; see `state.file_facts.Picture`."""

    width: int
    height: int
    png: bytes
    lightness: float | None = None
    """How light its visible pixels are, from 0 to 1; None if nothing of it is transparent."""

    def ground_for(self, ground: Rgb) -> Rgb:
        """Return the colour that is seen through the picture: the ground's, if the picture can be seen on it."""
        if self.lightness is None or abs(self.lightness - _lightness(ground)) >= _NEAR:
            return ground
        return (255, 255, 255) if self.lightness < 0.5 else (0, 0, 0)

    def pixels(self, width: int, height: int, ground: Rgb) -> bytes:
        """Return the picture in this size on a ground, as three bytes per pixel."""
        from PIL import Image

        with Image.open(io.BytesIO(self.png), formats=("PNG",)) as opened:
            small = opened.resize((max(1, width), max(1, height)), Image.Resampling.BOX)
        if small.mode == "RGBA":
            behind = Image.new("RGB", small.size, self.ground_for(ground))
            behind.paste(small, mask=small.getchannel("A"))
            small = behind
        return small.tobytes()


async def decode(content: bytes, box: tuple[int, int] = BOX, *, wait_s: float = WAIT_S) -> Thumbnail:
    """Decode a file in a process with limits, and reduce it until it fits a box.

    Args:
        content: The file's bytes; they may be hostile.
        box: Pixels: width, height.
        wait_s: Seconds after which the process is stopped.

    Raises:
        PictureError: It is not a picture, it is too large, it takes too long, or Pillow is missing.
    """
    answer, png = await _answer(content, box, "png", "", None, wait_s)
    # drawing needs it: imported on the event loop it would hold up the screen
    await asyncio.to_thread(importlib.import_module, "PIL.PngImagePlugin")
    width, height = answer["size"]
    return Thumbnail(width, height, png, answer["lightness"])


async def drawn(
    content: bytes,
    box: tuple[int, int],
    form: Form,
    ground: Rgb,
    lines: tuple[int, int] | None = None,
    most_bytes: int | None = None,
) -> bytes:
    """Decode a file in a process with limits, and return it as a terminal takes it.

    Args:
        content: The file's bytes; they may be hostile.
        box: Pixels that it may fill: width, height.
        form: What the terminal takes.
        ground: What is seen through it where it is transparent.
        lines: The first line, and one past the last, of the picture that fills the whole box; None for all of it.
        most_bytes: The most bytes that are worth sending to the terminal; None for any number.

    Raises:
        PictureError: It is not a picture, it is too large, it takes too long, or Pillow is missing.
    """
    made = (await _answer(content, box, form, f"#{bytes(ground).hex()}", lines, WAIT_S))[1]
    if most_bytes is not None and len(made) > most_bytes:
        raise PictureError(f"not drawn sharply: it takes {len(made):,} bytes")
    return made


async def _answer(
    content: bytes,
    box: tuple[int, int],
    form: Form,
    ground: str,
    lines: tuple[int, int] | None,
    wait_s: float,
) -> tuple[dict[str, Any], bytes]:
    """Return what the process says of a file, and the reduced picture."""
    part = f"{lines[0]}:{lines[1]}" if lines is not None else ""
    arguments = ["-I", "-B", str(_WORKER), *map(str, box), form, ground, part, _pillow_folder()]
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable or "python3", *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )
    except OSError as error:
        raise PictureError(f"not shown: decoding it could not start ({error.strerror})") from error
    try:
        async with asyncio.timeout(wait_s):
            written, _ = await process.communicate(content)
    except TimeoutError:
        raise PictureError(_TOO_SLOW) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    head, _, png = written.partition(b"\n")
    if process.returncode or not head:
        raise PictureError(_TOO_SLOW if process.returncode in _STOPPED else UNREADABLE)
    answer = json.loads(head)
    if problem := answer.get("problem"):
        raise PictureError(str(problem))
    return answer, png


@cache
def _pillow_folder() -> str:
    """Return where Pillow is, which the process does not find in a user's own packages; empty if it is missing."""
    found = find_spec("PIL")
    return str(Path(found.origin).parents[1]) if found is not None and found.origin else ""


def _lightness(color: Rgb) -> float:
    red, green, blue = color
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
