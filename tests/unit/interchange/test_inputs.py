"""Files, folders and archives that are named for an import."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from aimltui.interchange.inputs import Bundle, collect
from aimltui.interchange.records import Skipped, UnreadableInput


@pytest.fixture
def collected(request: pytest.FixtureRequest):
    def collect_and_close(*paths: Path) -> tuple[Bundle, list[Skipped]]:
        bundle, skipped = collect(paths)
        request.addfinalizer(bundle.close)
        return bundle, skipped

    return collect_and_close


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return path


def test_files_come_before_those_of_folders(tmp_path: Path, collected) -> None:
    for name in ("z.json", "_/a.json", "b/c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    bundle, skipped = collected(tmp_path)
    assert [member.path.split("/", 1)[1] for member in bundle.members] == ["z.json", "_/a.json", "b/c.json"]
    assert skipped == []


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path, collected) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.json").write_text("[]")
    (inside / "plain.json").write_text("[]")
    (inside / "link.json").symlink_to(outside / "secret.json")
    (inside / "folder").symlink_to(outside)
    bundle, _ = collected(inside)
    assert [member.name for member in bundle.everything()] == ["plain.json"]


def test_what_is_beside_a_named_file_is_found_but_not_read(tmp_path: Path, collected) -> None:
    for name in ("talk.json", "picture.png", "more/other.json", "more/deeper/far.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("[]")
    bundle, _ = collected(tmp_path / "talk.json")
    assert [member.path for member in bundle.members] == ["talk.json"]
    assert [member.path for member in bundle.neighbours] == ["picture.png", "more/other.json"]


def test_what_is_missing_is_named(tmp_path: Path, collected) -> None:
    bundle, (skipped,) = collected(tmp_path / "nothing.json")
    assert bundle.members == []
    assert skipped.source_id == "nothing.json"
    assert "cannot be opened" in skipped.why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a POSIX thing")
def test_a_pipe_is_not_waited_for(tmp_path: Path, collected) -> None:
    os.mkfifo(tmp_path / "pipe")
    bundle, (skipped,) = collected(tmp_path / "pipe")
    assert (bundle.members, skipped.why) == ([], "it is neither a file nor a folder")
    assert collected(tmp_path)[0].members == []


def test_an_archive_and_one_in_it_are_opened(tmp_path: Path, collected) -> None:
    innermost = archive(tmp_path / "innermost.zip", {"c.json": b"3"}).read_bytes()
    inner = archive(
        tmp_path / "Conversations__1.zip", {"b.json": b"22", "innermost.zip": innermost}
    ).read_bytes()
    outer = archive(tmp_path / "export.zip", {"a.json": b"1", "Conversations__1.zip": inner})
    bundle, skipped = collected(outer)
    assert {member.path: member.read() for member in bundle.members} == {
        "export.zip/a.json": b"1",
        "export.zip/Conversations__1.zip/b.json": b"22",
        "export.zip/Conversations__1.zip/innermost.zip": innermost,
    }
    assert skipped == []


def test_names_in_an_archive_lead_nowhere(tmp_path: Path, collected) -> None:
    path = archive(tmp_path / "e.zip", {"../../up.json": b"1", "/root.json": b"2", "a\\..\\b.json": b"3"})
    bundle, _ = collected(path)
    assert sorted(member.path for member in bundle.members) == [
        "e.zip/a/b.json",
        "e.zip/root.json",
        "e.zip/up.json",
    ]


def test_an_archive_made_to_fill_a_disk_is_refused(tmp_path: Path, collected) -> None:
    bundle, (skipped,) = collected(archive(tmp_path / "bomb.zip", {"a.json": b"\0" * 30_000_000}))
    assert bundle.members == []
    assert skipped == Skipped("bomb.zip", "the archive would unpack to far more than it should")


def test_a_file_that_is_longer_than_its_archive_says_is_refused(tmp_path: Path, collected) -> None:
    path = archive(tmp_path / "lie.zip", {"a.json": b"x" * 1000})
    raw = path.read_bytes()
    # the true length stands in both headers; 10 is promised
    path.write_bytes(raw.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    bundle, _ = collected(path)
    (member,) = bundle.members
    with pytest.raises(UnreadableInput):
        member.read()


def test_a_locked_archive_is_named(tmp_path: Path, collected) -> None:
    path = archive(tmp_path / "locked.zip", {"a.json": b"[]"})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(raw))
    _, (skipped,) = collected(path)
    assert skipped == Skipped("locked.zip", "the archive is locked with a password")


def test_a_broken_archive_is_named_and_the_rest_comes(tmp_path: Path, collected) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + b"nothing")
    (tmp_path / "good.json").write_text("[]")
    bundle, (skipped,) = collected(tmp_path)
    assert [member.name for member in bundle.members] == ["good.json"]
    assert skipped.why == "the archive is broken"


def test_a_packed_file_can_be_read_again_from_its_beginning(tmp_path: Path, collected) -> None:
    bundle, _ = collected(archive(tmp_path / "e.zip", {"a.json": b"0123456789"}))
    with bundle.members[0].open() as stream:
        assert stream.read(3) == b"012"
        stream.seek(0, io.SEEK_SET)
        assert stream.read() == b"0123456789"
