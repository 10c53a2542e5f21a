"""The host is the weak side of a session's directory."""

from __future__ import annotations

import asyncio
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing as outputs
from aimltui.engine.tools.code_interpreter.files.directory import remove
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from tests.support.builders import opened, until
from tests.support.fake_session import FakeSandbox
from tests.support.session_files import read_copy


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    (tmp_path / "secret").write_text("key")
    return directory


def test_new_changed_and_untouched_files_are_told_apart(files: Path) -> None:
    (files / "same").write_text("1")
    (files / "grown").write_text("1")
    before = outputs.scan(files)
    (files / "grown").write_text("12")
    (files / "sub").mkdir()
    (files / "sub" / "new").write_text("1")
    assert outputs.changed(before, outputs.scan(files)) == ["grown", "sub/new"]


def test_a_file_replaced_by_one_of_the_same_size_has_changed(files: Path) -> None:
    (files / "a").write_text("1")
    before = outputs.scan(files)
    (files / "b").write_text("2")
    os.replace(files / "b", files / "a")
    assert outputs.changed(before, outputs.scan(files)) == ["a"]


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "nowhere", "."])
def test_a_symbolic_link_is_neither_seen_nor_read(files: Path, target: str) -> None:
    (files / "link").symlink_to(target)
    assert outputs.scan(files) == {}
    with pytest.raises(SandboxError, match="not a plain file"):
        read_copy(files, "link", 100)


def test_a_link_in_the_middle_of_a_path_is_not_followed(files: Path) -> None:
    (files / "up").symlink_to("..")
    assert outputs.scan(files) == {}
    with pytest.raises(SandboxError):
        read_copy(files, "up/secret", 100)


def test_a_hard_link_to_a_file_outside_is_neither_seen_nor_read(files: Path) -> None:
    os.link(files.parent / "secret", files / "link")
    assert outputs.scan(files) == {}
    with pytest.raises(SandboxError, match="not a plain file"):
        read_copy(files, "link", 100)


def test_a_pipe_does_not_make_the_reader_wait(files: Path) -> None:
    os.mkfifo(files / "pipe")
    assert outputs.scan(files) == {}
    with pytest.raises(SandboxError, match="not a plain file"):
        read_copy(files, "pipe", 100)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", ".", "a/../../secret", "a//b"])
def test_a_name_that_leaves_the_directory_is_refused(files: Path, name: str) -> None:
    with pytest.raises(SandboxError):
        read_copy(files, name, 100)


def test_a_file_that_is_too_large_is_refused_also_when_it_is_sparse(files: Path) -> None:
    with (files / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SandboxError, match="at most 100"):
        read_copy(files, "sparse", 100)


def test_what_is_put_in_keeps_its_folders_and_follows_no_link(files: Path) -> None:
    assert outputs.put(files, "sub/deep/note.txt", b"1") == "sub/deep/note.txt"
    assert outputs.put(files, "sub/deep/more.txt", b"2") == "sub/deep/more.txt"
    assert read_copy(files, "sub/deep/note.txt", 100) == b"1"
    (files / "up").symlink_to("..")
    with pytest.raises(SandboxError):
        outputs.put(files, "up/taken", b"1")
    assert not (files.parent / "taken").exists()


def test_what_is_put_in_is_a_copy_with_a_plain_mode_and_name(files: Path) -> None:
    assert outputs.put(files, "../../etc/pass\x1bwd", b"1") == "pass_wd"
    assert outputs.put(files, "..", b"1") == "file"
    assert outputs.put(files, "C:\\data\\a.csv", b"1") == "a.csv"
    assert outputs.put(files, "é" * 200, b"1") == "é" * 100
    assert oct((files / "a.csv").stat().st_mode & 0o7777) == "0o600"


def test_putting_a_file_in_replaces_a_link_instead_of_following_it(files: Path) -> None:
    (files / "a").symlink_to("../secret")
    outputs.put(files, "a", b"new")
    assert (files.parent / "secret").read_text() == "key"
    assert read_copy(files, "a", 100) == b"new"


def test_a_name_that_is_no_text_is_not_seen(files: Path) -> None:
    Path(os.fsdecode(bytes(files) + b"/\xff")).write_text("1")
    assert outputs.scan(files) == {}


def test_directories_deep_in_one_another_can_be_removed(files: Path) -> None:
    here = os.open(files, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 100, dir_fd=here)
        inner = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("file", os.O_CREAT, 0, dir_fd=here))
    os.close(here)
    (files / "locked").mkdir(mode=0)
    (files / "link").symlink_to("..")
    outputs.scan(files)
    remove(files)
    assert not files.exists()
    assert (files.parent / "secret").exists()


Nest = Callable[[Path], None]


@pytest.fixture
def nest() -> Iterator[Nest]:
    """Makes directories in one another, deeper than Python recurses; what is left is removed: pytest could not."""
    made: list[Path] = []

    def make(directory: Path) -> None:
        directory.mkdir(parents=True)
        made.append(directory)
        before = os.getcwd()
        os.chdir(directory)
        try:
            for _ in range(1500):
                os.mkdir("d")
                os.chdir("d")
        finally:
            os.chdir(before)

    yield make
    for directory in made:
        remove(directory)


async def test_what_a_dead_engine_left_is_removed_however_deep_it_is(tmp_path: Path, nest: Nest) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    left = [tmp_path / f"{ended.pid}-{number}" for number in "ab"]
    for directory in left:
        nest(directory / "thread_1" / "data")
    # a living process has the number of this dead one; its lock tells
    left.append(tmp_path / f"{os.getpid()}-c")
    left[-1].mkdir()
    (tmp_path / f"{os.getpid()}-c.lock").touch()
    (tmp_path / f"{ended.pid}-d.lock").touch()
    sessions = SessionPool(FakeSandbox().make, tmp_path, 1)
    await sessions.clean_up()
    assert os.listdir(tmp_path) == []
    await sessions.aclose()


async def test_the_sessions_of_a_living_engine_are_left_alone(tmp_path: Path) -> None:
    living, other = (SessionPool(FakeSandbox().make, tmp_path, 1) for _ in range(2))
    async with living.of("thread_1") as slot:
        # engines on another machine have numbers that mean nothing here
        own = slot.directory.parent
        own.rename(tmp_path / "999999999-a")
        own.with_name(f"{own.name}.lock").rename(tmp_path / "999999999-a.lock")
        (tmp_path / f"{os.getpid()}-b").mkdir()
        (tmp_path / f"{os.getpid()}-c.lock").touch()
        (tmp_path / "mine.txt").touch()
        await other.clean_up()
        assert sorted(os.listdir(tmp_path)) == sorted(
            ["999999999-a", "999999999-a.lock", f"{os.getpid()}-b", f"{os.getpid()}-c.lock", "mine.txt"]
        )
    await living.aclose()


async def test_the_leftovers_are_removed_soon_after_the_start_without_any_use(tmp_path: Path) -> None:
    left = tmp_path / "interpreter" / "999999999-a"
    (left / "thread_1" / "data").mkdir(parents=True)
    async with opened(tmp_path, tools=[FakeSandbox().tool(tmp_path)]):
        await until(lambda: not left.exists())


async def test_closing_the_sessions_removes_everything_however_deep_it_is(tmp_path: Path, nest: Nest) -> None:
    sessions = SessionPool(FakeSandbox().make, tmp_path, 1)
    async with sessions.of("thread_1") as slot:
        # a session that could not be removed earlier
        nest(slot.directory.parent / "thread_0" / "data")
    await sessions.aclose()
    assert os.listdir(tmp_path) == []


def test_a_file_is_copied_without_being_held_in_memory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "big.bin").write_bytes(bytes(20_000_000))
    tracemalloc.start()
    try:
        outputs.copy(data, "big.bin", 1 << 28, tmp_path / "copy")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "copy").stat().st_size == 20_000_000
    assert peak < 5_000_000


def test_a_file_is_put_in_without_being_held_in_memory(files: Path, tmp_path: Path) -> None:
    source = tmp_path / "big.bin"
    source.write_bytes(bytes(20_000_000))
    tracemalloc.start()
    try:
        outputs.put(files, "big.bin", source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (files / "big.bin").stat().st_size == 20_000_000
    assert peak < 5_000_000
