"""Sends the files of a conversation before the conversation itself."""

from __future__ import annotations

import asyncio
import contextlib

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError
from aimltui.interchange.outgoing import imported_messages, is_picture
from aimltui.interchange.records import Attachment, FileContent, Thread, UnreadableInput
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError
from aimltui.wire.files import CreateFile, FileExpiresAfter
from aimltui.wire.imports import ImportedMessage

_LEASE = FileExpiresAfter(anchor="created_at", seconds=3_600)
"""A file that was sent for a conversation which then did not come is deleted after an hour."""
_TEXT_SUFFIXES = (".txt", ".md", ".csv", ".json", ".py", ".html", ".xml", ".log", ".yaml", ".yml")


class ConversationFiles:
    """Sends the files of one thread, each once."""

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client
        self._ids: dict[int, str] = {}
        self._by_source: dict[str, str] = {}
        self.sent: list[str] = []
        self.missing = 0

    async def messages_of(self, thread: Thread) -> list[ImportedMessage]:
        """The messages as the operation takes them, once their files are sent."""
        result: list[ImportedMessage] = []
        for message in thread.messages:
            for attachment in message.attachments:
                await self._send(attachment)
            result += imported_messages(message, self)
        return result

    def id_of(self, attachment: Attachment) -> str | None:
        """The id of a file that was sent."""
        return self._ids.get(id(attachment))

    def new_id(self, source_id: str) -> str:
        """The id that a file has here."""
        return self._by_source.get(source_id, source_id)

    async def forget(self) -> None:
        """Take back what was sent: the thread did not come. What cannot be taken back is forgotten after an hour."""
        ids, self.sent = self.sent, []
        for file_id in ids:
            with contextlib.suppress(APIError, TransportError):
                await asyncio.shield(self._client.files.delete(file_id))

    async def _send(self, attachment: Attachment) -> None:
        sent = self._by_source.get(attachment.source_id or "")
        if sent is not None:
            self._ids[id(attachment)] = sent
            return
        content = attachment.content or attachment.extracted
        if content is None:
            self.missing += 1
            return
        try:
            blob = await asyncio.to_thread(_blob, attachment, content)
        except UnreadableInput:
            self.missing += 1
            return
        purpose = "vision" if is_picture(attachment) else "assistants"
        params = CreateFile(file=blob, purpose=purpose, expires_after=_LEASE)
        file = await self._client.files.create(params)
        self.sent.append(file.id)
        self._ids[id(attachment)] = file.id
        if attachment.source_id is not None:
            self._by_source[attachment.source_id] = file.id


def _blob(attachment: Attachment, content: FileContent) -> Blob:
    return Blob(filename=_file_name(attachment), content=content.read(), media_type=attachment.media_type)


def _file_name(attachment: Attachment) -> str:
    suffix = {
        "image/png": ".png",
        "image/jpeg": ".jpg",
        "image/gif": ".gif",
        "image/webp": ".webp",
        "application/pdf": ".pdf",
        "text/plain": ".txt",
    }.get(attachment.media_type or "", "")
    name = attachment.name or attachment.source_id or "file"
    if attachment.content is None:
        # only its text was saved
        return f"{name}.txt"
    is_text = suffix == ".txt" and name.lower().endswith(_TEXT_SUFFIXES)
    return name if not suffix or is_text or name.lower().endswith(suffix) else f"{name}{suffix}"
