"""Which tools this engine can carry out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aimltui.engine.tools.base import ProvidedFile, Tool
from aimltui.wire.tools import FunctionTool
from aimltui.wire.tools import Tool as WireTool


class ToolRegistry:
    """Functions are carried out by the caller, and so they always work; other tools have to be here."""

    def __init__(self, hosted: Iterable[Tool] = ()) -> None:
        self._hosted: dict[str, Tool] = {tool.type: tool for tool in hosted}

    def missing(self, tools: Iterable[WireTool]) -> list[str]:
        """The types among `tools` that this engine cannot carry out, each once."""
        wanted = (tool.type for tool in tools if not isinstance(tool, FunctionTool))
        return list(dict.fromkeys(kind for kind in wanted if kind not in self._hosted))

    def definitions(
        self, tools: Iterable[WireTool], files: Sequence[ProvidedFile] = ()
    ) -> list[Mapping[str, Any]]:
        """The tools as a chat model is told of them."""
        told: list[Mapping[str, Any]] = []
        for tool in tools:
            if isinstance(tool, FunctionTool):
                told.append({"type": "function", "function": tool.function.to_json()})
            elif tool.type in self._hosted:
                told.append(self._hosted[tool.type].definition(files).chat())
        return told

    def functions(self, tools: Iterable[WireTool]) -> frozenset[str]:
        """The names of the functions that the caller offers."""
        return frozenset(tool.function.name for tool in tools if isinstance(tool, FunctionTool))

    def hosted(self, tools: Iterable[WireTool]) -> dict[str, Tool]:
        """The tools among these that the engine carries out, by every name that a model may call them."""
        tools = list(tools)
        found: dict[str, Tool] = {}
        for wanted in tools:
            tool = self._hosted.get(wanted.type) if not isinstance(wanted, FunctionTool) else None
            if tool is not None:
                told = tool.definition(())
                found |= dict.fromkeys((told.name, *told.aliases), tool)
        # a function of the caller's that bears such a name is the caller's
        return {name: tool for name, tool in found.items() if name not in self.functions(tools)}

    def of_type(self, kind: str) -> Tool | None:
        """The tool of a type, if the engine has it."""
        return self._hosted.get(kind)

    async def forget(self, thread_id: str) -> None:
        """A thread is gone."""
        for tool in self._hosted.values():
            await tool.forget(thread_id)

    async def aclose(self) -> None:
        """Let go of everything."""
        for tool in self._hosted.values():
            await tool.aclose()
