"""The operation that searches everything that was said. An extension of the API."""

from __future__ import annotations

from aimltui.engine.runtime import Runtime
from aimltui.engine.store import said, words
from aimltui.engine.store.database import Connection
from aimltui.engine.store.search.said_query import read_query
from aimltui.wire.search import SearchHits, SearchParams

_DEFAULT_LIMIT = 20


class SearchOperations:
    """The operation on everything that was said."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def search(self, params: SearchParams) -> SearchHits:
        """Return the newest places where all words of a query were said, outside of the trash."""
        query = read_query(params.query)

        def find(conn: Connection) -> SearchHits:
            hits = said.search(conn, query, params.limit or _DEFAULT_LIMIT)
            notes = [*query.notes, *(said.unknown_names(conn, query) if not hits else ())]
            return SearchHits(data=hits, is_complete=words.is_complete(conn), notes=notes)

        return await self._runtime.read(find)
