"""The tools that the engine can execute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aimltui.engine.tools.base import ProvidedFile, Tool
from aimltui.wire.tools import FunctionTool
from aimltui.wire.tools import Tool as WireTool


class ToolRegistry:
    """Finds tools by type and by name. Functions are executed by the caller, so they are always supported."""

    def __init__(self, hosted: Iterable[Tool] = ()) -> None:
        self._hosted: dict[str, Tool] = {tool.type: tool for tool in hosted}

    def missing(self, tools: Iterable[WireTool]) -> list[str]:
        """The types among `tools` that this engine cannot execute, each once."""
        wanted = (tool.type for tool in tools if not isinstance(tool, FunctionTool))
        return list(dict.fromkeys(kind for kind in wanted if kind not in self._hosted))

    def definitions(
        self, tools: Iterable[WireTool], files: Sequence[ProvidedFile] = ()
    ) -> list[Mapping[str, Any]]:
        """The definitions of the tools for a chat model."""
        told: list[Mapping[str, Any]] = []
        for tool in tools:
            if isinstance(tool, FunctionTool):
                told.append({"type": "function", "function": tool.function.to_json()})
            elif tool.type in self._hosted:
                told.append(self._hosted[tool.type].definition(files).chat())
        return told

    def functions(self, tools: Iterable[WireTool]) -> frozenset[str]:
        """The names of the caller's functions."""
        return frozenset(tool.function.name for tool in tools if isinstance(tool, FunctionTool))

    def hosted(self, tools: Iterable[WireTool]) -> dict[str, Tool]:
        """The tools among these that the engine executes, by every name under which a model may call them."""
        tools = list(tools)
        found: dict[str, Tool] = {}
        for wanted in tools:
            tool = self._hosted.get(wanted.type) if not isinstance(wanted, FunctionTool) else None
            if tool is not None:
                told = tool.definition(())
                found |= dict.fromkeys((told.name, *told.aliases), tool)
        # the caller's function takes precedence over a tool of the same name
        return {name: tool for name, tool in found.items() if name not in self.functions(tools)}

    def of_type(self, kind: str) -> Tool | None:
        """The tool of a type; None if the engine has none."""
        return self._hosted.get(kind)

    async def clean_up(self) -> None:
        """Remove what killed engines left behind."""
        for tool in self._hosted.values():
            await tool.clean_up()

    async def forget(self, thread_id: str) -> None:
        """Release what belongs to a deleted thread."""
        for tool in self._hosted.values():
            await tool.forget(thread_id)

    async def aclose(self) -> None:
        """Release everything."""
        for tool in self._hosted.values():
            await tool.aclose()
