"""Every sample of a saved conversation, with what an importer must make of it (`expected.json` beside it)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from aimltui.interchange.as_json import skipped_as_json, thread_as_json
from aimltui.interchange.reading import look, read
from aimltui.interchange.records import Skipped, Thread

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(folder.name for folder in SAMPLES.iterdir())
CLOSE = 2.0
"""Seconds that times may be apart."""


def imported(paths: Iterable[Path]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with look(paths) as found:
        items = list(read(found))
    threads = [thread_as_json(item) for item in items if isinstance(item, Thread)]
    return threads, [skipped_as_json(item) for item in items if isinstance(item, Skipped)]


def expectation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    return found


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "expected.json":
                archive.write(path, path.relative_to(folder).as_posix())
    return target


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_comes_in_as_expected(name: str) -> None:
    assert_same(imported([SAMPLES / name]), expectation(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_files_named_one_by_one_come_in_as_expected(name: str) -> None:
    expected = expectation(name)
    assert_same(imported([SAMPLES / name / path for path in expected["input"]]), expected)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "gptme"])
def test_the_archive_comes_in_as_expected(name: str, tmp_path: Path) -> None:
    assert_same(imported([zipped(SAMPLES / name, tmp_path / "export.zip")]), expectation(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_says_nothing_about_its_format(name: str, tmp_path: Path) -> None:
    """A file that is named as another program's export is read as what it holds."""
    (path,) = [SAMPLES / name / path for path in expectation(name)["input"]][:1]
    misleading = tmp_path / "conversations-000.json"
    misleading.write_bytes(path.read_bytes())
    found = look([misleading])
    assert [format_.ID for format_, _ in found.groups] == [expected_format(name)]


def expected_format(name: str) -> str:
    return {"chatgpt-numbered": "chatgpt", "chatgpt-one-file": "chatgpt", "librechat-flat": "librechat"}.get(
        name, {"librechat-recursive": "librechat"}.get(name, name)
    )


def assert_same(got: tuple[list[dict[str, Any]], list[dict[str, Any]]], expected: dict[str, Any]) -> None:
    threads, skipped = got
    assert [thread["source_id"] for thread in threads] == [
        thread["source_id"] for thread in expected["threads"]
    ]
    assert [(item["source_id"], item["why"]) for item in skipped] == [
        (item["source_id"], item["why"]) for item in expected["skipped"]
    ]
    for thread, wanted in zip(threads, expected["threads"], strict=True):
        assert_thread(thread, wanted, expected["never"])


def assert_thread(thread: dict[str, Any], wanted: dict[str, Any], never: list[str]) -> None:
    for key in ("title", "model", "instructions", "other_branches"):
        if key in wanted:
            assert thread[key] == wanted[key], key
    for key in ("created", "updated"):
        if key in wanted:
            assert_time(thread[key], wanted[key])
    assert [said["role"] for said in thread["messages"]] == [said["role"] for said in wanted["messages"]]
    for said, hoped in zip(thread["messages"], wanted["messages"], strict=True):
        assert_message(said, hoped)
        assert not [words for words in never if words in said["text"]]


def assert_message(said: dict[str, Any], hoped: dict[str, Any]) -> None:
    if hoped["text"] is not None:
        assert said["text"].strip() == hoped["text"].strip()
    assert hoped.get("contains", "") in said["text"]
    assert_time(said["at"], hoped["at"])
    for key in ("unfinished", "error", "annotations", "thoughts", "sources"):
        assert said.get(key) == hoped.get(key), key
    if "model" in hoped:
        assert said["model"] == hoped["model"]
    for key in ("files", "steps"):
        assert len(said.get(key, [])) == len(hoped.get(key, []))
        for one, other in zip(said.get(key, []), hoped.get(key, []), strict=True):
            assert {name: stripped(one.get(name)) for name in other} == {
                name: stripped(value) for name, value in other.items()
            }


def stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def assert_time(got: float | None, wanted: float | None) -> None:
    if wanted is None:
        assert got is None
    else:
        assert got == pytest.approx(wanted, abs=CLOSE)
