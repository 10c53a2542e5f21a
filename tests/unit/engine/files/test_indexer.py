"""Indexing in the background, on good and bad days."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.extraction.document import Document
from aimltui.engine.extraction.processes import ReaderProcesses
from aimltui.engine.files import indexer
from aimltui.engine.operations.references import may_queue_files
from aimltui.engine.store import files, passages
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store.database import Connection
from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest
from aimltui.wire.files import CreateFile, File, FileExpiresAfter, FileParams, ListFiles
from aimltui.wire.messages import AttachmentTool, CreateMessage, Message, MessageAttachment, NewMessage
from aimltui.wire.runs import CreateRun, CreateThreadAndRun
from aimltui.wire.threads import CreateThread, NewThread, Thread, ThreadParams
from aimltui.wire.tools import FileSearchResources, NewVectorStore, ToolResources
from aimltui.wire.uploads import AddUploadPart, CreateUpload
from aimltui.wire.vector_stores import (
    CreateFileBatch,
    CreateVectorStore,
    CreateVectorStoreFile,
    FileBatchParams,
    FileProgress,
    SearchVectorStore,
    VectorStore,
    VectorStoreFile,
    VectorStoreFileParams,
    VectorStoreParams,
)
from tests.support.builders import PATIENCE_S, TestClock, a_thread, an_assistant, opened, until
from tests.support.pdfs import pdf

LONG = "\n".join(f"Line {n} of a long story about ships." for n in range(20_000))


async def kept(
    engine: Engine, content: str | bytes = "about ships", name: str = "a.txt", **given: Any
) -> File:
    blob = Blob(filename=name, content=content.encode() if isinstance(content, str) else content)
    return await engine.files.create_file(CreateFile(file=blob, **({"purpose": "assistants"} | given)))


async def stored(engine: Engine, *files: File) -> VectorStore:
    return await engine.vector_stores.create_vector_store(
        CreateVectorStore(file_ids=[file.id for file in files])
    )


async def now(engine: Engine, store: VectorStore) -> VectorStore:
    return await engine.vector_stores.get_vector_store(VectorStoreParams(vector_store_id=store.id))


async def indexed(engine: Engine, store: VectorStore) -> VectorStore:
    async def done() -> bool:
        return (await now(engine, store)).status == "completed"

    await until(done)
    return await now(engine, store)


async def hits(engine: Engine, store: VectorStore, query: str = "ships") -> int:
    params = SearchVectorStore(vector_store_id=store.id, query=query, max_num_results=50)
    return len((await engine.vector_stores.search_vector_store(params)).data)


async def found_files(engine: Engine, store: VectorStore, query: str = "ships") -> int:
    """In how many files a search finds something."""
    params = SearchVectorStore(vector_store_id=store.id, query=query, max_num_results=50)
    return len({row.file_id for row in (await engine.vector_stores.search_vector_store(params)).data})


def count(engine: Engine, table: str) -> int:
    with closing(sqlite3.connect(engine._runtime.options.database)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


async def cleared(engine: Engine) -> None:
    async def nothing_left() -> bool:
        return count(engine, "chunks") == count(engine, "chunk_waste") == 0

    await until(nothing_left)


async def test_what_a_dead_process_left_is_indexed_by_the_next(tmp_path: Path) -> None:
    async with opened(tmp_path, indexers=0) as engine:
        store = await stored(engine, await kept(engine))
        assert (await now(engine, store)).status == "in_progress"
        entry = await engine._runtime.database.read(
            lambda conn: store_files.next_entry(conn, engine._runtime.owner.id, [])
        )
        assert entry is not None
        # half of it was written
        await engine._runtime.database.write(
            lambda conn: store_files.add_chunks(conn, entry.seq, 0, [Chunk("half of ships", 0)])
        )
    async with opened(tmp_path) as engine:
        counts = (await indexed(engine, store)).file_counts
        assert (counts.completed, counts.failed) == (1, 0)
        assert await hits(engine, store) == 1
        assert await hits(engine, store, "half") == 0


async def test_how_much_of_a_file_is_indexed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[FileProgress] = []
    save = store_files.tell_progress

    def note(conn: Connection, seq: int, progress: FileProgress) -> None:
        save(conn, seq, progress)
        told.extend(
            file.progress
            for row in conn.execute("SELECT body FROM store_files")
            if (file := VectorStoreFile.model_validate_json(row["body"])).progress is not None
        )

    monkeypatch.setattr(store_files, "tell_progress", note)
    monkeypatch.setattr(indexer, "_TELL_S", 0.0)
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine, "A line about ships.\n" * 6_000))
        await indexed(engine, store)
    percents = [one.percent for one in told if one.stage == "indexing"]
    assert len(percents) > 2
    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_how_much_of_a_long_text_is_split_is_told_while_it_is_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_told = threading.Event()
    save, add = store_files.tell_progress, indexer.with_context

    def note(conn: Connection, seq: int, progress: FileProgress) -> None:
        save(conn, seq, progress)
        if progress.stage == "indexing" and progress.percent is not None and 0 < progress.percent < 90:
            is_told.set()

    def with_context(chunks: Iterable[Chunk], *rest: Any) -> Iterator[Chunk]:
        for number, chunk in enumerate(add(chunks, *rest)):
            assert number != 20 or is_told.wait(PATIENCE_S)
            yield chunk

    monkeypatch.setattr(store_files, "tell_progress", note)
    monkeypatch.setattr(indexer, "with_context", with_context)
    monkeypatch.setattr(indexer, "_TELL_S", 0.001)
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine, "A line about ships.\n" * 6_000))
        assert (await indexed(engine, store)).file_counts.failed == 0
    assert is_told.is_set()


async def test_a_living_engine_takes_over_from_one_that_dies(tmp_path: Path) -> None:
    async with opened(tmp_path) as living:
        async with opened(tmp_path, indexers=0) as dying:
            store = await stored(dying, await kept(dying))
        await indexed(living, store)
        assert await hits(living, store) == 1


async def test_two_engines_on_one_directory_share_files_and_stores(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as two:
        files = [await kept(engine, f"about ships {n}") for n in range(5) for engine in (one, two)]
        store = await stored(one, *files)
        assert (await indexed(two, store)).file_counts.completed == 10
        assert await hits(two, store) == 10
        assert (await two.files.get_file_content(FileParams(file_id=files[0].id))).content == b"about ships 0"
        await two.files.delete_file(FileParams(file_id=files[0].id))
        assert (await now(one, store)).file_counts.completed == 9
        assert await hits(one, store) == 9


async def test_a_finished_file_is_not_begun_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine))
        await indexed(engine, store)
        with closing(sqlite3.connect(engine._runtime.options.database)) as conn:
            seq = conn.execute("SELECT seq FROM store_files").fetchone()[0]
        assert not await engine._runtime.database.write(lambda conn: store_files.start_over(conn, seq))
        assert await hits(engine, store) == 1


async def test_what_is_deleted_is_cleared_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        file = await kept(engine, LONG)
        store = await stored(engine, file)
        await indexed(engine, store)
        assert count(engine, "chunks") > 200
        await engine.vector_stores.delete_vector_store(VectorStoreParams(vector_store_id=store.id))
        await cleared(engine)
        store = await stored(engine, file)
        await engine.files.delete_file(FileParams(file_id=file.id))
        await cleared(engine)
        assert (await now(engine, store)).file_counts.total == 0


async def test_a_cancelled_batch_leaves_what_was_done_and_does_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        store = await stored(engine)
        done = await kept(engine)
        long = [await kept(engine, LONG) for _ in range(4)]
        batch = await engine.vector_store_files.create_file_batch(
            CreateFileBatch(vector_store_id=store.id, file_ids=[file.id for file in (done, *long)])
        )
        params = FileBatchParams(vector_store_id=store.id, batch_id=batch.id)

        async def one_is_done() -> bool:
            return (await engine.vector_store_files.get_file_batch(params)).file_counts.completed > 0

        await until(one_is_done)
        cancelled = await engine.vector_store_files.cancel_file_batch(params)
        assert cancelled.status == "cancelled"
        assert cancelled.file_counts.in_progress == 0
        assert cancelled.file_counts.cancelled >= 1
        assert (await now(engine, store)).status == "completed"
        last = await engine.vector_store_files.get_vector_store_file(
            VectorStoreFileParams(vector_store_id=store.id, file_id=long[-1].id)
        )
        assert last.status == "cancelled"


async def test_an_engine_closes_in_the_middle_of_a_file_and_the_next_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        store = await stored(engine, *[await kept(engine, LONG) for _ in range(3)])
    async with opened(tmp_path) as engine:
        assert (await indexed(engine, store)).file_counts.completed == 3


async def test_a_missing_content_is_the_files_failure_and_nobody_elses(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        lost, there = await kept(engine), await kept(engine)
        (tmp_path / "files" / lost.id).unlink()
        store = await indexed(engine, await stored(engine, lost, there))
        assert (store.file_counts.failed, store.file_counts.completed) == (1, 1)
        file = await engine.vector_store_files.get_vector_store_file(
            VectorStoreFileParams(vector_store_id=store.id, file_id=lost.id)
        )
        assert file.last_error is not None
        assert file.last_error.code == "server_error"


async def test_bytes_that_belong_to_nothing_are_swept_away_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        file = await kept(engine)
        upload = await engine.uploads.create_upload(
            CreateUpload(filename="a", purpose="assistants", bytes=5, mime_type="text/plain")
        )
        part = await engine.uploads.add_upload_part(
            AddUploadPart(upload_id=upload.id, data=Blob(content=b"x"))
        )
        files = tmp_path / "files"
        (files / "file-orphan").write_text("x")
        (files / "incoming" / "engine_dead.1").write_text("x")
        arriving = engine.new_file_path()
        arriving.write_text("x")
        async with opened(tmp_path):
            assert {path.name for path in files.iterdir()} == {file.id, part.id, "incoming"}
            assert list((files / "incoming").iterdir()) == [arriving]


async def test_expired_files_and_uploads_leave_the_disk_by_themselves(tmp_path: Path) -> None:
    clock = TestClock()
    async with opened(tmp_path, clock=clock) as engine:
        await kept(engine, expires_after=FileExpiresAfter(anchor="created_at", seconds=3_600))
        upload = await engine.uploads.create_upload(
            CreateUpload(filename="a", purpose="assistants", bytes=5, mime_type="text/plain")
        )
        await engine.uploads.add_upload_part(AddUploadPart(upload_id=upload.id, data=Blob(content=b"x")))
        clock.advance(3_600)

        async def is_empty() -> bool:
            return [path.name for path in (tmp_path / "files").iterdir()] == ["incoming"]

        await until(is_empty)
        assert (await engine.files.list_files(ListFiles())).data == []


async def test_many_files_in_one_batch_are_all_indexed(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        files = [await kept(engine, f"word{n}") for n in range(150)]
        store = await stored(engine)
        await engine.vector_store_files.create_file_batch(
            CreateFileBatch(vector_store_id=store.id, file_ids=[file.id for file in files])
        )
        assert (await indexed(engine, store)).file_counts.completed == 150
        assert await hits(engine, store, "word77") == 1


@pytest.mark.parametrize("query", ["ships " * 5_000, "\0", "NEAR(", '"', "ship*", "SHIPS!!!", "a OR b"])
async def test_no_question_is_syntax(tmp_path: Path, query: str) -> None:
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine))
        await indexed(engine, store)
        found = await hits(engine, store, query)
    assert found == ("ship" in query.lower())


async def test_a_store_holds_ten_thousand_files_and_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path, indexers=0) as engine:
        file = await kept(engine)

        def insert(conn: sqlite3.Connection) -> None:
            for number in range(10_000):
                files.insert(conn, file.model_copy(update={"id": f"file-x{number}"}))

        await engine._runtime.database.write(insert)
        ids = [found.id for found in (await engine.files.list_files(ListFiles())).data]
        assert len(ids) == 10_000
        store = await stored(engine)
        for start in range(0, 10_000, 2_000):
            batch = CreateFileBatch(vector_store_id=store.id, file_ids=ids[start : start + 2_000])
            assert (await engine.vector_store_files.create_file_batch(batch)).file_counts.total == 2_000
        with pytest.raises(BadRequest, match="at most 10,000 files"):
            await engine.vector_store_files.create_file_batch(
                CreateFileBatch(vector_store_id=store.id, file_ids=[file.id])
            )
        assert (await now(engine, store)).file_counts.total == 10_000


async def test_a_found_passage_names_its_place_in_the_file(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine, LONG))
        await indexed(engine, store)
        found = await engine._runtime.database.read(
            lambda conn: passages.search(conn, [store.id], ["Line 17203"], 1)
        )
        (passage,) = found
    first, last = (int(number) for number in passage.where.removeprefix("lines ").split("–"))
    assert passage.text.splitlines()[0] == f"Line {first - 1} of a long story about ships."
    assert passage.text.splitlines()[-1] == f"Line {last - 1} of a long story about ships."


async def of_store(engine: Engine, store: VectorStore, file: File) -> VectorStoreFile:
    return await engine.vector_store_files.get_vector_store_file(
        VectorStoreFileParams(vector_store_id=store.id, file_id=file.id)
    )


async def test_the_progress_of_a_large_file_is_told_and_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[FileProgress] = []
    is_saved = threading.Event()
    save, read = store_files.tell_progress, ReaderProcesses.read

    def tell(conn: sqlite3.Connection, seq: int, progress: FileProgress) -> None:
        save(conn, seq, progress)
        told.append(progress)
        is_saved.set()

    def slowly(
        readers: ReaderProcesses, path: Path, name: str, progress: Callable[[int, int], None], encoding: str
    ) -> Document:
        def wait(done: int, total: int) -> None:
            progress(done, total)
            is_saved.wait(PATIENCE_S)

        return read(readers, path, name, wait, encoding)

    monkeypatch.setattr(indexer, "_TELL_S", 0.01)
    monkeypatch.setattr(store_files, "tell_progress", tell)
    # the file is not read on before its progress is saved
    monkeypatch.setattr(ReaderProcesses, "read", slowly)
    async with opened(tmp_path) as engine:
        file = await kept(engine, pdf([["about ships"]] * 90), "a.pdf")
        store = await stored(engine, file)

        async def is_told() -> bool:
            return bool(told)

        await until(is_told)
        await indexed(engine, store)
        assert told[0].total == 90
        assert 0 < told[0].done <= 90
        assert (await of_store(engine, store, file)).progress is None
        assert await hits(engine, store) > 0


async def test_a_file_that_cannot_be_read_blocks_nothing_and_a_remark_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        bad = await kept(engine, b"PK\3\4 no archive", "a.docx")
        guessed = await kept(engine, "Grüße aus Köln von großen Schiffen".encode("cp1252"))
        store = await indexed(engine, await stored(engine, bad, guessed))
        assert (store.file_counts.failed, store.file_counts.completed) == (1, 1)
        remarks = (await of_store(engine, store, guessed)).remarks
        assert remarks is not None
        assert "read as windows-1252" in remarks[0]
        assert await hits(engine, store, "Köln") == 1


async def test_files_of_an_older_program_are_found_after_a_while(tmp_path: Path) -> None:
    database = tmp_path / "aimltui.db"
    async with opened(tmp_path) as engine:
        store = await stored(engine, await kept(engine, "# Herons\n\nAbout ships.", "a.md"))
        await indexed(engine, store)
        database = engine._runtime.options.database
    with closing(sqlite3.connect(database)) as conn:
        as_in_version_5(conn)
    async with opened(tmp_path) as engine:

        async def is_found() -> bool:
            return await hits(engine, store, "a.md") == 1

        await until(is_found)
        assert await hits(engine, store, "ships") == 1


def as_in_version_5(conn: sqlite3.Connection) -> None:
    """Bring the database back to the version that had no contexts."""
    conn.executescript(
        "DROP TRIGGER chunks_learn_words; DROP TRIGGER chunks_learn_words_later; DROP TRIGGER chunks_forget_words;"
        "DROP TRIGGER chunks_forget_vectors; DROP TABLE chunk_vectors; DROP TRIGGER messages_forget_more_words;"
        "DROP TRIGGER steps_forget_words; DROP TABLE more_words; DROP TABLE not_indexed; DROP TABLE copies;"
        "DROP INDEX threads_by_family; DROP INDEX messages_by_time; DROP INDEX messages_with_files;"
        "DROP INDEX runs_by_name;"
        "ALTER TABLE vector_stores DROP COLUMN embedder; ALTER TABLE usage DROP COLUMN client;"
        "DROP TABLE chunk_words; DROP INDEX chunks_without_words;"
        "ALTER TABLE chunks DROP COLUMN context; ALTER TABLE chunks DROP COLUMN scope;"
        "ALTER TABLE chunks DROP COLUMN extra; ALTER TABLE chunks DROP COLUMN places;"
        "CREATE VIRTUAL TABLE chunk_words USING fts5("
        "  text, content = 'chunks', content_rowid = 'seq', tokenize = 'porter unicode61');"
        "CREATE TRIGGER chunks_learn_words AFTER INSERT ON chunks BEGIN"
        "  INSERT INTO chunk_words (rowid, text) VALUES (new.seq, new.text); END;"
        "CREATE TRIGGER chunks_forget_words AFTER DELETE ON chunks BEGIN"
        "  INSERT INTO chunk_words (chunk_words, rowid, text) VALUES ('delete', old.seq, old.text); END;"
        "INSERT INTO chunk_words (chunk_words) VALUES ('rebuild');"
        "PRAGMA user_version = 5"
    )


async def test_an_attribute_names_the_encoding(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        file, wrong = await kept(engine, "Ключ".encode("cp866")), await kept(engine)
        store = await stored(engine)
        for one, encoding in ((file, "cp866"), (wrong, "no such")):
            await engine.vector_store_files.create_vector_store_file(
                CreateVectorStoreFile(
                    vector_store_id=store.id, file_id=one.id, attributes={"encoding": encoding}
                )
            )
        assert (await indexed(engine, store)).file_counts.completed == 1
        assert await hits(engine, store, "ключ") == 1
        error = (await of_store(engine, store, wrong)).last_error
        assert error is not None
        assert "names no encoding" in error.message


@pytest.mark.parametrize("where", ["thread", "store of a thread", "message", "run", "thread of a run"])
async def test_a_file_that_comes_with_a_thread_or_a_message_is_indexed_without_waiting_for_a_poll(
    tmp_path: Path, where: str
) -> None:
    async with opened(tmp_path, poll_s=3600.0, busy_poll_s=3600.0) as engine:
        file = await kept(engine)
        tools = [AttachmentTool(type="file_search")]
        message = NewMessage(
            role="user", content="Hi", attachments=[MessageAttachment(file_id=file.id, tools=tools)]
        )
        assistant = await an_assistant(engine)
        if where == "thread":
            thread_id = (await engine.threads.create_thread(CreateThread(messages=[message]))).id
        elif where == "thread of a run":
            wanted = NewThread(messages=[message])
            both = CreateThreadAndRun(assistant_id=assistant.id, thread=wanted)
            thread_id = (await engine.runs.create_thread_and_run(both)).thread_id
        elif where == "store of a thread":
            search = FileSearchResources(vector_stores=[NewVectorStore(file_ids=[file.id])])
            thread_id = (await a_thread(engine, tool_resources=ToolResources(file_search=search))).id
        else:
            thread_id = (await a_thread(engine)).id
        if where == "message":
            given = message.model_dump(exclude_unset=True)
            await engine.messages.create_message(CreateMessage(thread_id=thread_id, **given))
        elif where == "run":
            await engine.runs.create_run(
                CreateRun(thread_id=thread_id, assistant_id=assistant.id, additional_messages=[message])
            )
        thread = await engine.threads.get_thread(ThreadParams(thread_id=thread_id))
        assert thread.tool_resources is not None
        assert thread.tool_resources.file_search is not None
        [store_id] = thread.tool_resources.file_search.vector_store_ids
        store = await engine.vector_stores.get_vector_store(VectorStoreParams(vector_store_id=store_id))
        assert (await indexed(engine, store)).file_counts.completed == 1


def test_words_alone_do_not_concern_the_indexer() -> None:
    said = Message(id="msg_1", created_at=0, thread_id="thread_1", role="user")
    assert not may_queue_files([said], Thread(id="thread_1", created_at=0))
