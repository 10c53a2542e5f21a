"""Search over everything that was said. An extension of the API."""

from typing import Annotated

from pydantic import Field

from aimltui.wire.base import Params, Wire, empty_list, extension


class SearchParams(Params):
    """GET /search: the places where all words of a query were said, the newest first.

    Besides words the query may have filters: `assistant:NAME`, `model:NAME`, `has:file` and `before:2026-11-22`.
    """

    query: str
    limit: Annotated[int | None, Field(ge=1, le=100)] = None
    """1 to 100; the default is 20."""


class SearchHit(Wire):
    """A message, or a step whose tool calls have the words."""

    object: str = "search.hit"
    thread_id: str
    message_id: str | None = extension()
    run_id: str | None = extension()
    """Of a step."""
    step_id: str | None = extension()
    role: str = ""
    """Of a message: `user` or `assistant`; of a step `tool`."""
    created_at: int = 0
    text: str = ""
    """The place with some words around it."""
    marks: list[tuple[int, int]] = Field(default_factory=empty_list)
    """Where the words are in it: first character, and one past the last."""


class SearchHits(Wire):
    """The answer of GET /search."""

    object: str = "list"
    data: list[SearchHit] = Field(default_factory=empty_list)
    is_complete: bool = True
    """False while older messages are not in the index yet."""
    notes: list[str] = Field(default_factory=empty_list)
    """What is wrong with the filters of the query, in sentences."""
