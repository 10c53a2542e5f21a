"""Tools beside the client whose functions a test holds in its hand: no file and no process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aimltui.local_tools.types import CallResult, LocalTool, Problem, fingerprint_of

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}


def a_tool(name: str = "weather", **changes: Any) -> LocalTool:
    """A trusted function."""
    mark = fingerprint_of("hash", name, "", SCHEMA)
    tool = LocalTool(name, f"About {name}.", SCHEMA, "function", "w.py", "It runs with your rights.", mark)
    return replace(tool, **changes)


class HandSource:
    """Offers tools, notes their calls, and lets a call end when the test says so."""

    def __init__(self, *tools: LocalTool) -> None:
        self.tools: Sequence[LocalTool] = list(tools)
        self.problems: Sequence[Problem] = ()
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.cancelled: list[str] = []
        self.gate: asyncio.Event | None = None
        """Calls wait for it."""
        self.error: Exception | None = None

    async def refresh(self) -> None:
        pass

    async def trust(self, tool: LocalTool) -> None:
        self.tools = [replace(one, is_trusted=True, code="") if one == tool else one for one in self.tools]

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        self.called.append((tool.name, arguments))
        if self.error is not None:
            raise self.error
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(tool.name)
            raise
        return CallResult(f"{tool.name}: {arguments}")

    async def aclose(self) -> None:
        pass
