"""Files that stand in a request as base64 text: they become files of the engine, which messages have attached."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar, cast

from aimltui.common.dataclass import dataclass
from aimltui.common.unstored import is_unstored
from aimltui.wire import operations as op
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError, BadRequest, NotFound
from aimltui.wire.files import CreateFile, File, FileParams
from aimltui.wire.imports import ImportedMessage
from aimltui.wire.messages import MessageAttachment, NewMessage
from aimltui.wire.request_errors import invalid_type

_PURPOSE: Final = "user_data"
_STORED: Final = ""
"""The owner of a file that stays until the user deletes it."""
_READERS: Final[Any] = [{"type": "file_search"}]

_Message = TypeVar("_Message", NewMessage, ImportedMessage)


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file of a request that is not stored yet."""

    id: str
    """What stands for the id of the file in the messages of the request."""
    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """The same text for the same name and content."""
        return hashlib.sha256(self.name.encode() + b"\0" + self.content).hexdigest()


def read_file(fields: Mapping[str, Any], where: str, found: list[InlineFile]) -> MessageAttachment:
    """Return the attachment for a file part, which has the id of a file or its bytes as base64.

    Args:
        fields: The fields of the file.
        where: Their place in the body.
        found: The files so far that are not stored yet; this one is added.

    Raises:
        BadRequest: The part is malformed, or only has an address.
    """
    file_id = fields.get("file_id")
    if not isinstance(file_id, str):
        file_id = f"file-inline-{len(found)}"
        found.append(_decoded(file_id, fields, where))
    return MessageAttachment(file_id=file_id, tools=_READERS)


def _decoded(id_: str, fields: Mapping[str, Any], where: str) -> InlineFile:
    data = fields.get("file_data")
    if data is None:
        raise BadRequest(
            "This server takes files as 'file_data', in base64, or as 'file_id' after an upload to /v1/files.",
            code="unsupported_parameter",
            param=where,
        )
    if not isinstance(data, str):
        raise invalid_type(f"{where}.file_data", "a string", data)
    head, comma, text = data.partition(",") if data.startswith("data:") else ("", ",", data)
    kind = head.removeprefix("data:").partition(";")[0].strip()
    try:
        if not comma or (head and not head.endswith(";base64")):
            raise binascii.Error
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(
            f"'{where}.file_data' is not base64. Expected a text as 'data:application/pdf;base64,JVBERi0x…'.",
            code="invalid_value",
            param=f"{where}.file_data",
        ) from error
    name = fields.get("filename")
    if not isinstance(name, str) or not name:
        name = f"file{mimetypes.guess_extension(kind) or ''}"
    return InlineFile(id_, name, content)


def with_ids(messages: Iterable[_Message], ids: Mapping[str, str]) -> list[_Message]:
    """Return the messages with the ids of the stored files instead of those that stood for them."""

    def stored(message: _Message) -> _Message:
        attached = [
            one.model_copy(update={"file_id": ids.get(one.file_id or "", one.file_id)})
            for one in message.attachments or ()
        ]
        return message.model_copy(update={"attachments": attached}) if attached else message

    return [stored(message) for message in messages]


class Keeper(op.OperationHandler, Protocol):
    """An engine that can let things stay that were made for a request that is not stored."""

    async def keep(self, ids: Sequence[str]) -> None:
        """Let threads and files stay."""
        ...


class InlineFiles:
    """Stores the files of requests, each once however often a client sends it, and deletes those of deleted threads.

    Args:
        engine: Has the files.
    """

    def __init__(self, engine: Keeper) -> None:
        self._engine = engine
        self._known: dict[str, str] = {}
        """The id of each stored file, by its digest."""
        self._unstored: set[str] = set()
        """Files that go when the process is killed, because only requests that are not stored have them."""
        self._owners: dict[str, set[object]] = {}
        """What each of these files belongs to: threads, and requests that have no thread yet."""

    async def store(self, files: Sequence[InlineFile], owner: object) -> dict[str, str]:
        """Store files, and return their ids by those that stood for them.

        Args:
            files: The files of a request.
            owner: What they belong to.

        Raises:
            APIError: One cannot be stored, or is too large.
        """
        ids: dict[str, str] = {}
        try:
            for file in files:
                ids[file.id] = stored = await self._known_id(file) or await self._create(file)
                self._owners.setdefault(stored, set()).add(owner)
        except BaseException:
            await self.release(owner)
            raise
        return ids

    async def _known_id(self, file: InlineFile) -> str | None:
        known = self._known.get(file.digest)
        if known is None:
            return None
        try:
            await self._engine.call(op.GET_FILE.name, FileParams(file_id=known))
            if not is_unstored():
                await self._let_stay([known])
        except NotFound:
            # the user has deleted it
            self._forget(known)
        return self._known.get(file.digest)

    async def _let_stay(self, ids: Iterable[str]) -> None:
        if marked := self._unstored.intersection(ids):
            await self._engine.keep(sorted(marked))
            self._unstored -= marked

    async def keep(self, thread_id: str) -> None:
        """Let a thread that was made for a request that is not stored stay, with its files."""
        files = [file_id for file_id, owners in self._owners.items() if thread_id in owners]
        await self._engine.keep([thread_id, *files])
        self._unstored.difference_update(files)

    async def _create(self, file: InlineFile) -> str:
        params = CreateFile(file=Blob(filename=file.name, content=file.content), purpose=_PURPOSE)
        made = cast(File, await self._engine.call(op.CREATE_FILE.name, params))
        self._known[file.digest] = made.id
        if is_unstored():
            self._unstored.add(made.id)
        return made.id

    def give(self, owner: object, to: object = _STORED) -> None:
        """Let the files of an owner belong to another one; without one, they stay until the user deletes them."""
        for owners in self._owners.values():
            if owner in owners:
                owners.remove(owner)
                owners.add(to)

    def share(self, owner: object, other: object) -> None:
        """Let the files of an owner belong to another one, too."""
        for owners in self._owners.values():
            if owner in owners:
                owners.add(other)

    async def release(self, owner: object) -> None:
        """Delete the files that belong to nothing else."""
        for file_id, owners in list(self._owners.items()):
            if owner not in owners:
                continue
            owners.remove(owner)
            if not owners:
                self._forget(file_id)
                with suppress(APIError):
                    await self._engine.call(op.DELETE_FILE.name, FileParams(file_id=file_id))

    def _forget(self, file_id: str) -> None:
        self._owners.pop(file_id, None)
        self._unstored.discard(file_id)
        self._known = {digest: id_ for digest, id_ in self._known.items() if id_ != file_id}
