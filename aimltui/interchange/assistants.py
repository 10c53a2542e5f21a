"""Brings assistants from files into the store, and keeps those of a folder up to date with its files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from aimltui.client.client import every
from aimltui.common.dataclass import dataclass
from aimltui.common.disk import write_private
from aimltui.common.sanitize import clean_line
from aimltui.interchange.assistant_toml import (
    MOST_BYTES,
    BadAssistantFile,
    as_assistant,
    digest_of,
    fields_of,
    read_toml,
    to_toml,
)
from aimltui.wire.assistants import Assistant, CreateAssistant, ListAssistants, ModifyAssistant
from aimltui.wire.errors import NotFound
from aimltui.wire.threads import TRASHED_AT

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

FILE: Final = "aimltui_file"
"""Metadata key: the name of the file in the watched folder."""
READ: Final = "aimltui_file_read"
"""Metadata key: the digest of that file as it was read last."""
_MOST_FILES: Final = 200

Result = Literal["created", "changed", "unchanged"]


@dataclass(frozen=True)
class Imported:
    """What became of one file."""

    assistant: Assistant
    result: Result
    left_out: tuple[str, ...] = ()
    """Files and vector stores that the store does not have."""


async def saved_assistants(client: AssistantsClient) -> list[Assistant]:
    """The assistants that are not in the trash, the newest first.

    Raises:
        APIError: The server refused.
        TransportError: There was no answer.
    """
    return [one for one in await _all(client) if not _is_trashed(one)]


async def _all(client: AssistantsClient) -> list[Assistant]:
    return [one async for one in every(client.assistants.list, ListAssistants(limit=100, order="desc"))]


def _is_trashed(assistant: Assistant) -> bool:
    return bool((assistant.metadata or {}).get(TRASHED_AT))


def read_file(path: Path) -> CreateAssistant:
    """Read a file. Blocks.

    Raises:
        BadAssistantFile: It cannot be read, or is no assistant; the message names the file.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadAssistantFile(f"It is larger than {MOST_BYTES // 1_000_000} MB.")
        return read_toml(content.decode("utf-8-sig"))
    except OSError as error:
        raise BadAssistantFile(f"{path.name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BadAssistantFile(f"{path.name}: It is not UTF-8.") from error
    except BadAssistantFile as error:
        raise BadAssistantFile(f"{path.name}: {error}") from error


async def bring_in(
    client: AssistantsClient,
    params: CreateAssistant,
    known: Assistant | None,
    marks: dict[str, str] | None = None,
) -> Imported:
    """Make an assistant, or change one to what a file says.

    Args:
        client: The store.
        params: The file.
        known: The assistant to change; None makes a new one.
        marks: Metadata of this program to add.

    Raises:
        APIError: The server refused.
        TransportError: There was no answer.
    """
    params, left_out = await _with_what_is_here(client, params)
    marks = marks or {}
    if known is None:
        given = params.model_copy(update={"metadata": {**(params.metadata or {}), **marks}})
        return Imported(await client.assistants.create(given), "created", left_out)
    wanted = fields_of(as_assistant(params))
    if fields_of(known) == wanted:
        if marks.items() <= (known.metadata or {}).items():
            return Imported(known, "unchanged", left_out)
        marked = ModifyAssistant(assistant_id=known.id, metadata=marks)
        return Imported(await client.assistants.modify(marked), "unchanged", left_out)
    changes = _changes(params, known)
    changes["metadata"] |= marks
    changed = await client.assistants.modify(
        ModifyAssistant.model_validate(changes | {"assistant_id": known.id})
    )
    return Imported(changed, "changed", left_out)


def _changes(params: CreateAssistant, known: Assistant) -> dict[str, Any]:
    """Every field of the file; what it does not name goes back to what is usual."""
    given = params.given()
    changes = {
        name: given.get(name)
        for name in CreateAssistant.model_fields
        if name not in ("metadata", "tools", "tool_resources")
    }
    # an empty value takes a pair away
    gone = {key: "" for key in known.metadata or {} if not key.startswith("aimltui")}
    return changes | {
        "tools": given.get("tools") or [],
        "tool_resources": given.get("tool_resources") or {},
        "metadata": {**gone, **(given.get("metadata") or {})},
    }


async def _with_what_is_here(
    client: AssistantsClient, params: CreateAssistant
) -> tuple[CreateAssistant, tuple[str, ...]]:
    """Leave out files and vector stores that the store does not have: they do not travel with the file."""
    resources = params.tool_resources
    if resources is None:
        return params, ()
    missing: list[str] = []
    kept: dict[str, Any] = {}
    if resources.code_interpreter is not None:
        found = [
            one for one in resources.code_interpreter.file_ids if await _has(client.files.get, one, missing)
        ]
        kept["code_interpreter"] = {"file_ids": found}
    if resources.file_search is not None:
        stores = resources.file_search.vector_store_ids
        found = [one for one in stores if await _has(client.vector_stores.get, one, missing)]
        kept["file_search"] = {"vector_store_ids": found}
    kept = {name: value for name, value in kept.items() if any(value.values())}
    given = params.given() | {"tool_resources": kept or None}
    return CreateAssistant.model_validate(given), tuple(missing)


async def _has(get: Any, object_id: str, missing: list[str]) -> bool:
    try:
        await get(object_id)
    except NotFound:
        missing.append(object_id)
        return False
    return True


# The watched folder


@dataclass
class AssistantFolder:
    """A folder of files that decide about assistants.

    A file is read when it has changed. What was changed in the program since then is replaced, and saved beside the file
    first, so that nothing is lost. A file that is deleted leaves its assistant as it is; an assistant that is moved to the trash comes back only when
    its file changes.

    Args:
        client: The store.
        folder: The folder.
    """

    client: AssistantsClient
    folder: Path
    taken: int = 0
    """How many files have been taken over."""
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> list[str]:
        """Read the files that have changed since the last call.

        Returns:
            Sentences about what is wrong with a file, and what was saved beside one.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        async with self._lock:
            changed = await asyncio.to_thread(lambda: list(self._changed()))
            if not changed:
                return []
            known = await _all(self.client)
            told: list[str] = []
            for path, stamp in changed:
                try:
                    params = await asyncio.to_thread(read_file, path)
                except BadAssistantFile as error:
                    told.append(f"The assistant in {clean_line(str(error))}")
                else:
                    told += await self._take(path, params, known)
                self._seen[path.name] = stamp
            return told

    def _changed(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        try:
            files = sorted(self.folder.glob("*.toml"))[:_MOST_FILES]
        except OSError:
            return
        for path in files:
            try:
                status = path.stat()
            except OSError:
                continue
            stamp = status.st_mtime_ns, status.st_size
            if self._seen.get(path.name) != stamp:
                yield path, stamp

    async def _take(self, path: Path, params: CreateAssistant, every_one: Sequence[Assistant]) -> list[str]:
        digest = digest_of(fields_of(as_assistant(params)))
        read = {FILE: path.name, READ: digest}
        if any(_is_trashed(one) and read.items() <= (one.metadata or {}).items() for one in every_one):
            # the user has deleted it, and the file says nothing new
            return []
        known = _of_file([one for one in every_one if not _is_trashed(one)], path.name, params.name or "")
        told: list[str] = []
        if known is not None:
            last = (known.metadata or {}).get(READ)
            if last == digest:
                # the file says what it said: what was changed in the program since then holds
                return []
            if last != digest_of(fields_of(known)) and digest != digest_of(fields_of(known)):
                told.append(await asyncio.to_thread(_save_beside, path, known))
        self.taken += 1
        came = await bring_in(self.client, params, known, read)
        if came.left_out:
            told.append(f"{path.name}: unknown to this program, so left out: {', '.join(came.left_out)}.")
        return told


def _of_file(saved: Sequence[Assistant], file: str, name: str) -> Assistant | None:
    """The assistant of a file: the one that was read from it, else one of the same name that belongs to no file."""
    linked = next((one for one in saved if (one.metadata or {}).get(FILE) == file), None)
    return linked or next(
        (one for one in saved if one.name == name and not (one.metadata or {}).get(FILE)), None
    )


def _save_beside(path: Path, known: Assistant) -> str:
    text = to_toml(known)
    beside = path.with_name(f"{path.name}.before-{digest_of(fields_of(known))[:7]}")
    name = clean_line(known.name or known.id)
    try:
        write_private(beside, text.encode())
    except OSError as error:
        return f"{path.name} has replaced {name}, whose earlier form could not be saved: {error.strerror or error}."
    return f"{path.name} has replaced {name}; what you had changed is in {beside.name}."
