"""Sends attached files to the server, and makes the message that refers to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError
from aimltui.common.disk import disk_reason
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import bytes_text
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.state.addressee import Addressee, metadata_of
from aimltui.tui.state.attached_files import AttachedFile, Goal
from aimltui.tui.state.entries import Attachment
from aimltui.tui.storage.pages import forget_page
from aimltui.wire.binary import WatchedBlob
from aimltui.wire.errors import APIError
from aimltui.wire.files import MAX_FILE, CreateFile
from aimltui.wire.messages import (
    AttachmentTool,
    CreateMessage,
    ImageFile,
    ImageFileContent,
    MessageAttachment,
    NewContent,
    NewTextContent,
)

_PURPOSES: dict[Goal, str] = {
    "picture": "vision",
    "file_search": "assistants",
    "code_interpreter": "assistants",
}
_BACK = "Your text and your files are back in the prompt."
_TELL_S = 0.25
"""Seconds between two percentages; what is sent sooner shows none."""
TOO_LARGE = "The limit for one file is 512 MB."


class UploadFailed(NotSent):
    """A file could not be sent.

    Args:
        name: The file.
        why: Why, as a sentence.
        files: All files of the message; those that were sent have an id.
    """

    def __init__(self, name: str, why: str, files: Sequence[AttachedFile]) -> None:
        super().__init__(
            "The message was not sent", f"{clean_line(name)} could not be uploaded. {why}", _BACK, ()
        )
        self.files = tuple(files)


class _Meter:
    """Tells how many percent of a file were sent: rarely, from the event loop, and never less than before.

    Args:
        size: The file's bytes.
        tell: Called with the percentage.
    """

    def __init__(self, size: int, tell: Callable[[int], None]) -> None:
        self._size = max(1, size)
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._next = time.monotonic() + _TELL_S
        self._most = 0

    def read(self, count: int) -> None:
        """Note that this many bytes were read; called in the thread that reads."""
        now = time.monotonic()
        # a request that is sent once more begins at the start; and the last byte is not the server's answer
        percent = min(99, 100 * count // self._size)
        if percent > self._most and now >= self._next:
            self._most, self._next = percent, now + _TELL_S
            self._loop.call_soon_threadsafe(self._tell, percent)


async def upload(
    client: AssistantsClient,
    files: Sequence[AttachedFile],
    note: Callable[[Sequence[AttachedFile], int | None], None],
) -> tuple[AttachedFile, ...]:
    """Send files, one after the other; each is read piece by piece, and never held in memory.

    Args:
        client: The server.
        files: The files; those with an id were sent before.
        note: Called with the files when another one has been sent, and with the percentage of the next one while it is
            being sent.

    Returns:
        The files with their ids.

    Raises:
        UploadFailed: A file could not be sent.
    """
    sent = list(files)
    for place, file in enumerate(files):
        if file.file_id:
            continue
        if problem := await asyncio.to_thread(_problem, file):
            raise UploadFailed(file.name, problem, sent)
        meter = _Meter(file.size, lambda percent: note(sent, percent))
        blob = WatchedBlob(filename=file.name, path=Path(file.path), told=meter.read)
        try:
            made = await client.files.create(CreateFile(file=blob, purpose=_PURPOSES[file.goal]))
        except (APIError, TransportError) as error:
            raise UploadFailed(file.name, error.message, sent) from error
        except OSError as error:
            raise UploadFailed(file.name, f"{disk_reason(error)}.", sent) from error
        sent[place] = replace(file, file_id=made.id)
        if file.url:
            await asyncio.to_thread(forget_page, file.path)
        note(sent, None)
    return tuple(sent)


def _problem(file: AttachedFile) -> str:
    """Return why a file cannot be sent, as a sentence; empty if it can."""
    try:
        size = Path(file.path).stat().st_size
    except OSError as error:
        return f"It can no longer be read: {disk_reason(error)}."
    return f"It has {bytes_text(size)}. {TOO_LARGE}" if size > MAX_FILE else ""


def message_of(
    thread_id: str, text: str, files: Sequence[AttachedFile], to: Addressee | None = None
) -> CreateMessage:
    """Return the request for a message with files that the server has."""
    pictures = [file for file in files if file.goal == "picture"]
    others = [file for file in files if file.goal != "picture"]
    content: str | list[NewContent] = text
    if pictures:
        shown = [
            ImageFileContent(type="image_file", image_file=ImageFile(file_id=file.file_id))
            for file in pictures
        ]
        content = [NewTextContent(type="text", text=text), *shown]
    attachments = [
        MessageAttachment(file_id=file.file_id, tools=[AttachmentTool(type=file.goal)]) for file in others
    ]
    given: dict[str, Any] = {"attachments": attachments} if attachments else {}
    if to is not None:
        given["metadata"] = metadata_of(to)
    return CreateMessage(thread_id=thread_id, role="user", content=content, **given)


def lines_of(files: Sequence[AttachedFile], percent: int | None = None) -> tuple[Attachment, ...]:
    """Return the lines under a message that the server does not have yet.

    Args:
        files: Its files; those that were sent have an id.
        percent: How much of the first of the others was sent.
    """
    now = next((file for file in files if not file.file_id), None)
    state = "uploading" if percent is None else f"uploading {percent} %"
    return tuple(
        Attachment(
            "",
            file.name,
            file.size,
            "" if file.goal == "picture" else file.goal,
            is_picture=file.goal == "picture",
            note="" if file.file_id else state if file is now else "waiting",
        )
        for file in files
    )
