"""Saving and opening: nothing is overwritten unasked, nothing starts without a desktop, every refusal is a sentence."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import FileIsThere, SaveError


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("revenue.csv", "revenue.csv"),
        ("../../.bashrc", "bashrc"),
        ("C:\\Users\\x\\evil.exe", "evil.exe"),
        ("a\x1b]0;t\x07b\u202ecod.txt", "abcod.txt"),
        ('a<b>"c|d?.txt', "a_b__c_d_.txt"),
        ("-rf", "-rf"),
        ("..", "file"),
        ("a/..", "file"),
        ("~root/x", "x"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_a_name_from_outside_becomes_a_plain_one(given: str, plain: str) -> None:
    assert saving.plain_name(given) == plain


def test_a_long_name_keeps_its_ending() -> None:
    assert len(saving.plain_name("x" * 500 + ".csv")) == 120
    assert saving.plain_name("x" * 500 + ".csv").endswith("x.csv")


def test_a_long_name_of_wide_letters_fits_a_file_system(tmp_path: Path) -> None:
    path = tmp_path / saving.plain_name("語🙂" * 200 + ".csv")
    saving.write(path, b"x")
    assert path.suffix == ".csv"
    assert path.read_bytes() == b"x"


def test_saving_changes_the_rights_of_no_other_file_that_is_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mask: int) -> int:
        raise AssertionError("the mask belongs to all threads")

    old = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", refuse)
        saving.write(tmp_path / "a.txt", b"x")
        monkeypatch.undo()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_what_replaces_a_link_leaves_alone_what_it_leads_to(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"old")
    (tmp_path / "a.txt").symlink_to(target)
    saving.write(tmp_path / "a.txt", b"new", replace=True)
    assert target.read_bytes() == b"old"
    assert (tmp_path / "a.txt").read_bytes() == b"new"


async def test_a_file_whose_name_looks_like_an_option_is_opened_as_a_file(tmp_path: Path) -> None:
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/told\n')
    opener.chmod(0o700)
    path = saving.write_temporary("--help;$(id).csv", b"x")
    try:
        await saving.open_file(str(opener), path)
        assert (tmp_path / "told").read_text() == f"{path}\n"
        assert path.is_absolute()
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(path.parent)


def test_what_is_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    path = saving.free_path(tmp_path, "a.txt")
    saving.write(path, b"one")
    assert saving.free_path(tmp_path, "a.txt").name == "a-2.txt"
    with pytest.raises(FileIsThere, match="already exists"):
        saving.write(path, b"two")
    assert path.read_bytes() == b"one"
    saving.write(path, b"two", replace=True)
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileIsThere):
        saving.write(tmp_path / "a.txt", b"x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_refusal_says_what_and_why(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="There is no directory"):
        saving.write(tmp_path / "no" / "a.txt", b"")
    with pytest.raises(SaveError, match="is a directory"):
        saving.write(tmp_path, b"", replace=True)


def test_a_machine_without_a_desktop_or_an_opener_says_so(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="No desktop"):
        saving.opener({"PATH": "/usr/bin"}, "linux")
    with pytest.raises(SaveError, match="xdg-open is not installed"):
        saving.opener({"PATH": str(tmp_path), "DISPLAY": ":0"}, "linux")
    with pytest.raises(SaveError, match=r"^open is not installed"):
        saving.opener({"PATH": str(tmp_path)}, "darwin")


def test_the_browser_that_the_user_names_opens_web_addresses_without_a_desktop_too(tmp_path: Path) -> None:
    for name in ("w3m", "mine"):
        (tmp_path / name).touch(0o700)
    mine, path = str(tmp_path / "mine"), str(tmp_path)
    url = "https://example.com/?a=1&b=%s"
    assert saving.browser(url, {"PATH": path, "BROWSER": "gone:w3m:mine --new"}) == [mine, "--new", url]
    assert saving.browser(url, {"PATH": path, "BROWSER": "mine --at=%s -x"}) == [mine, f"--at={url}", "-x"]
    for useless in ("", "'", "gone", "w3m"):
        with pytest.raises(SaveError, match="No desktop"):
            saving.browser(url, {"PATH": path, "BROWSER": useless}, "linux")


@pytest.mark.parametrize(("exit_code", "problem"), [(0, ""), (4, "found no program")])
async def test_the_systems_program_gets_the_file(tmp_path: Path, exit_code: int, problem: str) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen; exit {exit_code}\n')
    opener.chmod(0o755)
    program = saving.opener({"PATH": str(tmp_path), "DISPLAY": ":0"}, "linux")
    path = saving.write_temporary("../x.txt", b"content")
    assert path.name == "x.txt"
    assert path.stat().st_mode & 0o077 == 0
    if problem:
        with pytest.raises(SaveError, match=problem):
            await saving.open_file(program, path)
    else:
        await saving.open_file(program, path)
    assert (tmp_path / "seen").read_bytes() == b"content"


def test_only_documents_are_opened_without_a_question() -> None:
    assert saving.is_document("a.CSV")
    assert not any(
        saving.is_document(name) for name in ("a.desktop", "a.sh", "a.html", "a.svg", "a", "a.csv.exe")
    )


def test_a_copy_for_opening_goes_when_the_program_ends(tmp_path: Path) -> None:
    code = "from aimltui.tui.storage.saving import write_temporary as w; print(w('a.csv', b'1').read_bytes())"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=60)
    assert done.stdout.strip() == b"b'1'"
    assert list(tmp_path.iterdir()) == []
