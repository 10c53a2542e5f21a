"""Bytes on the disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aimltui.engine.files.blob_store import BlobStore
from aimltui.engine.files.names import clean_filename
from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest, ServerError, TooLarge


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    made = BlobStore(tmp_path / "files", "engine_1")
    made.prepare()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_their_owners_alone(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.commit(blobs.receive(Blob(content=b"secret"), 10), "file-1")
    assert mode(tmp_path / "files") == mode(blobs.incoming) == 0o700
    assert mode(tmp_path / "files" / "file-1") == 0o600


def test_what_is_too_large_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    for blob in (Blob(content=b"x" * 11), Blob.of_file(source)):
        with pytest.raises(TooLarge, match="the limit is 10 bytes"):
            blobs.receive(blob, 10)
    assert blobs.arrivals() == {}
    assert source.exists()


def test_a_file_is_copied_and_what_arrived_is_moved(blobs: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    copied = blobs.receive(Blob.of_file(source), 10)
    blobs.commit(copied, "file-1")
    arrived = blobs.new_path()
    arrived.write_bytes(b"more")
    taken = blobs.receive(Blob(path=arrived), 10)
    assert taken.path == arrived
    blobs.commit(taken, "file-2")
    taken.discard()
    file, size = blobs.open("file-2")
    with file:
        assert (file.read(), size) == (b"more", 4)
    assert source.read_bytes() == b"content"
    assert blobs.kept() == {"file-1", "file-2"}


def test_parts_are_joined_in_order(blobs: BlobStore) -> None:
    for id_, content in (("part_1", b"ab"), ("part_2", b"cd")):
        blobs.commit(blobs.receive(Blob(content=content), 10), id_)
    whole = blobs.join(["part_2", "part_1", "part_2"], 10)
    assert whole.path.read_bytes() == b"cdabcd"
    assert (whole.size, len(whole.md5)) == (6, 32)
    with pytest.raises(TooLarge):
        blobs.join(["part_1"] * 6, 10)
    with pytest.raises(ServerError, match="part_9 cannot be read"):
        blobs.join(["part_9"], 10)
    assert list(blobs.arrivals()) == [whole.path]


@pytest.mark.parametrize("id_", ["../aimltui.db", "a/b", "", ".", "file-\n"])
def test_only_ids_name_files(blobs: BlobStore, id_: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        blobs.path_of(id_)


def test_a_path_with_a_zero_is_refused(blobs: BlobStore) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        blobs.receive(Blob(path=Path("a\0b")), 10)


@pytest.mark.parametrize(
    "name", ["x" * 5_000, "é" * 300 + ".tar.gz", "a." + "b" * 300, "\u202e\u202e", "/", "a/.."]
)
def test_every_name_becomes_one_that_a_file_system_takes(name: str, tmp_path: Path) -> None:
    clean = clean_filename(name)
    assert 1 <= len(clean.encode()) <= 255
    (tmp_path / clean).write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == [clean]
