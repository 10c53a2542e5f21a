"""Which tools this engine can carry out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aimltui.wire.tools import FunctionTool, Tool

KNOWN = ("code_interpreter", "function", "file_search")
"""The API's tool types."""


class ToolRegistry:
    """Functions are carried out by the caller, and so they always work; other tools have to be here."""

    def missing(self, tools: Iterable[Tool]) -> list[str]:
        """The types among `tools` that this engine cannot carry out, each once."""
        return list(dict.fromkeys(tool.type for tool in tools if not isinstance(tool, FunctionTool)))

    def definitions(self, tools: Iterable[Tool]) -> list[Mapping[str, Any]]:
        """The tools as a chat model is told of them."""
        return [
            {"type": "function", "function": tool.function.to_json()}
            for tool in tools
            if isinstance(tool, FunctionTool)
        ]

    def functions(self, tools: Iterable[Tool]) -> frozenset[str]:
        """The names of the functions that the caller offers."""
        return frozenset(tool.function.name for tool in tools if isinstance(tool, FunctionTool))
