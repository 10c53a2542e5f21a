"""The services that an engine gives to its runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.engine.embedding import QueryEmbedder
from aimltui.engine.models.base import Models
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.context_limits import ContextLimits
from aimltui.engine.runs.tool_protocol import ToolProtocols
from aimltui.engine.runs.traces import RunTraces
from aimltui.engine.store.database import Database
from aimltui.engine.tools.base import OutputStore
from aimltui.engine.tools.registry import ToolRegistry


@dataclass(frozen=True, slots=True)
class RunServices:
    """The services that an engine gives to its runs."""

    database: Database
    options: EngineOptions
    tools: ToolRegistry
    models: Models
    protocols: ToolProtocols
    path_of: Callable[[str], Path]
    """Returns the path of a file's bytes."""
    keep: OutputStore
    """Stores files that tools make."""
    contexts: ContextLimits = field(default_factory=ContextLimits)
    traces: RunTraces = field(default_factory=RunTraces)
    query_vectors: QueryEmbedder | None = None
    """Turns queries into vectors; None searches by words alone."""
    remarked: set[str] = field(default_factory=set)
    """Notices that were shown once and are not repeated, such as that a model's price is unknown."""

    def context_tokens(self, model_id: str, connection: str | None) -> int:
        """The context to assume for a model: what is known of it, at most what a refusal has shown."""
        known = self.models.info(model_id, connection)
        size = (known.context_length if known is not None else None) or self.options.default_context_tokens
        return self.contexts.fit(size, model_id, connection)
