"""Images and files that a user attaches: their parts in a chat message, and their bytes.

While the prompt is built, each is a part of type `enclosed`; `enclose` replaces it by its bytes. Whatever cannot be
sent is reported as text in its place.
"""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.engine.accounting.tokens import PER_IMAGE
from aimltui.engine.models.chat.history import not_shown
from aimltui.wire.files import File
from aimltui.wire.messages import ImageFile, MessageAttachment

ENCLOSED = "enclosed"
IMAGE = "image"
FILE = "file"
LARGEST = 10 * 1024 * 1024
"""The limit for one image or file that is sent to a model, in bytes."""
MOST = 20 * 1024 * 1024
"""The limit for all of them in one request, in bytes; the newest come first."""
LARGEST_TEXT = 200 * 1024
"""The limit for a text file, in bytes; its text is inserted into the message."""
_TOKENS_OF_FILE = 20_000
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
_PDF = b"%PDF-"

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """What is known about a thread's files while its prompt is built."""

    files: Mapping[str, File] = field(default_factory=dict)
    """The existing files by id."""
    tools: frozenset[str] = frozenset()
    """The types of the run's tools: an attachment for one of them is not sent to the model directly."""


def of_image(image: ImageFile, known: KnownFiles) -> Part:
    """Return the part for an image in a user's message."""
    file = known.files.get(image.file_id)
    if file is None:
        return _text(f"[image {image.file_id}: the file no longer exists]")
    return _enclosed(file, IMAGE, PER_IMAGE, image.detail)


def of_attachment(attachment: MessageAttachment, known: KnownFiles) -> Part:
    """Return the part for an attachment of a user's message."""
    file = known.files.get(attachment.file_id or "")
    if file is None:
        return _text(f"[attached: file {attachment.file_id}, which no longer exists]")
    name = file.filename
    if any(tool.type in known.tools for tool in attachment.tools or ()):
        return _text(f"[attached: {name}]")
    if name.lower().endswith(_IMAGE_SUFFIXES):
        return _enclosed(file, IMAGE, PER_IMAGE)
    size = file.bytes // (4 if file.bytes <= LARGEST_TEXT else 50)
    return _enclosed(file, FILE, min(size, _TOKENS_OF_FILE if file.bytes > LARGEST_TEXT else size))


async def enclose(
    messages: Sequence[Part], path_of: Callable[[str], Path], abilities: frozenset[str] | None
) -> tuple[list[Part], list[str]]:
    """Replace the enclosed parts by their bytes.

    Args:
        messages: The conversation.
        path_of: Returns the path of a file's bytes.
        abilities: The model's; None if they are unknown, then the file is sent.

    Returns:
        The messages, and sentences about what the newest message lost.
    """
    if not any(_has_enclosed(message) for message in messages):
        return list(messages), []
    return await asyncio.to_thread(_Packer(path_of, abilities).packed, messages)


class _Packer:
    """Reads files until the limit is reached; the newest messages come first."""

    def __init__(self, path_of: Callable[[str], Path], abilities: frozenset[str] | None) -> None:
        self._path_of = path_of
        self._abilities = abilities
        self._left = MOST
        self._lost: list[str] = []

    def packed(self, messages: Sequence[Part]) -> tuple[list[Part], list[str]]:
        newest = self._message(messages[-1])
        lost, self._lost = self._lost, []
        done = [newest, *(self._message(message) for message in reversed(messages[:-1]))]
        return done[::-1], lost

    def _message(self, message: Part) -> Part:
        if not _has_enclosed(message):
            return message
        parts: list[Part] = []
        for part in message["content"]:
            parts += self._shown(part) if part["type"] == ENCLOSED else [part]
        if all(part["type"] == "text" for part in parts):
            return {**message, "content": "\n\n".join(part["text"] for part in parts if part["text"])}
        return {**message, "content": parts}

    def _shown(self, part: Part) -> list[Part]:
        shown = self._part(part)
        if shown["type"] == FILE and self._abilities is None:
            # some servers drop such a part silently, so the model at least sees its name
            return [_text(f"[attached: {part['name']}]"), shown]
        return [shown]

    def _part(self, part: Part) -> Part:
        kind, name, size = part["kind"], part["name"], part["size"]
        if size > LARGEST:
            return self._left_out(kind, name, f"its size is {_mb(size)}, and the limit is {_mb(LARGEST)}")
        if size > self._left:
            return self._left_out(kind, name, f"newer ones fill the limit of {_mb(MOST)} for one request")
        try:
            content = self._path_of(part["file_id"]).read_bytes()
        except (OSError, ValueError):
            return self._left_out(kind, name, "its content cannot be read")
        shown = self._image(part, content) if kind == IMAGE else self._file(name, content)
        if shown["type"] != "text":
            self._left -= len(content)
        return shown

    def _image(self, part: Part, content: bytes) -> Part:
        format_ = next((name for magic, name in _MAGIC if content.startswith(magic)), None)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            format_ = "webp"
        if format_ is None:
            return self._left_out(IMAGE, part["name"], "it is not a PNG, JPEG, GIF or WebP image")
        url: Part = {"url": _data_url(f"image/{format_}", content)}
        if part["detail"]:
            url["detail"] = part["detail"]
        return {"type": "image_url", "image_url": url, "name": part["name"]}

    def _file(self, name: str, content: bytes) -> Part:
        text = _as_text(content)
        if text is not None:
            if len(content) > LARGEST_TEXT:
                why = f"its size is {_mb(len(content))}, and the limit for text is {LARGEST_TEXT // 1024} kB"
                return self._left_out(FILE, name, why)
            return _text(f"[file {name}, from here to its end mark]\n{text}\n[end of {name}]")
        is_pdf = content.startswith(_PDF)
        if self._abilities is None and not is_pdf:
            self._lost.append(
                f"It is unknown whether this model reads files like {name}, so it was left out."
            )
            return _text(not_shown(FILE, name))
        kind = "application/pdf" if is_pdf else mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {"type": "file", "file": {"filename": name, "file_data": _data_url(kind, content)}}

    def _left_out(self, kind: str, name: str, why: str) -> Part:
        self._lost.append(f"The {kind} {name} was left out: {why}.")
        return _text(f"[{kind} {name} left out: {why}]")


def _has_enclosed(message: Part) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(part["type"] == ENCLOSED for part in content)


def _enclosed(file: File, kind: str, tokens: int, detail: str | None = None) -> Part:
    return {
        "type": ENCLOSED,
        "file_id": file.id,
        "kind": kind,
        "name": file.filename,
        "size": file.bytes,
        "detail": detail,
        "tokens": tokens,
    }


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _as_text(content: bytes) -> str | None:
    if b"\x00" in content or content.startswith(_PDF):
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _mb(size: int) -> str:
    return f"{size / (1024 * 1024):.3g} MB"
