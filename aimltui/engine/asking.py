"""What a model is asked in a turn: the thread as far as it fits, the tools, the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aimltui.engine import context
from aimltui.engine.enclosures import Known, enclose
from aimltui.engine.fences import FenceSplitter, PrintedCallSplitter, Splitter
from aimltui.engine.models.base import ChatRequest
from aimltui.engine.protocol import fenced_note
from aimltui.engine.run_state import Outcome
from aimltui.engine.store import tool_files, window
from aimltui.engine.store.database import Connection
from aimltui.engine.store.tool_files import ToolFiles
from aimltui.engine.tools.base import Tool
from aimltui.engine.turn import TurnPlan
from aimltui.engine.workplace import Workplace
from aimltui.wire.base import JSONObject
from aimltui.wire.runs import INCOMPLETE, Run
from aimltui.wire.tools import NamedToolChoice, ResponseFormatObject

CODE_INTERPRETER = "code_interpreter"
_RESERVE = 4
"""The part of the context window that is left to the answer where nobody says how long it may be: a quarter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that is about to begin."""

    request: ChatRequest
    plan: TurnPlan
    files: ToolFiles = field(default_factory=ToolFiles)
    fenced: bool = False
    """True if the model writes its code into its text."""


async def ask(place: Workplace, run: Run, private: JSONObject) -> Asked | Outcome:
    """The next turn's request, or the run's end if a token limit is used up."""
    left_prompt, left_completion = _left(run, private)
    if left_completion is not None and left_completion <= 0:
        return Outcome(INCOMPLETE, reason="max_completion_tokens")
    if left_prompt is not None and left_prompt <= 0:
        return Outcome(INCOMPLETE, reason="max_prompt_tokens")
    known = place.models.info(run.model, run.connection)
    size = (known.context_length if known is not None else None) or place.options.default_context_tokens
    budget = size - min(left_completion or size // _RESERVE, size // 2)
    if left_prompt is not None:
        budget = min(budget, left_prompt)
    turn = private.get("turns", 0)
    choice = run.tool_choice if turn == 0 or run.tool_choice == "none" else "auto"
    last = private.get("no_more_tools", False)
    hosted = place.tools.hosted(run.tools)
    code = (
        place.tools.of_type(CODE_INTERPRETER) if any(t.type == CODE_INTERPRETER for t in run.tools) else None
    )
    fenced = code is not None and place.protocols.is_fenced(run.model, run.connection)
    files = await place.database.read(
        lambda conn: tool_files.known(conn, run, place.options.now(), place.path_of)
    )
    note = ""
    if fenced and code is not None and choice != "none":
        about = code.definition(files.provided).description
        note = fenced_note(about, forced=_forces_code(choice), last=last)
    now = place.options.now()
    told = await place.database.read(lambda conn: _window(conn, run, budget, note, fenced, now))
    if left_prompt is not None and told.tokens > left_prompt:
        return Outcome(INCOMPLETE, reason="max_prompt_tokens")
    able = known.abilities if known is not None else None
    messages = await enclose(told.messages, place.path_of, able)
    offered = [tool for tool in run.tools if not (fenced and tool.type == CODE_INTERPRETER)]
    tools = [] if choice == "none" or last else place.tools.definitions(offered, files.provided)
    sampling = private.get("sampling", {})
    request = ChatRequest(
        model=run.model,
        messages=messages,
        tools=tools,
        tool_choice=None if not tools or (fenced and _forces_code(choice)) else _tool_choice(choice),
        parallel_tool_calls=False if tools and not run.parallel_tool_calls else None,
        temperature=sampling.get("temperature"),
        top_p=sampling.get("top_p"),
        max_tokens=left_completion,
        response_format=_response_format(run.response_format),
        reasoning_effort=run.reasoning_effort,
    )
    may_call = choice != "none" and not last
    plan = _plan(place, run, turn, hosted if may_call else {}, files, fenced)
    return Asked(request, plan, files, fenced)


def _plan(
    place: Workplace, run: Run, turn: int, hosted: Mapping[str, Tool], files: ToolFiles, fenced: bool
) -> TurnPlan:
    names = {name for name, tool in hosted.items() if tool.type == CODE_INTERPRETER}
    splitter: type[FenceSplitter] | Any = None
    if names and fenced:
        splitter = FenceSplitter
    elif names and place.protocols.may_change(run.model, run.connection):

        def splitter() -> Splitter:
            return PrintedCallSplitter(names)

    tool_name = CODE_INTERPRETER if CODE_INTERPRETER in names else next(iter(sorted(names)), "")
    return TurnPlan(turn, hosted, files.links or {}, splitter, tool_name)


def _window(conn: Connection, run: Run, budget: int, note: str, fenced: bool, now: int) -> context.Window:
    strategy = run.truncation_strategy
    last = strategy.last_messages if strategy is not None and strategy.type == "last_messages" else None
    items = window.load(conn, run.thread_id, run.id, budget, last)
    instructions = "\n\n".join(text for text in (run.instructions, note) if text)
    known = Known(window.files_of(conn, items, now), frozenset(tool.type for tool in run.tools))
    return context.build(
        items, instructions=instructions, budget=budget, last_messages=last, fenced=fenced, known=known
    )


def _left(run: Run, private: Mapping[str, Any]) -> tuple[int | None, int | None]:
    prompt, completion = run.max_prompt_tokens, run.max_completion_tokens
    return (
        None if prompt is None else prompt - private.get("spent_prompt", 0),
        None if completion is None else completion - private.get("spent_completion", 0),
    )


def _forces_code(choice: object) -> bool:
    return choice == "required" or (isinstance(choice, NamedToolChoice) and choice.type == CODE_INTERPRETER)


def _tool_choice(choice: object) -> str | Mapping[str, Any] | None:
    if isinstance(choice, NamedToolChoice):
        name = choice.function.name if choice.function is not None else choice.type
        return {"type": "function", "function": {"name": name}}
    return choice if isinstance(choice, str) and choice != "auto" else None


def _response_format(given: object) -> Mapping[str, Any] | None:
    if isinstance(given, ResponseFormatObject) and given.type != "text":
        return given.to_json()
    return None
