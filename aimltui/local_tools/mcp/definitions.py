"""What a server says of its tools, in the form that a model and the API take."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.types import RIGHTS, LocalTool, fingerprint_of

MOST_NAME = 64
"""Characters of a function's name in the API."""
MOST_DESCRIPTION = 8_000
MOST_SCHEMA = 100_000
_DEEPEST = 40
_EMPTY: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool with the name that its server knows."""

    name: str
    tool: LocalTool


@dataclass(frozen=True, slots=True)
class Offered:
    """The tools of a server, and why some are left out."""

    tools: tuple[ServerTool, ...] = ()
    left_out: tuple[str, ...] = ()
    """Sentences."""


def offered(server: McpServer, raw: Iterable[Mapping[str, Any]]) -> Offered:
    """Make tools of what a server lists.

    Args:
        server: The server.
        raw: Its tools as the protocol has them.
    """
    tools: dict[str, ServerTool] = {}
    left_out: list[str] = []
    for one in raw:
        name = one.get("name")
        if not isinstance(name, str) or not name or _is_unwanted(server, name):
            continue
        reason = _problem_of(one)
        if reason:
            left_out.append(f"{clean_line(name)} {reason}, so it is not offered.")
            continue
        unique = function_name(server.name, name, tools)
        tools[unique] = ServerTool(name, _local_tool(server, unique, one))
    return Offered(tuple(tools.values()), tuple(left_out))


def function_name(server: str, tool: str, taken: Iterable[str] = ()) -> str:
    """The name under which a model calls a tool: server and tool, in the characters and the length that the API takes."""
    wanted = f"{server}__{tool}"
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", wanted)
    if len(name) > MOST_NAME or name in taken:
        mark = hashlib.sha256(wanted.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name[: MOST_NAME - 9]}_{mark}"
    return name


def _is_unwanted(server: McpServer, name: str) -> bool:
    is_left_out = bool(server.enabled_tools) and name not in server.enabled_tools
    return is_left_out or name in server.disabled_tools


def _problem_of(one: Mapping[str, Any]) -> str:
    execution = one.get("execution")
    if isinstance(execution, dict) and execution.get("taskSupport") == "required":
        return "runs only as a task in the background, which this program does not support"
    schema = one.get("inputSchema")
    try:
        size = len(json.dumps(schema))
    except (ValueError, RecursionError, TypeError):
        return "has a schema that cannot be read"
    return "has a schema of more than 100 KB" if size > MOST_SCHEMA else ""


def _local_tool(server: McpServer, name: str, one: Mapping[str, Any]) -> LocalTool:
    about = clean(str(one.get("description") or one.get("title") or ""))[:MOST_DESCRIPTION]
    parameters = cleaned_schema(one.get("inputSchema"))
    hints = one.get("annotations")
    is_destructive = isinstance(hints, dict) and hints.get("destructiveHint") is True
    return LocalTool(
        name,
        about,
        parameters,
        "server",
        f"MCP server {clean_line(server.name)}",
        touches(server),
        fingerprint_of(server.sha256, str(one.get("name")), about, parameters),
        server=server.name,
        may_always=not is_destructive,
    )


def touches(server: McpServer) -> str:
    """What a call of a server may touch, as a sentence for the user."""
    if server.url:
        host = urlsplit(server.url).hostname or server.place
        return f"The arguments go to {clean_line(host)}, which decides what it does with them."
    return f"{RIGHTS} Its command: {clean_line(server.place)}"


def cleaned_schema(schema: object) -> dict[str, Any]:
    """A schema of an object, without escape sequences in its texts; otherwise as the server wrote it."""
    found = _cleaned(schema, _DEEPEST)
    if not isinstance(found, dict):
        return dict(_EMPTY)
    found["type"] = "object"
    if not isinstance(found.get("properties"), dict):
        found["properties"] = {}
    if "required" in found and not isinstance(found["required"], list):
        del found["required"]
    return found


def _cleaned(value: object, depth: int) -> Any:
    if depth == 0:
        return None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean_line(str(key)): _cleaned(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one, depth - 1) for one in value]
    return value
