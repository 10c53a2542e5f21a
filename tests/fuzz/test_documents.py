"""Damaged documents are read or refused with a reason, and no other document suffers.

Documents of each type with random changes. `AIMLTUI_FUZZ_DOCUMENTS` sets how many; 1,000 otherwise, and a twentieth as
many through the processes that read files.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import zipfile
from pathlib import Path

import pytest

from aimltui.engine.extraction.limits import ReadingLimits, Unreadable
from aimltui.engine.extraction.processes import ReaderProcesses
from tests.support.documents import archive, read
from tests.support.sample_documents import SAMPLES

COUNT = int(os.environ.get("AIMLTUI_FUZZ_DOCUMENTS", "1000"))
pytestmark = [pytest.mark.timeout(120 + COUNT // 5), pytest.mark.usefixtures("own_reader_hosts")]
BINARY = (".pdf", ".xls")
"""What libraries in other languages read: only in a process."""


def changed(dice: random.Random, content: bytes) -> bytes:
    data = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(5):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 40)]
            case 2:
                data[at:at] = data[max(0, at - 40) : at]
            case 3:
                data[at:at] = dice.randbytes(dice.randint(1, 8))
            case _:
                del data[at:]
    return bytes(data)


def damaged(dice: random.Random, name: str) -> bytes:
    content = SAMPLES[name]
    if not content.startswith(b"PK") or dice.random() < 0.2:
        return changed(dice, content)
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        parts = {part: whole.read(part) for part in whole.namelist()}
    victim = dice.choice(list(parts))
    return archive(parts | {victim: changed(dice, parts[victim])})


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read(name: str) -> None:
    if name == "scan.pdf":
        pytest.skip("it has no text without tesseract")
    assert read(name, SAMPLES[name]).text


def test_damaged_documents_are_read_or_refused() -> None:
    dice = random.Random(COUNT)
    names = [name for name in SAMPLES if not name.endswith(BINARY)]
    texts: list[str] = []
    reasons: list[str] = []
    for _ in range(COUNT):
        name = dice.choice(names)
        try:
            texts.append(read(name, damaged(dice, name)).text)
        except Unreadable as refusal:
            reasons.append(refusal.message)
    assert all(reason.endswith(".") for reason in reasons)
    assert min(len(texts), len(reasons)) > COUNT // 20


def test_damaged_documents_do_not_disturb_others(tmp_path: Path) -> None:
    dice = random.Random(COUNT)
    readers = ReaderProcesses(ReadingLimits(seconds=20, total_s=20))
    path, good = tmp_path / "damaged", tmp_path / "good"
    good.write_bytes(SAMPLES["a.pdf"])
    expected = read("a.pdf", SAMPLES["a.pdf"]).text
    names = [name for name in SAMPLES if name.endswith((*BINARY, "x", "ods"))]
    try:
        for _ in range(COUNT // 20):
            name = dice.choice(names)
            path.write_bytes(damaged(dice, name))
            with contextlib.suppress(Unreadable):
                readers.read(path, name)
        assert readers.read(good, "a.pdf").text == expected
    finally:
        readers.close()
