"""Adds files to vector stores, and stores what messages, assistants and threads refer to. Inside transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aimltui.engine.runtime import Runtime
from aimltui.engine.store import files, messages, threads, unstored
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store import vector_stores as stores
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.constraints import CODE_FILES
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import ImageFileContent, Message
from aimltui.wire.request_errors import missing, unknown_parameter
from aimltui.wire.threads import Thread
from aimltui.wire.tools import CodeInterpreterResources, FileSearchResources, ToolResources
from aimltui.wire.vector_stores import (
    MAX_STORE_FILES,
    ChunkingStrategy,
    NewStoreFile,
    StaticChunking,
    VectorStore,
    VectorStoreFile,
)


def add_files(
    conn: Connection,
    runtime: Runtime,
    store_id: str,
    wanted: Iterable[NewStoreFile],
    batch_id: str | None = None,
) -> list[VectorStoreFile]:
    """Add files to a vector store, to be indexed by this engine; the caller wakes the indexer after the commit.

    Raises:
        NotFound: A file does not exist.
        BadRequest: The store would have too many files.
    """
    now = runtime.options.now()
    chosen = {new.file_id: new for new in wanted}
    files.require(conn, chosen, now)
    added = [
        VectorStoreFile(
            id=new.file_id,
            created_at=now,
            vector_store_id=store_id,
            chunking_strategy=_chunking(new.chunking_strategy),
            attributes=dict(new.attributes or {}),
        )
        for new in chosen.values()
    ]
    for file in added:
        store_files.put(conn, file, runtime.owner.id, batch_id)
    if store_files.total(conn, store_id) > MAX_STORE_FILES:
        raise BadRequest(f"A vector store holds at most {MAX_STORE_FILES:,} files.", code="too_many_files")
    stores.touch(conn, store_id, now)
    return added


def add_plain(
    conn: Connection,
    runtime: Runtime,
    store_id: str,
    file_ids: Iterable[str],
    chunking: ChunkingStrategy | None,
) -> None:
    """Add files without attributes to a vector store; see `add_files`."""
    add_files(
        conn, runtime, store_id, [NewStoreFile(file_id=id_, chunking_strategy=chunking) for id_ in file_ids]
    )


def settled_resources(
    conn: Connection, runtime: Runtime, resources: ToolResources | None, *, may_create: bool
) -> ToolResources:
    """Return tool resources after checking that every file and store exists; create the stores that are described.

    `wire.constraints` has checked the limits.

    Raises:
        NotFound: A file or a store does not exist.
        BadRequest: A store is described where none can be created.
    """
    if resources is None:
        return ToolResources()
    code, search = resources.code_interpreter, resources.file_search
    if code is not None:
        files.require(conn, code.file_ids, runtime.options.now(), "tool_resources.code_interpreter.file_ids")
    if search is not None:
        resources = resources.model_copy(update={"file_search": _search(conn, runtime, search, may_create)})
    return resources


def _search(
    conn: Connection, runtime: Runtime, search: FileSearchResources, may_create: bool
) -> FileSearchResources:
    described = search.vector_stores or []
    if described and not may_create:
        raise unknown_parameter("tool_resources.file_search.vector_stores")
    for store_id in search.vector_store_ids:
        stores.require(conn, store_id)
    made: list[str] = []
    for new in described:
        made.append(_insert_store(conn, runtime, new.metadata))
        add_plain(conn, runtime, made[-1], new.file_ids or (), new.chunking_strategy)
    return FileSearchResources(vector_store_ids=[*search.vector_store_ids, *made])


def insert_thread(conn: Connection, runtime: Runtime, thread: Thread, said: Sequence[Message]) -> Thread:
    """Store a new thread with its messages, and return it with the tool resources from their attachments.

    Raises:
        APIError: The thread refers to something that does not exist.
    """
    resources = settled_resources(conn, runtime, thread.tool_resources, may_create=True)
    threads.insert(conn, thread.model_copy(update={"tool_resources": resources}))
    unstored.mark_new(conn, runtime.owner.id, thread.id)
    for message in said:
        insert_message(conn, runtime, message)
    return threads.get(conn, thread.id)


def may_queue_files(said: Sequence[Message], thread: Thread | None = None) -> bool:
    """Whether files may be waiting for the indexer once these messages, and a new thread, are stored."""
    if (
        thread is not None
        and thread.tool_resources is not None
        and thread.tool_resources.file_search is not None
    ):
        return True
    return any(message.attachments for message in said)


def insert_message(conn: Connection, runtime: Runtime, message: Message) -> None:
    """Store a new message and add its attachments to the thread's tool resources.

    Raises:
        APIError: The message refers to something that does not exist, or the thread would have too many files.
    """
    now = runtime.options.now()
    pictures = [part.image_file.file_id for part in message.content if isinstance(part, ImageFileContent)]
    files.require(conn, pictures, now)
    for_tool: dict[str, list[str]] = {"code_interpreter": [], "file_search": []}
    for number, attachment in enumerate(message.attachments or ()):
        if attachment.file_id is None:
            raise missing(f"attachments[{number}].file_id")
        files.require(conn, [attachment.file_id], now)
        for tool in attachment.tools or ():
            for_tool[tool.type].append(attachment.file_id)
    if any(for_tool.values()):
        _attach(conn, runtime, message.thread_id, for_tool["code_interpreter"], for_tool["file_search"])
    messages.insert(conn, message)


def _attach(conn: Connection, runtime: Runtime, thread_id: str, code: list[str], search: list[str]) -> None:
    thread = threads.get(conn, thread_id)
    resources = thread.tool_resources or ToolResources()
    update: dict[str, object] = {}
    if code:
        old = resources.code_interpreter.file_ids if resources.code_interpreter is not None else []
        together = list(dict.fromkeys([*old, *code]))
        if len(together) > CODE_FILES:
            raise BadRequest(
                f"Too many files attached to the thread for code_interpreter: {len(together)}; at most "
                f"{CODE_FILES} are allowed.",
                code="too_many_files",
                param="attachments",
            )
        update["code_interpreter"] = CodeInterpreterResources(file_ids=together)
    if search:
        update["file_search"] = FileSearchResources(
            vector_store_ids=[_store_of_thread(conn, runtime, resources, search)]
        )
    threads.save(conn, thread.model_copy(update={"tool_resources": resources.model_copy(update=update)}))


def _store_of_thread(conn: Connection, runtime: Runtime, resources: ToolResources, search: list[str]) -> str:
    """Add files to the thread's vector store, or to a new one if the thread has no usable store; return its id.

    The store does not expire, unlike the API's, which expired after seven days: a local store costs nothing, and
    users complained about threads that stopped working after a week.
    """
    found = resources.file_search.vector_store_ids if resources.file_search is not None else []
    now = runtime.options.now()
    store_id = next((id_ for id_ in found if stores.is_usable(conn, id_, now)), None)
    if store_id is None:
        store_id = _insert_store(conn, runtime, None)
    fresh = [file_id for file_id in search if not store_files.is_there(conn, store_id, file_id)]
    add_plain(conn, runtime, store_id, fresh, None)
    return store_id


def _insert_store(conn: Connection, runtime: Runtime, metadata: dict[str, str] | None) -> str:
    """Store a new vector store and return its id."""
    store = VectorStore(
        id=runtime.options.new_id(ids.VECTOR_STORE),
        created_at=runtime.options.now(),
        metadata=merged_metadata(None, metadata),
    )
    stores.insert(conn, store)
    return store.id


def _chunking(asked: ChunkingStrategy | None) -> ChunkingStrategy:
    static = asked.static if asked is not None and asked.type == "static" else None
    return ChunkingStrategy(type="static", static=static or StaticChunking())
