"""Each file is read in a process with limits, and no file harms the engine or another file."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aimltui.engine.extraction.document import Document
from aimltui.engine.extraction.limits import OUT_OF_MEMORY, TOOK_TOO_LONG, ReadingLimits, Stopped, Unreadable
from aimltui.engine.extraction.processes import ReaderProcesses
from tests.support.builders import PATIENCE_S
from tests.support.documents import place
from tests.support.pdfs import pdf

pytestmark = pytest.mark.usefixtures("own_reader_hosts")


@pytest.fixture(scope="module")
def readers(own_reader_hosts: None) -> Iterator[ReaderProcesses]:
    made = ReaderProcesses()
    yield made
    made.close()


@pytest.fixture
def limited() -> Iterator[Callable[[ReadingLimits], ReaderProcesses]]:
    made: list[ReaderProcesses] = []

    def make(limits: ReadingLimits) -> ReaderProcesses:
        made.append(ReaderProcesses(limits))
        return made[-1]

    yield make
    for one in made:
        one.close()


def file(tmp_path: Path, content: bytes, name: str = "file-1") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_document_comes_back_with_its_places(readers: ReaderProcesses, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    pages = pdf([["About ships"], ["About 10 € of tea"]])
    document = readers.read(file(tmp_path, pages), "a.pdf", lambda done, total: told.append((done, total)))
    assert document.text == "About ships\n\nAbout 10 € of tea"
    assert place(document, "tea") == "page 2"
    assert told[-1] == (2, 2)


def test_a_long_text_comes_back_whole(readers: ReaderProcesses, tmp_path: Path) -> None:
    text = "\n".join(f"{n} Grüße 世界 🙂 \ud7ff" for n in range(100_000))
    document = readers.read(file(tmp_path, text.encode()), "a.txt")
    assert document.text == text
    assert place(document, "99998 Grüße") == "line 99999"


def test_a_refusal_says_why_and_the_next_file_is_read(readers: ReaderProcesses, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        readers.read(file(tmp_path, b"\x89PNG\r\n\x1a\n\0"), "a.txt")
    assert caught.value.code == "unsupported_file"
    assert readers.read(file(tmp_path, b"words"), "a.txt").text == "words"


def test_a_file_that_is_gone_is_an_error_of_the_system(readers: ReaderProcesses, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        readers.read(tmp_path / "gone", "a.txt")


def test_files_are_read_side_by_side(readers: ReaderProcesses, tmp_path: Path) -> None:
    def read(number: int) -> Document:
        return readers.read(file(tmp_path, f"words {number}".encode(), f"{number}"), "a.txt")

    with ThreadPoolExecutor(4) as pool:
        assert [one.text for one in pool.map(read, range(20))] == [f"words {number}" for number in range(20)]


def test_a_host_that_has_died_is_replaced(readers: ReaderProcesses, tmp_path: Path) -> None:
    path = file(tmp_path, b"words")
    readers.read(path, "a.txt")
    assert readers._host is not None
    os.kill(readers._host.pid, signal.SIGKILL)
    assert readers.read(path, "a.txt").text == "words"


def test_a_file_that_takes_too_long_is_ended(
    limited: Callable[[ReadingLimits], ReaderProcesses], tmp_path: Path
) -> None:
    # the parser looks for the end of each tag in vain, within one call
    endless = file(tmp_path, b"<a " * 400_000)
    readers = limited(ReadingLimits(seconds=0.2, total_s=0.2, grace_s=0.1))
    with pytest.raises(Unreadable) as caught:
        readers.read(endless, "a.html")
    assert caught.value.message == TOOK_TOO_LONG
    assert readers.read(file(tmp_path, b"words"), "a.txt").text == "words"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not limit a process's memory")
def test_a_file_that_needs_too_much_memory_is_ended(
    limited: Callable[[ReadingLimits], ReaderProcesses], tmp_path: Path
) -> None:
    readers = limited(ReadingLimits(memory_bytes=250_000_000))
    with pytest.raises(Unreadable) as caught:
        readers.read(file(tmp_path, b"word\n" * 3_900_000), "a.txt")
    assert caught.value.message == OUT_OF_MEMORY
    assert readers.read(file(tmp_path, b"words"), "a.txt").text == "words"


def test_closing_ends_what_is_being_read(tmp_path: Path) -> None:
    readers = ReaderProcesses()
    begun, closed = threading.Event(), threading.Event()
    # more text than the pipe holds: it cannot be complete before it is read on
    path = file(tmp_path, pdf([["words"] * 30] * 1_500))

    def progress(done: int, total: int) -> None:
        begun.set()
        closed.wait(PATIENCE_S)

    def read() -> str:
        try:
            readers.read(path, "a.pdf", progress)
        except Stopped:
            return "stopped"
        return "read"

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert begun.wait(PATIENCE_S)
        readers.close()
        closed.set()
        assert reading.result(PATIENCE_S) == "stopped"
    with pytest.raises(Stopped):
        readers.read(path, "a.pdf")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows another process's variables")
def test_no_key_reaches_the_processes(
    limited: Callable[[ReadingLimits], ReaderProcesses], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "very secret")
    readers = limited(ReadingLimits())
    readers.read(file(tmp_path, b"words"), "a.txt")
    assert readers._host is not None
    assert b"very secret" not in Path(f"/proc/{readers._host.pid}/environ").read_bytes()
