"""Uploads: how much of a file was sent, and what is said about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.controllers import file_uploads
from aimltui.tui.controllers.file_uploads import lines_of, upload
from aimltui.tui.state.attached_files import AttachedFile
from aimltui.wire.files import CreateFile

_PIECE = 100_000


class SlowServer:
    """Reads each upload piece by piece, the first one twice, as a request that is sent once more."""

    def __init__(self) -> None:
        self.files = self
        self.sent: list[bytes] = []

    async def create(self, params: CreateFile) -> Any:
        for _ in range(2 if not self.sent else 1):
            whole = bytearray()
            with params.file.open() as source:
                while piece := await asyncio.to_thread(source.read, _PIECE):
                    whole += piece
        self.sent.append(bytes(whole))
        return SimpleNamespace(id=f"file_{len(self.sent)}")


def attached(path: Path, content: bytes) -> AttachedFile:
    path.write_bytes(content)
    return AttachedFile(str(path), path.name, len(content), "file_search")


async def test_the_percentage_of_an_upload_grows_and_ends_with_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_uploads, "_TELL_S", 0.0)
    files = [
        attached(tmp_path / "a.pdf", b"a" * 10 * _PIECE),
        attached(tmp_path / "b.pdf", b"b" * 4 * _PIECE),
    ]
    server = SlowServer()
    told: list[tuple[int, int | None]] = []
    shown: list[str] = []

    def note(sent: Sequence[AttachedFile], percent: int | None) -> None:
        told.append((sum(bool(file.file_id) for file in sent), percent))
        shown.extend(line.note for line in lines_of(sent, percent))

    sent = await upload(cast(AssistantsClient, server), files, note)
    assert [file.file_id for file in sent] == ["file_1", "file_2"]
    assert server.sent == [b"a" * 10 * _PIECE, b"b" * 4 * _PIECE]
    first = [percent for done, percent in told if not done]
    assert first == [10, 20, 30, 40, 50, 60, 70, 80, 90, 99]
    assert [percent for done, percent in told if done == 1] == [None, 25, 50, 75, 99]
    assert shown[:2] == ["uploading 10 %", "waiting"]
    assert shown[-2:] == ["", ""]


async def test_what_is_sent_at_once_shows_no_percentage(tmp_path: Path) -> None:
    told: list[int | None] = []
    file = attached(tmp_path / "a.txt", b"small")
    await upload(cast(AssistantsClient, SlowServer()), [file], lambda _, percent: told.append(percent))
    assert told == [None]
    assert [line.note for line in lines_of([file])] == ["uploading"]
