"""Pictures are decoded within bounds, whatever the file says it is, and drawn with half blocks."""

from __future__ import annotations

import asyncio
import io
import re
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from aimltui.tui.pictures import worker
from aimltui.tui.pictures.decoding import decode, drawn
from aimltui.tui.pictures.setting import picture_rows
from aimltui.tui.pictures.worker import PictureError, reduce
from aimltui.tui.state import file_facts
from aimltui.tui.state.entries import Attachment, MessageEntry
from aimltui.tui.state.file_facts import Extras, FileFact
from aimltui.tui.widgets.transcript.renderers.files import half_block_rows, picture_size
from tests.support.pictures import bomb, plot, thumbnail

BOX = (800, 480)
DARK, LIGHT = (16, 18, 24), (250, 250, 250)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a file with this picture."""
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def test_a_picture_is_drawn_by_half_blocks_with_its_proportions() -> None:
    picture = thumbnail(plot(320, 180))
    assert (picture.width, picture.height) == (320, 180)
    assert picture_size(picture, 78, 20) == (71, 20)
    assert picture_size(picture, 40, 20) == (40, 11)
    rows = half_block_rows(picture, 40, 11, DARK)
    assert [sum(len(segment.text) for segment in row) for row in rows] == [40] * 11
    assert {character for row in rows for segment in row for character in segment.text} == {"▀"}


def test_a_cell_has_the_upper_pixel_as_its_colour_and_the_lower_one_as_its_ground() -> None:
    image = Image.new("RGB", (1, 2))
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((0, 1), (0, 0, 255))
    ((cell,),) = half_block_rows(thumbnail(saved(image)), 1, 1, DARK)
    assert cell.style is not None
    assert str(cell.style) == "#ff0000 on #0000ff"


def test_a_small_picture_is_not_blown_up() -> None:
    assert picture_size(thumbnail(plot(16, 16)), 100, 20) == (16, 8)


def test_some_lines_of_a_picture_are_cut_from_the_size_that_it_fills() -> None:
    halves = Image.new("RGB", (40, 40), (255, 0, 0))
    halves.paste((0, 0, 255), (0, 20, 40, 40))
    whole = reduce(saved(halves), (60, 80), lines=(0, 80))
    lower = reduce(saved(halves), (60, 80), lines=(60, 80))
    with Image.open(io.BytesIO(whole.content)) as first, Image.open(io.BytesIO(lower.content)) as second:
        assert (first.size, second.size) == ((60, 80), (60, 20))
        assert first.crop((0, 60, 60, 80)).tobytes() == second.tobytes()
        assert second.getpixel((30, 10)) == (0, 0, 255)
    assert b'"1;1;60;20#' in reduce(saved(halves), (60, 80), "sixel", lines=(60, 80)).content


@pytest.mark.parametrize(("height", "rows"), [(5, 4), (10, 6), (17, 8), (33, 11), (53, 14), (200, 14)])
def test_a_picture_is_as_high_as_leaves_room_for_text(height: int, rows: int) -> None:
    assert picture_rows(height) == rows


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%!PS-Adobe", plot(40, 40)[:80]])
def test_what_is_no_picture_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        reduce(content, BOX)


@pytest.mark.parametrize("side", [6_000, 13_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unfolded(side: int) -> None:
    with pytest.raises(PictureError, match="too large"):
        reduce(bomb(side), BOX)


def test_a_text_in_a_picture_that_unfolds_to_very_much_is_refused() -> None:
    text = b"Comment\0\0" + zlib.compress(b"\0" * (1 << 23))
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    picture = plot(8, 6)
    with pytest.raises(PictureError):
        reduce(picture[:33] + chunk + picture[33:], BOX)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGBA", "PNG"),
        ("P", "GIF"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("LA", "PNG"),
        ("1", "PNG"),
        ("RGB", "WEBP"),
    ],
)
def test_every_mode_and_format_comes_out_as_plain_colours(mode: str, kind: str) -> None:
    assert len(thumbnail(saved(Image.new(mode, (10, 6)), kind)).pixels(5, 4, DARK)) == 5 * 4 * 3


def test_sixteen_bits_a_pixel_are_not_cut_off() -> None:
    grey = Image.new("I;16", (2, 2), 32768)
    assert thumbnail(saved(grey)).pixels(1, 1, DARK) == b"\x80\x80\x80"


def test_of_an_animation_the_first_frame_is_shown() -> None:
    first, second = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    moving = saved(first, "GIF", save_all=True, append_images=[second])
    assert thumbnail(moving).pixels(1, 1, DARK) == b"\xff\x00\x00"


def test_a_photo_is_turned_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = thumbnail(saved(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (20, 40)


@pytest.mark.parametrize(
    ("ink", "ground", "seen"),
    [(0, LIGHT, LIGHT), (0, DARK, (255, 255, 255)), (255, DARK, DARK), (255, LIGHT, (0, 0, 0))],
)
def test_what_is_transparent_shows_the_ground_where_the_picture_can_be_seen_on_it(
    ink: int, ground: tuple[int, int, int], seen: tuple[int, int, int]
) -> None:
    image = Image.new("RGBA", (4, 4), (ink, ink, ink, 0))
    for x in range(4):
        image.putpixel((x, 0), (ink, ink, ink, 255))
    pixels = thumbnail(saved(image)).pixels(4, 4, ground)
    assert tuple(pixels[:3]) == (ink, ink, ink)
    assert tuple(pixels[-3:]) == seen


def test_a_sixel_has_the_pixels_of_the_picture() -> None:
    image = Image.new("RGB", (9, 8), (255, 0, 0))
    for x in range(9):
        image.putpixel((x, 7), (0, 0, 255))
    image.putpixel((0, 0), (0, 0, 255))
    reduced = reduce(saved(image), BOX, "sixel")
    assert (reduced.size, drawn_by_sixel(reduced.content)) == (
        (9, 8),
        [image.getpixel((x, y)) for y in range(8) for x in range(9)],
    )


def test_a_sixel_of_a_transparent_picture_lies_on_the_ground() -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    assert drawn_by_sixel(reduce(saved(image), BOX, "sixel", "#00ff00").content) == [(0, 255, 0), (255, 0, 0)]


def drawn_by_sixel(sequence: bytes) -> list[tuple[int, int, int]]:
    """What a terminal draws of a sixel sequence, pixel after pixel."""
    found = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', sequence.decode())
    assert found is not None
    width, height = int(found[1]), int(found[2])
    pixels: dict[tuple[int, int], tuple[int, int, int]] = {}
    palette: dict[int, tuple[int, int, int]] = {}
    color = x = top = 0
    for number, rgb, count, sign, move in re.findall(
        r"#(\d+)((?:;\d+)*)|!(\d+)(?=.)|([?-~])|([$-])", found[3]
    ):
        if number and rgb:
            _, red, green, blue = map(int, rgb.strip(";").split(";"))
            palette[int(number)] = (red * 255 // 100, green * 255 // 100, blue * 255 // 100)
        elif number:
            color = int(number)
        elif count:
            repeat = int(count)
            continue
        elif sign:
            for _ in range(repeat):
                pixels |= {(x, top + bit): palette[color] for bit in range(6) if (ord(sign) - 63) >> bit & 1}
                x += 1
        elif move:
            x, top = 0, top + 6 * (move == "-")
        repeat = 1
    return [pixels[x, y] for y in range(height) for x in range(width)]


async def test_a_file_is_decoded_in_a_process_which_says_why_it_cannot() -> None:
    picture = await decode(plot(64, 36))
    assert (picture.width, picture.height) == (64, 36)
    with pytest.raises(PictureError, match="cannot be read"):
        await decode(b"<svg/>")


async def test_the_decoder_finds_the_pillow_of_the_program_and_a_missing_python_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the packages of a user are in no folder that an isolated Python looks in
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    assert (await decode(plot(64, 36))).width == 64
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(PictureError, match="could not start"):
        await decode(plot(64, 36))


async def test_what_takes_too_many_bytes_is_not_sent_to_the_terminal() -> None:
    assert len(await drawn(plot(40, 40), (40, 40), "sixel", DARK, (0, 40), 10_000)) > 100
    with pytest.raises(PictureError, match=r"not drawn sharply: it takes [\d,]+ bytes"):
        await drawn(plot(40, 40), (40, 40), "sixel", DARK, (0, 40), 100)


async def test_a_decoder_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(PictureError, match="too long"):
        await decode(plot(64, 36), wait_s=0)


async def test_a_decoder_of_which_nobody_wants_the_picture_is_stopped() -> None:
    decoding = asyncio.create_task(decode(plot(64, 36)))
    await asyncio.sleep(0)
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding


def test_pictures_take_no_more_memory_than_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    fact = FileFact("plot.png", 900, thumbnail(plot(64, 36)))
    monkeypatch.setattr(file_facts, "MOST_PICTURE_BYTES", 2 * fact.weight)
    extras = Extras()
    assert extras.learn({"a": fact, "b": fact}) == set()
    assert extras.learn({"c": fact}) == {"a"}
    assert [name for name, known in extras.files.items() if known.picture is not None] == ["b", "c"]
    assert extras.files["a"] == replace(fact, picture=None)
    shown = MessageEntry("m", "user", "You", "", attachments=(Attachment("c", "c", is_picture=True),))
    extras.retain_pictures([shown])
    assert [name for name, known in extras.files.items() if known.picture is not None] == ["c"]


def test_the_limits_of_the_process_hold_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    worker._limit()
    assert limits[resource.RLIMIT_CPU] == (worker.CPU_S, worker.CPU_S)
    assert limits[resource.RLIMIT_FSIZE] == (0, 0)
