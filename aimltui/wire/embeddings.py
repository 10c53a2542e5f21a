"""Where a vector store's text is sent to be searched by meaning, too. An extension of the API, kept in the metadata."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from aimltui.wire.base import Metadata, Wire

EMBEDDINGS: Final = "aimltui_embeddings"
"""The key of the metadata."""


class EmbeddingPlace(Wire):
    """A model that turns text into vectors, and where it is."""

    connection: str
    """The name of the connection."""
    host: str
    """Its host: what was agreed to holds for no other one."""
    model: str

    def written(self) -> str:
        """Return the value for the metadata."""
        return self.model_dump_json()


def embedding_place(metadata: Metadata | None) -> EmbeddingPlace | None:
    """Return where the text of a vector store is sent; None if it stays on this machine."""
    try:
        return EmbeddingPlace.model_validate_json((metadata or {}).get(EMBEDDINGS, ""))
    except ValidationError:
        return None
