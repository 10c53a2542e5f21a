"""FileDirectory: the files on the server with what uses them, and what the user does with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import Unsupported
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.state.file_rows import TOOL_WORDS, FileGroup, FileRow, FileUse, Holder
from aimltui.wire.assistants import ModifyAssistant
from aimltui.wire.embeddings import embedding_place
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File, ListFiles
from aimltui.wire.threads import ModifyThread
from aimltui.wire.tools import (
    CodeInterpreterResources,
    FileSearchResources,
    ToolResources,
)
from aimltui.wire.vector_stores import (
    INDEXING,
    CreateVectorStore,
    CreateVectorStoreFile,
    FileProgress,
    ListVectorStoreFiles,
    ListVectorStores,
    VectorStore,
    VectorStoreFile,
)

if TYPE_CHECKING:
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory

_MOST_STORES = 20
"""Named vector stores whose files are listed."""


class FileDirectory:
    """Lists and changes files. Every method raises `APIError` or `TransportError` if the server does not do it.

    Args:
        client: The server.
        assistants: The saved assistants.
    """

    def __init__(self, client: AssistantsClient, assistants: AssistantDirectory) -> None:
        self._client = client
        self._assistants = assistants

    async def read(self, thread_id: str | None, assistant_id: str | None) -> tuple[FileGroup, ...]:
        """The files, grouped by what uses them: the thread, the assistant, named vector stores; then all others."""
        files = {file.id: file async for file in every(self._client.files.list, ListFiles(limit=1_000))}
        groups: list[FileGroup] = []
        seen: set[str] = set()
        if thread_id is not None:
            resources = (await self._client.threads.get(thread_id)).tool_resources
            groups += await self._groups("thread", "This thread", resources, files, seen)
        if assistant_id is not None:
            assistant = await self._client.assistants.get(assistant_id)
            name = clean_line(assistant.name or assistant.id)
            groups += await self._groups(
                "assistant", f"Assistant {name}", assistant.tool_resources, files, seen
            )
        groups += await self._stores(files, seen)
        used = {row.file_id for group in groups for row in group.rows}
        others = tuple(_row(file.id, files) for file in files.values() if file.id not in used)
        if others:
            groups.append(FileGroup("Other files", others))
        return tuple(group for group in groups if group.rows)

    async def _groups(
        self,
        holder: Holder,
        name: str,
        resources: ToolResources | None,
        files: dict[str, File],
        seen: set[str],
    ) -> list[FileGroup]:
        search = resources.file_search if resources is not None else None
        code = resources.code_interpreter if resources is not None else None
        groups = []
        for store_id in search.vector_store_ids if search is not None else ():
            seen.add(store_id)
            store = await self._store(store_id)
            use = _use(holder, store_id, store)
            rows = await self._of_store(use, files, store)
            groups.append(FileGroup(f"{name} · file search{_how(use)}", rows))
        if code is not None:
            use = FileUse(holder, "code_interpreter")
            rows = tuple(_row(file_id, files, use) for file_id in code.file_ids)
            groups.append(FileGroup(f"{name} · code interpreter", rows))
        return groups

    async def _stores(self, files: dict[str, File], seen: set[str]) -> list[FileGroup]:
        groups: list[FileGroup] = []
        try:
            async for store in every(self._client.vector_stores.list, ListVectorStores(limit=100)):
                if store.name and store.id not in seen and len(groups) < _MOST_STORES:
                    use = _use("store", store.id, store)
                    rows = await self._of_store(use, files, store)
                    groups.append(FileGroup(f"Vector store {clean_line(store.name)}{_how(use)}", rows))
        except Unsupported:
            return []
        return groups

    async def _store(self, store_id: str) -> VectorStore | None:
        """A vector store; None if it was deleted, or the server does not tell."""
        try:
            return await self._client.vector_stores.get(store_id)
        except (NotFound, Unsupported):
            return None

    async def _of_store(
        self, use: FileUse, files: dict[str, File], store: VectorStore | None
    ) -> tuple[FileRow, ...]:
        problem = store.vectors.problem if store is not None and store.vectors is not None else None
        told = f"Not all of its text can be searched by meaning yet. {clean_line(problem)}" if problem else ""
        try:
            rows = [_row(file.id, files, use, file) async for file in self._listed(use.store_id)]
            return tuple(row if row.problem else replace(row, problem=told) for row in rows)
        except NotFound:
            # the store was deleted, and the thread still names it
            return ()

    def _listed(self, store_id: str) -> AsyncIterator[VectorStoreFile]:
        params = ListVectorStoreFiles(vector_store_id=store_id, limit=100)
        return every(self._client.vector_stores.files.list, params)

    async def text_of(self, row: FileRow) -> str | None:
        """The text of a file as a search sees it, or its own text; None if it is not text."""
        if row.use is not None and row.use.store_id:
            found = await self._client.vector_stores.files.content(row.use.store_id, row.file_id)
            if found.data:
                return "\n".join(piece.text for piece in found.data)
        content = (await self._client.files.content(row.file_id)).content
        return None if b"\x00" in content[:4096] else content.decode("utf-8-sig", "replace")

    async def add(self, file_id: str, holder: Holder, tool: str, owner_id: str) -> None:
        """Add a file to a thread or an assistant, for one of the tools."""
        if holder == "thread":
            thread = await self._client.threads.get(owner_id)
            resources = await self._with_file(thread.tool_resources, file_id, tool)
            if resources is not None:
                await self._client.threads.modify(ModifyThread(thread_id=owner_id, tool_resources=resources))
            return
        assistant = await self._client.assistants.get(owner_id)
        resources = await self._with_file(assistant.tool_resources, file_id, tool)
        tools = await self._assistants.tools_with(owner_id, frozenset({tool}))
        given = {"tool_resources": resources} if resources is not None else {}
        await self._assistants.modify(ModifyAssistant(assistant_id=owner_id, tools=tools, **given))

    async def _with_file(self, before: ToolResources | None, file_id: str, tool: str) -> ToolResources | None:
        """Add a file to a vector store or to resources; return the resources if they have changed."""
        resources = before or ToolResources()
        if tool == "code_interpreter":
            known = resources.code_interpreter.file_ids if resources.code_interpreter is not None else []
            code = CodeInterpreterResources(file_ids=list(dict.fromkeys([*known, file_id])))
            return resources.model_copy(update={"code_interpreter": code})
        stores = resources.file_search.vector_store_ids if resources.file_search is not None else []
        if stores:
            await self._index(stores[0], file_id)
            return None
        made = await self._client.vector_stores.create(CreateVectorStore(file_ids=[file_id]))
        return resources.model_copy(update={"file_search": FileSearchResources(vector_store_ids=[made.id])})

    async def _index(self, store_id: str, file_id: str) -> None:
        await self._client.vector_stores.files.create(
            CreateVectorStoreFile(vector_store_id=store_id, file_id=file_id)
        )

    async def index_again(self, row: FileRow) -> None:
        """Read and index a file of a vector store once more."""
        if row.use is not None:
            await self._index(row.use.store_id, row.file_id)

    async def remove(self, row: FileRow, owner_id: str) -> None:
        """Take a file out of the place where it is used; the file itself stays.

        Args:
            row: The file.
            owner_id: The thread or the assistant that has it.
        """
        use = row.use
        if use is None:
            return
        if use.tool == "file_search":
            await self._client.vector_stores.files.delete(use.store_id, row.file_id)
        elif use.holder == "thread":
            thread = await self._client.threads.get(owner_id)
            resources = _without(thread.tool_resources, row.file_id)
            await self._client.threads.modify(ModifyThread(thread_id=owner_id, tool_resources=resources))
        else:
            assistant = await self._client.assistants.get(owner_id)
            resources = _without(assistant.tool_resources, row.file_id)
            await self._assistants.modify(ModifyAssistant(assistant_id=owner_id, tool_resources=resources))

    async def delete(self, file_id: str) -> None:
        """Delete a file with its chunks and its bytes."""
        await self._client.files.delete(file_id)


def _how(use: FileUse) -> str:
    """Return how a store is searched, if not by words alone, for the end of a heading."""
    if not use.meaning_at:
        return ""
    so_far = f": {use.vectors}" if use.vectors else ""
    return f" · also by meaning, with {clean_line(use.meaning_at)}{so_far}"


def _use(holder: Holder, store_id: str, store: VectorStore | None) -> FileUse:
    """Return the use of files in a vector store, with how it is searched."""
    place = embedding_place(store.metadata) if store is not None else None
    if store is None or place is None:
        return FileUse(holder, "file_search", store_id)
    seen = store.vectors
    so_far = ""
    if seen is not None and seen.done < seen.total:
        so_far = f"{seen.done:,} of {plural(seen.total, 'chunk')} so far"
    return FileUse(holder, "file_search", store_id, place.connection, so_far)


def _without(resources: ToolResources | None, file_id: str) -> ToolResources:
    resources = resources or ToolResources()
    code = resources.code_interpreter
    left = [known for known in code.file_ids if known != file_id] if code is not None else []
    return resources.model_copy(update={"code_interpreter": CodeInterpreterResources(file_ids=left)})


def _row(
    file_id: str, files: dict[str, File], use: FileUse | None = None, indexed: VectorStoreFile | None = None
) -> FileRow:
    file = files.get(file_id)
    error = indexed.last_error if indexed is not None else None
    told = [error.message] if error is not None else (indexed.remarks or [] if indexed is not None else [])
    read = indexed.progress if indexed is not None else None
    return FileRow(
        file_id,
        clean_line(file.filename) if file is not None else file_id,
        file.bytes if file is not None else None,
        use,
        indexed.status if indexed is not None else "",
        clean_line(" ".join(told)),
        _progress(read) if read is not None else "",
        indexed.chunks if indexed is not None else None,
    )


def _progress(seen: FileProgress) -> str:
    """Return how far a file is, in words."""
    if seen.percent is None:
        return f"being read, {seen.done:,} parts"
    if seen.stage == INDEXING:
        return f"being indexed, {seen.percent} %"
    return f"being read, {seen.percent} % ({seen.done:,} of {seen.total:,})"


def used_for(groups: Iterable[FileGroup], file_id: str) -> str:
    """Return in words where a file is used; empty if nowhere."""
    uses = [
        row.use for group in groups for row in group.rows if row.file_id == file_id and row.use is not None
    ]
    return ", ".join(dict.fromkeys(f"{use.holder} ({TOOL_WORDS[use.tool]})" for use in uses))
