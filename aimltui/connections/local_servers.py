"""Finds model servers on the usual ports of this machine, at the user's request. No other host is contacted.

No key is sent, no proxy is used, no redirect is followed. The name of a server is always one of the names listed here.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aimltui.common.dataclass import dataclass
from aimltui.connections.types import LocalServer

if TYPE_CHECKING:
    import httpx2

HOST = "127.0.0.1"
CONNECT_S = 0.5
ANSWER_S = 1.0
"""Seconds for a complete answer; users wait for the slowest port."""
LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Port:
    """A port where a model server may listen."""

    number: int
    usual: str = ""
    """The server that usually listens there; empty if several do."""
    path: str = "/v1"


PORTS = (
    Port(11434, "Ollama"),
    Port(1234, "LM Studio"),
    Port(8080),
    Port(8000),
    Port(1337, "Jan"),
    Port(4891, "GPT4All"),
    Port(5001, "KoboldCpp"),
    Port(5000),
    Port(12434, "Docker Model Runner", "/engines/v1"),
    Port(30000, "SGLang"),
)

_OWNERS = {
    "library": "Ollama",
    "organization_owner": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "koboldcpp": "KoboldCpp",
    "humanity": "GPT4All",
    "sglang": "SGLang",
    "docker": "Docker Model Runner",
    "tabbyapi": "TabbyAPI",
    "lemonade": "Lemonade",
    "user": "text-generation-webui",
}
"""Server names by the `owned_by` of their models."""
_HEADERS = {"llama.cpp": "llama.cpp", "localai": "LocalAI", "koboldcpp": "KoboldCpp", "vllm": "vLLM"}
"""Server names by the beginning of the `Server` header."""


async def find_local(ports: Iterable[Port] = PORTS, answer_s: float = ANSWER_S) -> list[LocalServer]:
    """Return the servers that answer in time, in the order of the ports."""
    # These imports take a fifth of a second.
    await asyncio.to_thread(importlib.import_module, "httpx2")
    await asyncio.to_thread(importlib.import_module, "aimltui.engine.models.catalogue.parse")
    import httpx2

    timeout = httpx2.Timeout(answer_s, connect=CONNECT_S)
    # only plain HTTP, so no certificates are loaded
    async with httpx2.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=timeout, verify=False
    ) as client:
        found = await asyncio.gather(*(_ask(client, port, answer_s) for port in ports))
    return [server for server in found if server is not None]


async def _ask(client: httpx2.AsyncClient, port: Port, answer_s: float) -> LocalServer | None:
    import httpx2

    base_url = f"http://{HOST}:{port.number}{port.path}"
    try:
        async with asyncio.timeout(answer_s), client.stream("GET", f"{base_url}/models") as answer:
            if answer.status_code not in (200, 401):
                return None
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LIMIT_BYTES:
                    return None
    except (httpx2.HTTPError, httpx2.StreamError, OSError, TimeoutError):
        return None
    return _server(port, base_url, answer.status_code, answer.headers, body)


def _server(
    port: Port, base_url: str, status: int, headers: Mapping[str, str], body: bytes
) -> LocalServer | None:
    from aimltui.engine.models.catalogue.parse import read_models, rows_of
    from aimltui.engine.models.http.response import read_json

    try:
        payload = read_json(body)
    except ValueError:
        return None
    if status == 401:
        # A model server refuses with an error object of this API; other programs also use these ports.
        if not isinstance(payload, Mapping) or "error" not in payload:
            return None
        return LocalServer(_name(port, headers, []), base_url, 0, wants_key=True)
    rows = rows_of(payload)
    models = read_models(payload)
    if (
        rows is None
        or models is None
        or (rows and not models and not all(isinstance(row, Mapping) for row in rows))
    ):
        return None
    return LocalServer(_name(port, headers, rows), base_url, len(models))


def _name(port: Port, headers: Mapping[str, str], rows: Any) -> str:
    told = headers.get("server", "").lower()
    for begin, name in _HEADERS.items():
        if told.startswith(begin):
            return name
    for row in rows[:20]:
        owner = row.get("owned_by") if isinstance(row, Mapping) else None
        if isinstance(owner, str) and owner.lower() in _OWNERS:
            return _OWNERS[owner.lower()]
    return port.usual or f"Server on port {port.number}"
