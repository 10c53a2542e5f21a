"""What every run of an engine has at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aimltui.engine.models.base import Models
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.tool_protocol import ToolProtocols
from aimltui.engine.store.database import Database
from aimltui.engine.tools.base import OutputStore
from aimltui.engine.tools.registry import ToolRegistry


@dataclass(frozen=True, slots=True)
class RunServices:
    """What every run of an engine has at hand."""

    database: Database
    options: EngineOptions
    tools: ToolRegistry
    models: Models
    protocols: ToolProtocols
    path_of: Callable[[str], Path]
    """Where the bytes of a file are."""
    keep: OutputStore
    """Stores what tools make."""
    remarked: set[str] = field(default_factory=set)
    """What was said once and need not be said again, as that the price of a model is unknown."""
