"""The operations on vector stores, including search."""

from __future__ import annotations

from aimltui.engine.embedding import QueryVectors
from aimltui.engine.operations.references import add_plain
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import passages, vectors
from aimltui.engine.store import vector_stores as rows
from aimltui.engine.store.database import Connection
from aimltui.engine.store.passages import Passage
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.base import Deleted, Page
from aimltui.wire.embeddings import embedding_place
from aimltui.wire.filters import passes
from aimltui.wire.vector_stores import (
    CreateVectorStore,
    ListVectorStores,
    ModifyVectorStore,
    SearchResult,
    SearchResults,
    SearchVectorStore,
    TextPiece,
    VectorStore,
    VectorStoreParams,
)

_RESULTS = 10
"""The number of results if the search does not set one."""


class VectorStoreOperations:
    """The operations on vector stores."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_vector_store(self, params: CreateVectorStore) -> VectorStore:
        """Create a vector store, optionally with files, which are indexed in the background."""
        now = self._runtime.options.now()
        store = VectorStore(
            id=self._runtime.options.new_id(ids.VECTOR_STORE),
            created_at=now,
            name=params.name or "",
            description=params.description,
            expires_after=params.expires_after,
            metadata=merged_metadata(None, params.metadata),
        )

        def insert(conn: Connection) -> VectorStore:
            rows.insert(conn, store)
            add_plain(conn, self._runtime, store.id, params.file_ids or (), params.chunking_strategy)
            return rows.get(conn, store.id, now)

        made = await self._runtime.write(insert)
        self._runtime.indexer.wake()
        return made

    async def list_vector_stores(self, params: ListVectorStores) -> Page[VectorStore]:
        """Return one page of vector stores."""
        now = self._runtime.options.now()

        def look(conn: Connection) -> Page[VectorStore]:
            found = rows.listed(conn, params, now)
            return found.model_copy(
                update={"data": [self._with_progress(conn, store) for store in found.data]}
            )

        return await self._runtime.read(look)

    async def get_vector_store(self, params: VectorStoreParams) -> VectorStore:
        """Return a vector store by id."""
        now = self._runtime.options.now()
        return await self._runtime.read(
            lambda conn: self._with_progress(conn, rows.get(conn, params.vector_store_id, now))
        )

    def _with_progress(self, conn: Connection, store: VectorStore) -> VectorStore:
        seen = vectors.progress(conn, store)
        if seen is None:
            return store
        problem = self._runtime.vectors.problem_of(store.id) if seen.done < seen.total else None
        return store.model_copy(update={"vectors": seen.model_copy(update={"problem": problem})})

    async def modify_vector_store(self, params: ModifyVectorStore) -> VectorStore:
        """Change the given fields; metadata is merged. An expired store can be given more time."""
        now, given = self._runtime.options.now(), params.model_fields_set

        def change(conn: Connection) -> VectorStore:
            old = rows.get(conn, params.vector_store_id, now)
            update: dict[str, object] = {"metadata": merged_metadata(old.metadata, params.metadata)}
            if "name" in given:
                update["name"] = params.name or ""
            if "expires_after" in given:
                update["expires_after"] = params.expires_after
            changed = old.model_copy(update=update)
            rows.save(conn, changed)
            if embedding_place(changed.metadata) != embedding_place(old.metadata):
                # vectors of two models cannot be compared
                vectors.forget(conn, params.vector_store_id)
            return rows.get(conn, params.vector_store_id, now)

        modified = await self._runtime.write(change)
        self._runtime.vectors.wake()
        return modified

    async def delete_vector_store(self, params: VectorStoreParams) -> Deleted:
        """Delete a vector store; its files stay."""
        await self._runtime.write(lambda conn: rows.delete(conn, params.vector_store_id))
        self._runtime.indexer.wake()
        return Deleted(id=params.vector_store_id, object="vector_store.deleted")

    async def search_vector_store(self, params: SearchVectorStore) -> SearchResults:
        """Return the chunks that contain the words of one of the queries, best first."""
        questions = [params.query] if isinstance(params.query, str) else params.query
        now = self._runtime.options.now()
        near = await self._runtime.vectors.of_queries([params.vector_store_id], questions)
        found = await self._runtime.read(lambda conn: _search(conn, params, questions, now, near))
        await self._runtime.write(lambda conn: rows.touch(conn, params.vector_store_id, now))
        data = [
            SearchResult(
                file_id=passage.file_id,
                filename=passage.filename,
                score=round(passage.score, 6),
                attributes=passage.attributes,
                content=[TextPiece(text=passage.text)],
            )
            for passage in found
        ]
        return SearchResults(search_query=questions, data=data)


def _search(
    conn: Connection, params: SearchVectorStore, questions: list[str], now: int, near: QueryVectors
) -> list[Passage]:
    rows.usable(conn, params.vector_store_id, now)
    limit = params.max_num_results or _RESULTS
    condition = params.filters
    wanted = (lambda attributes: passes(attributes, condition)) if condition else None
    threshold = params.ranking_options.score_threshold if params.ranking_options is not None else 0.0
    return passages.search(
        conn,
        [params.vector_store_id],
        questions,
        limit,
        threshold=threshold,
        wanted=wanted,
        meaning=near.by_store,
    )
