"""Builds the response object of a run. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from aimltui.server.responses.ids import ResponseRef, conversation_id
from aimltui.wire.base import JSONObject, Metadata
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import (
    CANCELLED,
    COMPLETED,
    EXPIRED,
    FAILED,
    INCOMPLETE,
    QUEUED,
    REQUIRES_ACTION,
    Run,
    Usage,
)
from aimltui.wire.tools import FunctionTool, NamedToolChoice, ResponseFormatObject, Tool

OWN = "aimltui.response."
"""Metadata keys of a run that begin with this hold what a response has and a run does not."""
MODEL, PREVIOUS, CONVERSATION, BACKGROUND = (
    f"{OWN}{name}" for name in ("model", "previous", "conversation", "background")
)
_STATUS: Final = {
    QUEUED: "queued",
    REQUIRES_ACTION: "completed",
    COMPLETED: "completed",
    INCOMPLETE: "incomplete",
    FAILED: "failed",
    EXPIRED: "failed",
    CANCELLED: "cancelled",
}
_CODES: Final = frozenset({"server_error", "rate_limit_exceeded", "invalid_prompt"})


def response_json(
    ref: ResponseRef, run: Run, output: Sequence[JSONObject], usage: Usage | None, *, is_last: bool = True
) -> JSONObject:
    """Return the response object.

    Args:
        ref: Which leg of the run it is.
        run: The run as it is now.
        output: The items of this leg.
        usage: The tokens of this leg.
        is_last: False if function outputs were submitted after this leg, which is complete then.
    """
    metadata = run.metadata or {}
    status = _STATUS.get(run.status, "in_progress") if is_last else "completed"
    previous = ResponseRef(ref.thread_id, ref.run_id, ref.leg - 1).id if ref.leg else metadata.get(PREVIOUS)
    is_over = status in ("completed", "incomplete")
    return {
        "id": ref.id,
        "object": "response",
        "created_at": run.created_at,
        "completed_at": run.completed_at if status == "completed" else None,
        "status": status,
        "background": metadata.get(BACKGROUND) == "true",
        "conversation": {"id": conversation_id(ref.thread_id)} if metadata.get(CONVERSATION) else None,
        "previous_response_id": previous or None,
        "error": _error(run) if status == "failed" else None,
        "incomplete_details": _incomplete(run) if status == "incomplete" else None,
        "instructions": run.instructions or None,
        "max_output_tokens": run.max_completion_tokens,
        "max_tool_calls": None,
        "metadata": {name: value for name, value in metadata.items() if not name.startswith(OWN)},
        "model": metadata.get(MODEL) or run.model,
        "output": list(output),
        "parallel_tool_calls": run.parallel_tool_calls,
        "reasoning": {"effort": run.reasoning_effort, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": run.temperature,
        "text": {"format": _format(run)},
        "tool_choice": _choice(run),
        "tools": [tool for one in run.tools if (tool := _tool(one, run)) is not None],
        "top_logprobs": 0,
        "top_p": run.top_p,
        "truncation": "auto",
        "usage": usage_json(usage) if is_over else None,
        "user": None,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "prompt_cache_key": None,
        "safety_identifier": None,
    }


def own_metadata(run_metadata: Metadata, **own: str) -> Metadata:
    """Return the metadata of a run: that of the request, and what the response object needs later."""
    values = {"model": own.get("model", ""), "previous": own.get("previous", "")}
    values |= {"conversation": own.get("conversation", ""), "background": own.get("background", "")}
    return {**run_metadata, **{f"{OWN}{name}": value[:512] for name, value in values.items() if value}}


def usage_of(steps: Iterable[RunStep]) -> Usage:
    """Return the tokens of the steps of a leg."""
    known = [step.usage for step in steps if step.usage is not None]
    details = [usage.prompt_token_details for usage in known if usage.prompt_token_details is not None]
    thoughts = [
        usage.completion_tokens_details for usage in known if usage.completion_tokens_details is not None
    ]
    return Usage.model_validate(
        {
            "prompt_tokens": sum(usage.prompt_tokens for usage in known),
            "completion_tokens": sum(usage.completion_tokens for usage in known),
            "total_tokens": sum(usage.total_tokens for usage in known),
            "prompt_token_details": {"cached_tokens": sum(one.cached_tokens for one in details)},
            "completion_tokens_details": {"reasoning_tokens": sum(one.reasoning_tokens for one in thoughts)},
        }
    )


def usage_json(usage: Usage | None) -> JSONObject:
    """Return tokens under the names of responses."""
    used = usage or Usage()
    cached, thought = used.prompt_token_details, used.completion_tokens_details
    return {
        "input_tokens": used.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": cached.cached_tokens if cached else 0,
            "cache_write_tokens": 0,
        },
        "output_tokens": used.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": thought.reasoning_tokens if thought else 0},
        "total_tokens": used.total_tokens,
    }


def _error(run: Run) -> JSONObject:
    error = run.last_error
    if error is None:
        return {"code": "server_error", "message": f"The run ended as {run.status}, without an answer."}
    return {"code": error.code if error.code in _CODES else "server_error", "message": error.message}


def _incomplete(run: Run) -> JSONObject:
    reason = run.incomplete_details.reason if run.incomplete_details else None
    return {"reason": "content_filter" if reason == "content_filter" else "max_output_tokens"}


def _format(run: Run) -> JSONObject:
    wanted = run.response_format
    if isinstance(wanted, ResponseFormatObject) and wanted.type == "json_schema":
        schema = wanted.json_schema or {}
        return {"type": "json_schema", "schema": {}, "name": "answer", **schema}
    if isinstance(wanted, ResponseFormatObject) and wanted.type == "json_object":
        return {"type": "json_object"}
    return {"type": "text"}


def _choice(run: Run) -> str | JSONObject:
    choice = run.tool_choice
    if not isinstance(choice, NamedToolChoice):
        return choice or "auto"
    if choice.function is not None:
        return {"type": "function", "name": choice.function.name}
    return {"type": choice.type}


def _tool(tool: Tool, run: Run) -> JSONObject | None:
    if isinstance(tool, FunctionTool):
        function = tool.function
        return {
            "type": "function",
            "name": function.name,
            "description": function.description,
            "parameters": function.parameters or {},
            "strict": bool(function.strict),
        }
    if tool.type == "code_interpreter":
        return {"type": "code_interpreter", "container": {"type": "auto"}}
    if tool.type == "file_search":
        search = run.tool_resources.file_search if run.tool_resources else None
        return {"type": "file_search", "vector_store_ids": search.vector_store_ids if search else []}
    return None
