"""A server that speaks the least of the Assistants API, for the screen on a remote server.

    python -m tests.support.poor_server --port 0 --lacks steps

It has assistants, threads, messages and runs; no lists of threads or models, no events, no changes, no cancelling,
no streams, and its timestamps are in milliseconds. What a run answers is the message, in capital letters.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

JSON = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]


class PoorServer:
    """Everything in memory.

    Args:
        answer_s: Seconds that a run takes.
        refuses_streams: Whether `stream` is refused instead of being ignored.
    """

    def __init__(self, answer_s: float = 0.2, *, refuses_streams: bool = False) -> None:
        self.answer_s = answer_s
        self.refuses_streams = refuses_streams
        self._numbers = itertools.count(1)
        self._things: dict[str, JSON] = {}

    async def list_assistants(self, request: Request) -> Response:
        return self._page("assistant", {}, request)

    async def create_assistant(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse(self._new("asst", "assistant", {"tools": [], "metadata": {}} | body))

    async def get_thing(self, request: Request) -> Response:
        *_, wanted = request.path_params.values()
        self._go_on()
        if wanted not in self._things:
            return _no(f"No object found with id '{wanted}'.")
        return JSONResponse(self._things[wanted])

    async def create_thread(self, request: Request) -> Response:
        body = await _body(request)
        made = self._new("thread", "thread", {"metadata": body.get("metadata") or {}})
        return JSONResponse(made)

    async def modify_thread(self, request: Request) -> Response:
        thread = self._things.get(request.path_params["thread"])
        if thread is None:
            return _no("No thread found.")
        thread["metadata"] |= (await _body(request)).get("metadata") or {}
        return JSONResponse(thread)

    async def delete_thread(self, request: Request) -> Response:
        thread = self._things.pop(request.path_params["thread"])
        return JSONResponse({"id": thread["id"], "object": "thread.deleted", "deleted": True})

    async def list_messages(self, request: Request) -> Response:
        self._go_on()
        return self._page("thread.message", {"thread_id": request.path_params["thread"]}, request)

    async def create_message(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse(self._message(request.path_params["thread"], body["role"], body["content"]))

    async def list_runs(self, request: Request) -> Response:
        self._go_on()
        return self._page("thread.run", {"thread_id": request.path_params["thread"]}, request)

    async def create_run(self, request: Request) -> Response:
        body = await request.json()
        if body.get("stream") and self.refuses_streams:
            return _no("stream is not supported", 400)
        thread = request.path_params["thread"]
        fields = {"thread_id": thread, "assistant_id": body["assistant_id"], "status": "queued"}
        run = self._new("run", "thread.run", fields | {"model": body.get("model") or "poor"})
        return JSONResponse(run)

    async def list_steps(self, request: Request) -> Response:
        self._go_on()
        return self._page("thread.run.step", {"run_id": request.path_params["run"]}, request)

    def _go_on(self) -> None:
        """Runs move when somebody looks."""
        now = time.time() * 1000
        for run in [thing for thing in self._things.values() if thing["object"] == "thread.run"]:
            if run["status"] == "queued":
                run |= {"status": "in_progress", "started_at": int(now)}
            elif run["status"] == "in_progress" and now - run["created_at"] >= self.answer_s * 1000:
                self._finish(run)

    def _finish(self, run: JSON) -> None:
        asked = [
            thing
            for thing in self._things.values()
            if thing["object"] == "thread.message" and thing["thread_id"] == run["thread_id"]
        ]
        text = asked[-1]["content"][0]["text"]["value"].upper()
        message = self._message(run["thread_id"], "assistant", text)
        message |= {"run_id": run["id"], "assistant_id": run["assistant_id"]}
        details = {"type": "message_creation", "message_creation": {"message_id": message["id"]}}
        self._new("step", "thread.run.step", {
            "run_id": run["id"], "thread_id": run["thread_id"], "assistant_id": run["assistant_id"],
            "type": "message_creation", "status": "completed", "step_details": details,
        })  # fmt: skip
        run |= {"status": "completed", "completed_at": int(time.time() * 1000)}

    def _message(self, thread: str, role: str, content: Any) -> JSON:
        text = content if isinstance(content, str) else content[0]["text"]
        parts = [{"type": "text", "text": {"value": text, "annotations": []}}]
        return self._new("msg", "thread.message", {"thread_id": thread, "role": role, "content": parts})

    def _new(self, prefix: str, kind: str, fields: JSON) -> JSON:
        number = next(self._numbers)
        made = {"id": f"{prefix}_{number:06}", "object": kind, "created_at": int(time.time() * 1000)} | fields
        self._things[made["id"]] = made
        return made

    def _page(self, kind: str, like: JSON, request: Request) -> Response:
        found = [
            thing
            for thing in self._things.values()
            if thing["object"] == kind and all(thing[name] == value for name, value in like.items())
        ]
        if request.query_params.get("order", "desc") == "desc":
            found.reverse()
        # neither cursors nor run_id: it gives everything there is
        return JSONResponse({"object": "list", "data": found, "has_more": False})


def poor_app(server: PoorServer, lacks: frozenset[str] = frozenset()) -> Starlette:
    """The application, without what it lacks by name: `steps`, `runs` (the list of them), `run`, `modify`."""
    thread = "/v1/threads/{thread}"
    table: list[tuple[str, str, str, Endpoint]] = [
        ("", "GET", "/v1/assistants", server.list_assistants),
        ("", "POST", "/v1/assistants", server.create_assistant),
        ("", "GET", "/v1/assistants/{assistant}", server.get_thing),
        ("", "POST", "/v1/threads", server.create_thread),
        ("", "GET", thread, server.get_thing),
        ("modify", "POST", thread, server.modify_thread),
        ("", "DELETE", thread, server.delete_thread),
        ("", "GET", f"{thread}/messages", server.list_messages),
        ("", "POST", f"{thread}/messages", server.create_message),
        ("runs", "GET", f"{thread}/runs", server.list_runs),
        ("", "POST", f"{thread}/runs", server.create_run),
        ("run", "GET", f"{thread}/runs/{{run}}", server.get_thing),
        ("steps", "GET", f"{thread}/runs/{{run}}/steps", server.list_steps),
    ]
    routes = [
        Route(path, endpoint, methods=[method]) for name, method, path, endpoint in table if name not in lacks
    ]
    return Starlette(routes=routes)


async def _body(request: Request) -> JSON:
    return dict(await request.json()) if await request.body() else {}


def _no(message: str, status: int = 404) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse({"error": error}, status)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="A poor server of the Assistants API on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; it is printed")
    parser.add_argument("--answer-s", type=float, default=0.2, help="seconds that a run takes")
    parser.add_argument("--refuses-streams", action="store_true")
    parser.add_argument("--lacks", default="", help="what else it does not have, by commas")
    given = parser.parse_args(arguments)
    server = PoorServer(given.answer_s, refuses_streams=given.refuses_streams)
    listener = socket.create_server(("127.0.0.1", given.port))
    print(listener.getsockname()[1], flush=True)
    app = poor_app(server, frozenset(given.lacks.split(",")) - {""})
    uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
