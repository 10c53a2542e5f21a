"""An MCP server that a test holds in its hand: it answers over streams in memory, without a process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.log import ServerLog

ECHO: dict[str, Any] = {
    "name": "echo",
    "description": "Repeat a text.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


class Refusal(Exception):
    """An error as JSON-RPC has it."""

    def __init__(self, code: int, message: str, data: Any = None, *, status: int = 200) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message} | ({"data": data} if data is not None else {})


class ScriptedServer:
    """Answers the methods that it knows; a test changes `answers` and sends notifications."""

    def __init__(self, *tools: dict[str, Any], version: str = "2025-11-25") -> None:
        self.tools = list(tools) or [ECHO]
        self.version = version
        self.seen: list[tuple[str, Any]] = []
        """Methods with their parameters, of all connections."""
        self.starts = 0
        self.has_prompts = False
        self.has_resources = False
        self.results: dict[str, Any] = {}
        """The results of tools by name; an exception is raised, a function gets the parameters."""
        self.gate: asyncio.Event | None = None
        """Calls of tools wait for it."""
        self.start_gate: asyncio.Event | None = None
        """The handshake waits for it."""
        self.requests: list[httpx2.Request] = []
        """What came over HTTP."""
        self.statuses: list[int] = []
        """HTTP statuses of the next answers."""
        self.headers: dict[str, str] = {}
        """Headers of those answers."""
        self.answers: list[httpx2.Response] = []
        """The next answers, whole."""
        self.session = ""
        self.lost_status = 400
        self.forgets = False
        """Whether every session is lost as soon as something is asked for by name."""
        self.lost_says = True
        """Whether a lost session is told in a message of the protocol."""
        self._send: Callable[[dict[str, Any]], Any] | None = None
        self._log: ServerLog | None = None
        self._outgoing: Any = None

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.seen]

    async def notify(self, method: str) -> None:
        assert self._send is not None
        await self._send({"jsonrpc": "2.0", "method": method})

    async def request(self, method: str, params: dict[str, Any], id: str = "s1") -> None:
        """Ask the client something; its answer is in `seen` as the method `answer`."""
        assert self._send is not None
        await self._send({"jsonrpc": "2.0", "id": id, "method": method, "params": params})

    def die(self) -> None:
        """End as a process does that was killed."""
        assert self._log is not None
        self._outgoing.close()
        self._log.end()

    @asynccontextmanager
    async def streams(self, server: McpServer, log: ServerLog) -> AsyncIterator[Any]:
        to_client, inbox = anyio.create_memory_object_stream[Any](100)
        outbox, from_client = anyio.create_memory_object_stream[Any](100)
        self.starts += 1
        self._log, self._outgoing = log, to_client

        async def send(document: dict[str, Any]) -> None:
            message = jsonrpc_message_adapter.validate_json(json.dumps(document), by_name=False)
            await to_client.send(SessionMessage(message))

        self._send = send
        tasks: set[asyncio.Task[None]] = set()

        async def serve() -> None:
            async for message in from_client:
                document = json.loads(message.message.model_dump_json(by_alias=True, exclude_unset=True))
                task = asyncio.create_task(self._take(document, send))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        serving = asyncio.create_task(serve())
        try:
            yield inbox, outbox
        finally:
            log.end()
            for task in (serving, *tasks):
                task.cancel()
            await asyncio.gather(serving, *tasks, return_exceptions=True)
            for stream in (to_client, inbox, outbox, from_client):
                stream.close()

    async def _take(self, document: dict[str, Any], send: Callable[[dict[str, Any]], Any]) -> None:
        method, params = document.get("method", "answer"), document.get("params") or {}
        self.seen.append((method, params if "method" in document else document))
        if "id" not in document or "method" not in document:
            return
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": document["id"]}
        try:
            answer["result"] = await self._result(method, params)
        except Refusal as refusal:
            answer["error"] = refusal.error
        try:
            await send(answer)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    async def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method in ("initialize", "server/discover"):
            if self.start_gate is not None:
                await self.start_gate.wait()
            return self._hello(method)
        if method == "tools/list":
            return {"tools": self.tools, **self._modern()}
        if method == "prompts/list":
            prompt = {"name": "greet", "arguments": [{"name": "who", "required": True}]}
            return {"prompts": [prompt], **self._modern()}
        if method == "prompts/get":
            text = f"Greet {params['arguments']['who']}."
            complete = {"resultType": "complete"} if self.version == "2026-07-28" else {}
            return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}], **complete}
        if method == "resources/list":
            return {"resources": [{"uri": "clock://hands", "name": "Hands"}], **self._modern()}
        if method == "resources/read":
            uri = params["uri"]
            return {"contents": [{"uri": uri, "text": f"The text of {uri}"}], **self._modern()}
        if method == "tools/call":
            return await self._call(params)
        raise Refusal(-32601, f"Method not found: {method}")

    async def over_http(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request of Streamable HTTP; for `httpx2.MockTransport`."""
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        if self.statuses:
            return httpx2.Response(self.statuses.pop(0), headers=self.headers)
        if request.method != "POST":
            return httpx2.Response(405 if request.method == "GET" else 200)
        document = json.loads(request.content)
        method, params = document.get("method", "answer"), document.get("params") or {}
        self.seen.append((method, params))
        if method == "initialize":
            self.session = f"s{len(self.requests)}"
        elif self._has_lost(method, request.headers.get("mcp-session-id", "")):
            error = {"code": -32000, "message": "Bad Request: No valid session ID provided"}
            document = {"jsonrpc": "2.0", "id": None, "error": error} if self.lost_says else {"error": "no"}
            return httpx2.Response(self.lost_status, json=document)
        if "id" not in document:
            return httpx2.Response(202)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": document["id"]}
        try:
            answer["result"] = await self._result(method, params)
        except Refusal as refusal:
            answer["error"] = refusal.error
            if refusal.status != 200:
                return httpx2.Response(refusal.status, json=answer)
        headers = {"mcp-session-id": self.session}
        if method == "tools/list":
            return httpx2.Response(200, json=answer, headers=headers)
        # the first event of real servers has no data
        text = f"id: 1\ndata:\n\nevent: message\ndata: {json.dumps(answer)}\n\n"
        return httpx2.Response(200, text=text, headers={**headers, "content-type": "text/event-stream"})

    def _has_lost(self, method: str, session: str) -> bool:
        is_lost = session != self.session or (self.forgets and method == "prompts/get")
        return is_lost and self.version != "2026-07-28"

    def _modern(self) -> dict[str, Any]:
        is_modern = self.version == "2026-07-28"
        return {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if is_modern else {}

    def _hello(self, method: str) -> dict[str, Any]:
        is_modern = self.version == "2026-07-28"
        capabilities: dict[str, Any] = {"tools": {"listChanged": True}}
        capabilities |= {"prompts": {}} if self.has_prompts else {}
        capabilities |= {"resources": {}} if self.has_resources else {}
        if is_modern and method == "initialize":
            data = {"supported": [self.version], "requested": "2025-11-25"}
            raise Refusal(-32022, "Unsupported protocol version", data)
        if is_modern:
            return {"supportedVersions": [self.version], "capabilities": capabilities, **self._modern()}
        if method == "server/discover":
            raise Refusal(-32601, "Method not found")
        return {
            "protocolVersion": self.version,
            "capabilities": capabilities,
            "serverInfo": {"name": "scripted", "version": "1"},
        }

    async def _call(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params.get("name", "")
        if self.gate is not None:
            await self.gate.wait()
        if all(tool["name"] != name for tool in self.tools):
            raise Refusal(-32602, f"Unknown tool: {name}")
        known = self.results.get(name)
        if isinstance(known, Exception):
            raise known
        if callable(known):
            known = known(params)
        if known is None:
            known = {"content": [{"type": "text", "text": str((params.get("arguments") or {}).get("text"))}]}
        return {**({"resultType": "complete"} if self.version == "2026-07-28" else {}), **known}
