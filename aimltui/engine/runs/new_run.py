"""Creates a run from an assistant and from the overrides of the request. Pure."""

from __future__ import annotations

import math
from typing import Any

from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.prompt.context_window import CODE_INTERPRETER
from aimltui.engine.runs.run_memory import RunMemory, Sampling
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.assistants import PROMPT_CACHE, Assistant, version_of
from aimltui.wire.runs import CreateRun, CreateThreadAndRun, Run
from aimltui.wire.tools import CodeInterpreterTool, ToolResources, TruncationStrategy, with_empty_resources


def new_run(
    options: EngineOptions,
    thread_id: str,
    params: CreateRun | CreateThreadAndRun,
    assistant: Assistant,
    assistant_sampling: Sampling,
) -> tuple[Run, RunMemory]:
    """Return the queued run and its memory.

    A given value counts, including zero and the empty text; a missing one, or null, is taken from the assistant.
    """
    now = options.clock()
    sampling = Sampling(
        _first(params.temperature, assistant_sampling.temperature),
        _first(params.top_p, assistant_sampling.top_p),
    )
    resources = params.tool_resources if isinstance(params, CreateThreadAndRun) else None
    effort = params.reasoning_effort if isinstance(params, CreateRun) else None
    tools = [*_first(params.tools, assistant.tools), *(params.more_tools or [])]
    code = (params.code if isinstance(params, CreateRun) else None) or ""
    if code and not any(isinstance(tool, CodeInterpreterTool) for tool in tools):
        tools.append(CodeInterpreterTool(type=CODE_INTERPRETER))
    run = Run(
        id=options.new_id(ids.RUN),
        created_at=int(now),
        thread_id=thread_id,
        assistant_id=assistant.id,
        expires_at=int(now) + math.ceil(options.run_lifetime_s),
        model=params.model or assistant.model,
        instructions=_instructions(params, assistant),
        tools=tools,
        tool_resources=with_empty_resources(tools, resources or assistant.tool_resources or ToolResources()),
        metadata=merged_metadata(None, params.metadata),
        temperature=_first(sampling.temperature, 1.0),
        top_p=_first(sampling.top_p, 1.0),
        max_prompt_tokens=params.max_prompt_tokens,
        max_completion_tokens=params.max_completion_tokens,
        truncation_strategy=params.truncation_strategy or TruncationStrategy(),
        tool_choice=_first(params.tool_choice, "auto"),
        parallel_tool_calls=_first(params.parallel_tool_calls, True),
        response_format=_first(params.response_format, assistant.response_format),
        reasoning_effort=_first(effort, assistant.reasoning_effort),
        connection=params.connection or None,
        assistant_name=assistant.name or None,
        assistant_version=version_of(assistant),
    )
    return run, RunMemory(
        started=now,
        sampling=sampling,
        hosted_tools=params.hosted_tools or "",
        web=params.web or "",
        code=code,
        prompt_cache=(assistant.metadata or {}).get(PROMPT_CACHE, ""),
    )


def _instructions(params: CreateRun | CreateThreadAndRun, assistant: Assistant) -> str:
    # the type is string; strict readers refuse the null that the real service sent
    base = _first(params.instructions, assistant.instructions)
    more = params.additional_instructions if isinstance(params, CreateRun) else None
    if base and more:
        return f"{base} {more}"
    return more or base or ""


def _first(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given
