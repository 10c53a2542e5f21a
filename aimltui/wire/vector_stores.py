"""Vector stores: sets of files that can be searched."""

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import JSONObject, ListParams, Metadata, Params, Timestamp, Wire, empty_list, extension

IN_PROGRESS: Final = "in_progress"
INDEXING: Final = "indexing"
"""The stage of a file that has been read."""
COMPLETED: Final = "completed"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
EXPIRED: Final = "expired"

UNSUPPORTED_FILE: Final = "unsupported_file"
INVALID_FILE: Final = "invalid_file"
SERVER_ERROR: Final = "server_error"

MAX_STORE_FILES: Final = 10_000

Attributes = dict[str, str | bool | int | float]
"""Up to 16 pairs; keys of at most 64 characters, strings of at most 512."""


class StaticChunking(Wire):
    """The number of tokens of a chunk, and of those that it shares with the previous one."""

    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4_096)] = 800
    chunk_overlap_tokens: Annotated[int, Field(ge=0)] = 400


class ChunkingStrategy(Wire):
    """`auto` (in requests: 800 tokens, 400 of them overlap), `static`, `other` (in answers: unknown)."""

    type: str = "static"
    static: StaticChunking | None = extension()


class FileCounts(Wire):
    """The number of files by status."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0


class StoreExpiresAfter(Wire):
    """The number of days after the last use."""

    anchor: str
    """`last_active_at`."""
    days: Annotated[int, Field(ge=1, le=365)]


class VectorProgress(Wire):
    """How many chunks of a vector store have a vector. An extension of the API."""

    done: int = 0
    total: int = 0
    problem: str | None = extension()
    """Why it does not go on, as sentences."""


class VectorStore(Wire):
    """A set of files that can be searched together."""

    id: str
    object: str = "vector_store"
    created_at: Timestamp = 0
    name: str | None = ""
    description: str | None = extension()
    usage_bytes: int = 0
    file_counts: FileCounts = Field(default_factory=FileCounts)
    status: str = COMPLETED
    """in_progress while a file is being processed, completed, expired."""
    expires_after: StoreExpiresAfter | None = None
    expires_at: Timestamp | None = None
    last_active_at: Timestamp | None = None
    metadata: Metadata | None = Field(default_factory=dict)
    vectors: VectorProgress | None = extension()
    """How much of it can be searched by meaning; None if its words alone are searched."""


class FileError(Wire):
    """Why a file could not be made searchable."""

    code: str
    """server_error, unsupported_file, invalid_file."""
    message: str


class FileProgress(Wire):
    """How much of a file has been read, or of its text has been indexed."""

    done: int = 0
    """Pages, slides, sheets or letters; hundredths when it is indexed."""
    total: int | None = extension()
    """Their number, if it is known."""
    stage: str | None = extension()
    """`indexing` once the whole file has been read."""

    @property
    def percent(self) -> int | None:
        """The part that is done, rounded down; None if the whole is unknown."""
        return 100 * min(self.done, self.total) // self.total if self.total else None


class VectorStoreFile(Wire):
    """A file in a vector store; the id is the file's."""

    id: str
    object: str = "vector_store.file"
    created_at: Timestamp = 0
    vector_store_id: str = ""
    usage_bytes: int = 0
    status: str = IN_PROGRESS
    """in_progress, completed, cancelled, failed."""
    last_error: FileError | None = None
    chunking_strategy: ChunkingStrategy | None = Field(default_factory=lambda: ChunkingStrategy(type="other"))
    attributes: Attributes | None = Field(default_factory=dict)
    """An extension: `encoding` names the encoding of a text, e.g. `cp1251`, which is recognised otherwise."""
    progress: FileProgress | None = extension()
    """While a large file is read and indexed."""
    remarks: list[str] | None = extension()
    """What the user should know about the reading, in sentences, e.g. that an encoding was guessed."""
    chunks: int | None = extension()
    """The number of chunks, once it is indexed. An extension of the API."""


class FileBatch(Wire):
    """Files that were added in one request."""

    id: str
    object: str = "vector_store.files_batch"
    created_at: Timestamp = 0
    vector_store_id: str = ""
    status: str = IN_PROGRESS
    """in_progress, completed, cancelled, failed."""
    file_counts: FileCounts = Field(default_factory=FileCounts)


class TextPiece(Wire):
    """A piece of a file's text."""

    type: str = "text"
    text: str = ""


class FileText(Wire):
    """The text of a file."""

    object: str = "vector_store.file_content.page"
    data: list[TextPiece] = Field(default_factory=empty_list)
    has_more: bool = False
    next_page: str | None = None


class SearchResult(Wire):
    """A chunk that the search found."""

    file_id: str
    filename: str = ""
    score: float = 0.0
    """From 0 to 1."""
    attributes: Attributes | None = Field(default_factory=dict)
    content: list[TextPiece] = Field(default_factory=empty_list)


class SearchResults(Wire):
    """The found chunks, best first."""

    object: str = "vector_store.search_results.page"
    search_query: list[str] = Field(default_factory=empty_list)
    data: list[SearchResult] = Field(default_factory=empty_list)
    has_more: bool = False
    next_page: str | None = None


class NewVectorStore(Wire):
    """A new vector store inside the request for an assistant or a thread."""

    file_ids: Annotated[list[str] | None, Field(max_length=MAX_STORE_FILES)] = extension()
    chunking_strategy: ChunkingStrategy | None = extension()
    metadata: Metadata | None = extension()


class CreateVectorStore(Params):
    """POST /vector_stores; the body may be empty."""

    name: str | None = None
    description: str | None = None
    file_ids: Annotated[list[str] | None, Field(max_length=500)] = None
    expires_after: StoreExpiresAfter | None = None
    chunking_strategy: ChunkingStrategy | None = None
    metadata: Metadata | None = None


class ModifyVectorStore(Params):
    """POST /vector_stores/{vector_store_id}: only the given fields change; metadata is merged."""

    vector_store_id: str
    name: str | None = None
    expires_after: StoreExpiresAfter | None = None
    """If given as None, the store no longer expires."""
    metadata: Metadata | None = None


class VectorStoreParams(Params):
    """One vector store, by id."""

    vector_store_id: str


class ListVectorStores(ListParams):
    """GET /vector_stores."""


class SearchRanking(Wire):
    """The order of results and the lowest score."""

    ranker: str = "auto"
    """none, auto, default-2024-11-15."""
    score_threshold: Annotated[float, Field(ge=0, le=1)] = 0.0


class SearchVectorStore(Params):
    """POST /vector_stores/{vector_store_id}/search."""

    vector_store_id: str
    query: str | Annotated[list[str], Field(min_length=1)]
    filters: JSONObject | None = None
    """See `wire.filters`."""
    max_num_results: Annotated[int | None, Field(ge=1, le=50)] = None
    """The default is 10."""
    ranking_options: SearchRanking | None = None
    rewrite_query: bool | None = None


class NewStoreFile(Wire):
    """A file to add, inside another request."""

    file_id: str
    attributes: Attributes | None = extension()
    chunking_strategy: ChunkingStrategy | None = extension()


class CreateVectorStoreFile(Params):
    """POST /vector_stores/{vector_store_id}/files."""

    vector_store_id: str
    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy | None = None


class ListVectorStoreFiles(ListParams):
    """GET /vector_stores/{vector_store_id}/files."""

    vector_store_id: str
    filter: str | None = None
    """Only files with this status."""


class VectorStoreFileParams(Params):
    """One file of a vector store, by id."""

    vector_store_id: str
    file_id: str


class ModifyVectorStoreFile(VectorStoreFileParams):
    """POST /vector_stores/{vector_store_id}/files/{file_id}: replaces the attributes."""

    attributes: Attributes | None


class CreateFileBatch(Params):
    """POST /vector_stores/{vector_store_id}/file_batches: `file_ids` with common settings, or `files` with separate ones."""

    vector_store_id: str
    file_ids: Annotated[list[str] | None, Field(min_length=1, max_length=2_000)] = None
    files: Annotated[list[NewStoreFile] | None, Field(min_length=1, max_length=2_000)] = None
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy | None = None


class FileBatchParams(Params):
    """One batch, by id."""

    vector_store_id: str
    batch_id: str


class ListFileBatchFiles(ListVectorStoreFiles):
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files."""

    batch_id: str
