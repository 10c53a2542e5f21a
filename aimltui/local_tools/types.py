"""What a local tool is, and how a call of one ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Literal, Protocol

from aimltui.common.dataclass import dataclass

Kind = Literal["function", "schema", "server", "code", "skill", "web", "memory"]
"""`function`: a Python function of the user. `schema`: only a definition, answered by hand. `server`: of an MCP server.
`code`: a piece of the model's code that no sandbox contains. `skill`: loads a skill. `web`: reads or searches the web.
`memory`: saves a note."""


RIGHTS = "It runs with your rights: it can change your files and use the network."


@dataclass(frozen=True, slots=True)
class LocalTool:
    """A tool that a model may call and that runs beside the client."""

    name: str
    """What the model calls it."""
    description: str
    parameters: dict[str, Any]
    """JSON schema of the arguments."""
    kind: Kind
    source: str
    """Where it comes from, for the user: a file, or a server."""
    touches: str
    """What a call may touch, as a sentence for the user."""
    fingerprint: str = ""
    """Hash of source, schema and description: an approval for every call holds for this hash only."""
    is_trusted: bool = True
    """False for a file that the user has not approved in its present form: then a call must be approved."""
    code: str = ""
    """The whole file if it is not trusted, so that the user can read what would run."""
    server: str = ""
    """The name of the MCP server, if it is a tool of one."""
    may_always: bool = True
    """False if a call must be approved each time, since the tool's own description calls it destructive."""

    def definition(self) -> dict[str, Any]:
        """The tool as the API has it."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended. The text is for the model, also if the call failed."""

    text: str
    is_ok: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a source that is not usable; the rest of the source is."""

    source: str
    sentence: str


class ToolSource(Protocol):
    """Offers tools and calls them."""

    async def refresh(self) -> None:
        """Take over what has changed on the disk or on a server. It does not wait for something slow."""
        ...

    def start(self) -> None:
        """Begin in the background what takes long; a run that gets the tools is about to start."""
        ...

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The tools that are ready."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """What is not usable, and why."""
        ...

    async def trust(self, tool: LocalTool) -> None:
        """Note that the user approved the source of a tool in its present form."""
        ...

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Run a tool. Cancelling it stops the tool at once."""
        ...

    async def aclose(self) -> None:
        """End everything that was started."""
        ...


def fingerprint_of(source_hash: str, name: str, description: str, parameters: dict[str, Any]) -> str:
    """Hash of everything that an approval for every call is bound to."""
    parts = json.dumps([source_hash, name, description, parameters], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Limits:
    """Limits of one call."""

    seconds: float = 60.0
    output_characters: int = 50_000
    hidden_variables: frozenset[str] = field(default_factory=frozenset)
    """Environment variables that a function does not receive: the program's own keys."""
