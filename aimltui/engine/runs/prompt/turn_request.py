"""Prepares a model turn: the history that fits, the tools, the limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aimltui.engine.models.base import ChatRequest
from aimltui.engine.runs import file_search
from aimltui.engine.runs.file_search import SEARCHED_BEFORE, SearchState
from aimltui.engine.runs.prompt import context_window, thread_history, tool_files
from aimltui.engine.runs.prompt.attachments import KnownFiles, enclose
from aimltui.engine.runs.prompt.context_window import CODE_INTERPRETER
from aimltui.engine.runs.prompt.tool_files import ToolFiles
from aimltui.engine.runs.run_memory import RunMemory
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.text_tool_calls import FencedCallParser, PrintedCallParser, TextCallParser
from aimltui.engine.runs.tool_protocol import text_calls_note
from aimltui.engine.runs.turn_writer import TurnPlan
from aimltui.engine.store.database import Connection
from aimltui.engine.tools.base import Tool
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.wire.runs import INCOMPLETE, Run
from aimltui.wire.tools import NamedToolChoice, ResponseFormatObject

_RESERVE = 4
"""The part of the context window that is reserved for an answer without a limit: a quarter."""
_ANSWERS = 4
"""The part of the context window that the results of one turn's searches may have: a quarter."""


@dataclass(frozen=True, slots=True)
class PreparedTurn:
    """A turn that is ready to start."""

    request: ChatRequest
    plan: TurnPlan
    files: ToolFiles = field(default_factory=ToolFiles)
    uses_text_calls: bool = False
    """True if the model writes its code and its calls into its text."""
    remarks: tuple[str, ...] = ()
    """Sentences for the user about attachments that the model does not receive, and the like."""
    search: SearchState = field(default_factory=SearchState)
    room: int = 0
    """Tokens that the results of the turn's tools may have."""
    tokens: int = 0
    """The estimated tokens of the messages."""


async def prepare_turn(services: RunServices, run: Run, memory: RunMemory) -> PreparedTurn | Outcome:
    """Return the next turn's request, or the run's end if a token limit is used up."""
    left_prompt, left_completion = _left(run, memory)
    if left_completion is not None and left_completion <= 0:
        return Outcome(INCOMPLETE, reason="max_completion_tokens")
    if left_prompt is not None and left_prompt <= 0:
        return Outcome(INCOMPLETE, reason="max_prompt_tokens")
    size = services.context_tokens(run.model, run.connection)
    budget = size - min(left_completion or size // _RESERVE, size // 2)
    if left_prompt is not None:
        budget = min(budget, left_prompt)
    turn = memory.turns
    choice = run.tool_choice if turn == 0 or run.tool_choice == "none" else "auto"
    last = memory.no_more_tools
    hosted = services.tools.hosted(run.tools)
    code = (
        services.tools.of_type(CODE_INTERPRETER)
        if any(t.type == CODE_INTERPRETER for t in run.tools)
        else None
    )
    uses_text_calls = bool(run.tools) and services.protocols.uses_text_calls(run.model, run.connection)
    files = await services.database.read(
        lambda conn: tool_files.known(conn, run, services.options.now(), services.path_of)
    )
    search = await services.database.read(lambda conn: file_search.load(conn, run))
    left_out = {CODE_INTERPRETER, FILE_SEARCH} if uses_text_calls else set()
    if not search.stores:
        left_out.add(FILE_SEARCH)
    others = [tool for tool in run.tools if tool.type not in left_out]
    if FILE_SEARCH in left_out:
        hosted = {name: tool for name, tool in hosted.items() if tool.type != FILE_SEARCH}
    may_call = choice != "none" and not last
    offered = services.tools.definitions(others, files.provided)
    note = ""
    if uses_text_calls and choice != "none":
        about = code.definition(files.provided).description if code is not None else None
        note = text_calls_note(about, offered, forced=_forced(choice, left_out), last=last)
    now = services.options.now()
    told = await services.database.read(lambda conn: _window(conn, run, budget, note, uses_text_calls, now))
    if left_prompt is not None and told.tokens > left_prompt:
        return Outcome(INCOMPLETE, reason="max_prompt_tokens")
    known = services.models.info(run.model, run.connection)
    able = known.abilities if known is not None else None
    messages, lost = await enclose(told.messages, services.path_of, able)
    tools = offered if may_call and not uses_text_calls else []
    if uses_text_calls and memory.searched:
        lost.append(SEARCHED_BEFORE)
    request = ChatRequest(
        model=run.model,
        messages=messages,
        tools=tools,
        tool_choice=_tool_choice(choice, left_out) if tools else None,
        parallel_tool_calls=False if tools and not run.parallel_tool_calls else None,
        temperature=memory.sampling.temperature,
        top_p=memory.sampling.top_p,
        max_tokens=left_completion,
        response_format=_response_format(run.response_format),
        reasoning_effort=run.reasoning_effort,
    )
    names = frozenset(tool["function"]["name"] for tool in offered) if may_call else frozenset()
    plan = _plan(services, run, turn, hosted if may_call else {}, files, uses_text_calls, names)
    plan = replace(plan, sources=search.sources)
    # the next turn sends this turn's prompt once more, before the results
    room = min(budget - told.tokens, (left_prompt - 2 * told.tokens) if left_prompt is not None else size)
    room = min(room, size // _ANSWERS)
    return PreparedTurn(request, plan, files, uses_text_calls, tuple(lost), search, max(0, room), told.tokens)


def _plan(
    services: RunServices,
    run: Run,
    turn: int,
    hosted: Mapping[str, Tool],
    files: ToolFiles,
    uses_text_calls: bool,
    offered: frozenset[str],
) -> TurnPlan:
    code = frozenset(name for name, tool in hosted.items() if tool.type == CODE_INTERPRETER)
    names = offered | hosted.keys()
    parser: Callable[[], TextCallParser] | None = None
    if names and uses_text_calls:

        def parser() -> TextCallParser:
            return FencedCallParser(runs_code=bool(code), names=names, code_names=code)

    elif names and services.protocols.may_change(run.model, run.connection):

        def parser() -> TextCallParser:
            return PrintedCallParser(names, code)

    tool_name = CODE_INTERPRETER if CODE_INTERPRETER in code else next(iter(sorted(code)), "")
    return TurnPlan(turn, hosted, files.links or {}, parser=parser, code_tool=tool_name)


def _window(
    conn: Connection, run: Run, budget: int, note: str, uses_text_calls: bool, now: int
) -> context_window.Window:
    strategy = run.truncation_strategy
    last = strategy.last_messages if strategy is not None and strategy.type == "last_messages" else None
    items = thread_history.load(conn, run.thread_id, run.id, budget, last)
    instructions = "\n\n".join(text for text in (run.instructions, note) if text)
    known = KnownFiles(thread_history.files_of(conn, items, now), frozenset(tool.type for tool in run.tools))
    return context_window.build(
        items,
        instructions=instructions,
        budget=budget,
        last_messages=last,
        uses_text_calls=uses_text_calls,
        known=known,
    )


def _left(run: Run, memory: RunMemory) -> tuple[int | None, int | None]:
    prompt, completion = run.max_prompt_tokens, run.max_completion_tokens
    return (
        None if prompt is None else prompt - memory.spent_prompt,
        None if completion is None else completion - memory.spent_completion,
    )


def _forced(choice: object, left_out: Collection[str]) -> str | None:
    """Return the name of the tool that the model must use, empty for any tool; None if it need not use one."""
    if isinstance(choice, NamedToolChoice):
        if choice.type == FILE_SEARCH and FILE_SEARCH in left_out:
            return None
        return choice.function.name if choice.function is not None else choice.type
    return "" if choice == "required" else None


def _tool_choice(choice: object, left_out: Collection[str]) -> str | Mapping[str, Any] | None:
    if isinstance(choice, NamedToolChoice):
        if choice.type in left_out:
            return None
        name = choice.function.name if choice.function is not None else choice.type
        return {"type": "function", "function": {"name": name}}
    return choice if isinstance(choice, str) and choice != "auto" else None


def _response_format(given: object) -> Mapping[str, Any] | None:
    if isinstance(given, ResponseFormatObject) and given.type != "text":
        return given.to_json()
    return None
