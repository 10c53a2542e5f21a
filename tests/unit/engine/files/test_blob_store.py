"""Bytes on the disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aimltui.engine.files.blob_store import Vault
from aimltui.engine.files.names import clean_filename
from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest, ServerError, TooLarge


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "files", "engine_1")
    made.prepare()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_their_owners_alone(vault: Vault, tmp_path: Path) -> None:
    vault.settle(vault.take(Blob(content=b"secret"), 10), "file-1")
    assert mode(tmp_path / "files") == mode(vault.incoming) == 0o700
    assert mode(tmp_path / "files" / "file-1") == 0o600


def test_what_is_too_large_leaves_nothing(vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    for blob in (Blob(content=b"x" * 11), Blob.of_file(source)):
        with pytest.raises(TooLarge, match="at most 10 bytes"):
            vault.take(blob, 10)
    assert vault.arrivals() == {}
    assert source.exists()


def test_a_file_is_copied_and_what_arrived_is_moved(vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    copied = vault.take(Blob.of_file(source), 10)
    vault.settle(copied, "file-1")
    arrived = vault.new_path()
    arrived.write_bytes(b"more")
    taken = vault.take(Blob(path=arrived), 10)
    assert taken.path == arrived
    vault.settle(taken, "file-2")
    taken.discard()
    file, size = vault.open("file-2")
    with file:
        assert (file.read(), size) == (b"more", 4)
    assert source.read_bytes() == b"content"
    assert vault.kept() == {"file-1", "file-2"}


def test_parts_are_joined_in_order(vault: Vault) -> None:
    for id_, content in (("part_1", b"ab"), ("part_2", b"cd")):
        vault.settle(vault.take(Blob(content=content), 10), id_)
    whole = vault.join(["part_2", "part_1", "part_2"], 10)
    assert whole.path.read_bytes() == b"cdabcd"
    assert (whole.size, len(whole.md5)) == (6, 32)
    with pytest.raises(TooLarge):
        vault.join(["part_1"] * 6, 10)
    with pytest.raises(ServerError, match="part_9 cannot be read"):
        vault.join(["part_9"], 10)
    assert list(vault.arrivals()) == [whole.path]


@pytest.mark.parametrize("id_", ["../aimltui.db", "a/b", "", ".", "file-\n"])
def test_only_ids_name_files(vault: Vault, id_: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        vault.path_of(id_)


def test_a_path_with_a_zero_is_refused(vault: Vault) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        vault.take(Blob(path=Path("a\0b")), 10)


@pytest.mark.parametrize(
    "name", ["x" * 5_000, "é" * 300 + ".tar.gz", "a." + "b" * 300, "\u202e\u202e", "/", "a/.."]
)
def test_every_name_becomes_one_that_a_file_system_takes(name: str, tmp_path: Path) -> None:
    clean = clean_filename(name)
    assert 1 <= len(clean.encode()) <= 255
    (tmp_path / clean).write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == [clean]
