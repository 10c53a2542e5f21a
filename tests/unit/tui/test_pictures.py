"""Pictures are decoded within bounds, whatever the file says it is."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from aimltui.tui.pictures import PictureError, decode
from aimltui.tui.widgets.transcript.renderers.files import half_block_rows, picture_size
from tests.support.pictures import bomb, plot


def test_a_picture_is_drawn_by_half_blocks_with_its_proportions() -> None:
    picture = decode(plot(320, 180))
    assert (picture.width, picture.height) == (320, 180)
    assert picture_size(picture, 78, 20) == (71, 20)
    assert picture_size(picture, 40, 20) == (40, 11)
    rows = half_block_rows(picture, 40, 11)
    assert [sum(len(segment.text) for segment in row) for row in rows] == [40] * 11
    assert {character for row in rows for segment in row for character in segment.text} == {"▀"}


def test_a_small_picture_is_not_blown_up() -> None:
    assert picture_size(decode(plot(16, 16)), 100, 20) == (16, 8)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%!PS-Adobe", plot(40, 40)[:80]])
def test_what_is_no_picture_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        decode(content)


@pytest.mark.parametrize("side", [6_000, 13_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unfolded(side: int) -> None:
    with pytest.raises(PictureError, match="too large"):
        decode(bomb(side))


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("P", "GIF"), ("L", "JPEG"), ("LA", "PNG"), ("RGB", "WEBP")]
)
def test_every_mode_and_format_comes_out_as_plain_colours(mode: str, kind: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (10, 6)).save(file, kind)
    assert len(decode(file.getvalue()).pixels(5, 4)) == 5 * 4 * 3


def test_what_is_transparent_is_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    assert decode(file.getvalue()).pixels(1, 1) == b"\xff\xff\xff"
