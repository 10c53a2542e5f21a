"""The operation that tells what the engine remembers of a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from aimltui.common.redaction import redact_in_use
from aimltui.engine.accounting.tokens import estimate, estimate_message
from aimltui.engine.runs.traces import SentRequest, Trace
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import runs as rows
from aimltui.formatting.memory_text import memory_in
from aimltui.wire.runs import RunParams
from aimltui.wire.traces import ModelRequest, RunTrace

_FILES = frozenset({"image_url", "image_file", "input_image", "file", "input_file"})
"""Types of parts that are pictures and files."""


class TraceOperations:
    """The operation on traces."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run_trace(self, params: RunParams) -> RunTrace:
        """Return what is remembered of a run; nothing of one that another process executed, or that is long over."""
        await self._runtime.read(lambda conn: rows.get(conn, params.thread_id, params.run_id))
        trace = self._runtime.traces.get(params.run_id)
        if trace is None:
            return RunTrace(run_id=params.run_id)
        return await asyncio.to_thread(_told, params.run_id, trace)


def _told(run_id: str, trace: Trace) -> RunTrace:
    times = [
        (first + offset, at)
        for first, leg in sorted(trace.times.items())
        for offset, at in enumerate(list(leg))
    ]
    return RunTrace(run_id=run_id, times=times, requests=[_request(sent) for sent in list(trace.requests)])


def _request(sent: SentRequest) -> ModelRequest:
    body = json.loads(redact_in_use(json.dumps(sent.body, default=str)))
    return ModelRequest(
        at=sent.at,
        first_at=sent.first_at,
        ended_at=sent.ended_at,
        body=body,
        is_exact=sent.is_exact,
        tokens=context_parts(body),
    )


def context_parts(body: Mapping[str, Any]) -> dict[str, int]:
    """Return the estimated tokens of a request by part; parts without any are left out."""
    parts = dict.fromkeys(("instructions", "memory", "tools", "thread", "calls", "thoughts", "files"), 0)
    if body.get("tools"):
        parts["tools"] = estimate(json.dumps(body["tools"]))
    parts["instructions"] += estimate(str(body.get("instructions") or ""))
    messages = body.get("messages") or body.get("input") or ()
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping):
            _count(message, parts)
    return {name: tokens for name, tokens in parts.items() if tokens}


def _count(message: Mapping[str, Any], parts: dict[str, int]) -> None:
    role, kind = message.get("role"), str(message.get("type") or "")
    thought = message.get("reasoning_content") or (message.get("summary") if kind == "reasoning" else None)
    if thought:
        parts["thoughts"] += estimate(thought if isinstance(thought, str) else json.dumps(thought))
    content = message.get("content")
    files = [part for part in content if _is_file(part)] if isinstance(content, list) else []
    if files:
        parts["files"] += estimate_message({"role": role, "content": files})
        message = {**message, "content": [part for part in _parts(content) if not _is_file(part)]}
    if role in ("system", "developer"):
        notes = estimate(memory_in(content)) if isinstance(content, str) else 0
        parts["memory"] += notes
        parts["instructions"] += estimate_message(message) - notes
    elif role == "tool" or message.get("tool_calls") or kind.startswith("function_call"):
        parts["calls"] += estimate_message(message) + estimate(json.dumps(message.get("output") or ""))
    elif role:
        parts["thread"] += estimate_message(message)


def _parts(content: Any) -> Iterable[Any]:
    return content if isinstance(content, list) else ()


def _is_file(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in _FILES
