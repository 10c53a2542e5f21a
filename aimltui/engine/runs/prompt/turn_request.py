"""Prepares a model turn: the history that fits, the tools, the limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import ChatRequest
from aimltui.engine.runs import file_search
from aimltui.engine.runs.file_search import SEARCHED_BEFORE, SEARCHED_WITHOUT_TOOLS, SearchState
from aimltui.engine.runs.prompt import context_window, thread_history, tool_files
from aimltui.engine.runs.prompt.attachments import KnownFiles, enclose
from aimltui.engine.runs.prompt.context_window import CODE_INTERPRETER, MessageItem
from aimltui.engine.runs.prompt.speakers import with_speakers
from aimltui.engine.runs.prompt.tool_files import ToolFiles
from aimltui.engine.runs.run_memory import RunMemory
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.text_tool_calls import FencedCallParser, PrintedCallParser, TextCallParser, TextCalls
from aimltui.engine.runs.tool_protocol import text_calls_note
from aimltui.engine.runs.turn_writer import TurnPlan
from aimltui.engine.store.database import Connection
from aimltui.engine.tools.base import Tool
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.wire.runs import INCOMPLETE, Run
from aimltui.wire.tools import FunctionTool, NamedToolChoice, ResponseFormatObject

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
    remarks: tuple[str, ...] = ()
    """Sentences for the user about attachments that the model does not receive, and the like."""
    search: SearchState = field(default_factory=SearchState)
    room: int = 0
    """Tokens that the results of the turn's tools may have."""
    tokens: int = 0
    """The estimated tokens of the messages."""
    left_out: int = 0
    """Messages of the thread that did not fit."""
    shortened: int = 0
    """Texts whose middle was cut out."""


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
    now = services.options.now()
    files, search = await services.database.read(
        lambda conn: (tool_files.known(conn, run, now, services.path_of), file_search.load(conn, run))
    )
    offer = _offer(services, run, files, search, choice, last=memory.no_more_tools)
    told = await services.database.read(lambda conn: _window(conn, run, memory, budget, offer, now))
    if left_prompt is not None and told.tokens > left_prompt:
        return Outcome(INCOMPLETE, reason="max_prompt_tokens")
    known = services.models.info(run.model, run.connection)
    able = known.abilities if known is not None else None
    messages, lost = await enclose(told.messages, services.path_of, able)
    if memory.searched:
        lost.append(SEARCHED_WITHOUT_TOOLS if run.tools_off else SEARCHED_BEFORE)
    tools = offer.definitions if offer.may_call and not offer.uses_text_calls else []
    request = ChatRequest(
        model=run.model,
        messages=messages,
        tools=tools,
        tool_choice=_tool_choice(choice, offer.left_out) if tools else None,
        parallel_tool_calls=False if tools and not run.parallel_tool_calls else None,
        temperature=memory.sampling.temperature,
        top_p=memory.sampling.top_p,
        max_tokens=left_completion,
        response_format=_response_format(run.response_format),
        reasoning_effort=run.reasoning_effort,
        web_search=memory.web == "on" and "web_search" in (able or ()),
        prompt_cache=memory.prompt_cache != "off",
    )
    plan = _plan(services, run, turn, offer, files)
    plan = replace(plan, sources=search.sources)
    # the next turn sends this turn's prompt once more, before the results
    room = min(budget - told.tokens, (left_prompt - 2 * told.tokens) if left_prompt is not None else size)
    room = max(0, min(room, size // _ANSWERS))
    return PreparedTurn(
        request,
        plan,
        files,
        tuple(lost),
        search,
        room,
        told.tokens,
        told.left_out,
        told.shortened,
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """The tools of a turn."""

    definitions: list[Mapping[str, Any]]
    """The tools that the model may call, in the format of `/chat/completions`."""
    hosted: Mapping[str, Tool]
    """Those among them that the engine executes, by name."""
    left_out: frozenset[str]
    """The types of hosted tools that are not among them."""
    uses_text_calls: bool
    """True if the model writes its calls into its text, and finds earlier ones there."""
    may_call: bool
    note: str
    """What the instructions say about tools."""


def _offer(
    services: RunServices, run: Run, files: ToolFiles, search: SearchState, choice: object, *, last: bool
) -> _Offer:
    """Return what the model is offered in a turn.

    Args:
        services: The engine's services.
        run: The run.
        files: The files that tools may read.
        search: The vector stores; without any, there is nothing to search.
        choice: The run's tool choice.
        last: The model has used tools often enough.
    """
    tools = list(run.tools)
    hosted = services.tools.hosted(tools)
    if run.tools_off:
        tools = [tool for tool in tools if isinstance(tool, FunctionTool)]
        hosted = {}
    uses_text_calls = bool(run.tools) and services.protocols.uses_text_calls(run.model, run.connection)
    code = services.tools.of_type(CODE_INTERPRETER) if CODE_INTERPRETER in {t.type for t in tools} else None
    left_out = {CODE_INTERPRETER, FILE_SEARCH} if uses_text_calls or run.tools_off else set()
    if not search.stores:
        left_out.add(FILE_SEARCH)
    if FILE_SEARCH in left_out:
        hosted = {name: tool for name, tool in hosted.items() if tool.type != FILE_SEARCH}
    offered = services.tools.definitions(
        (tool for tool in tools if tool.type not in left_out), files.provided
    )
    has_any = bool(offered) or code is not None
    note = ""
    if last and has_any:
        note = text_calls_note(None, last=True)
    elif uses_text_calls and has_any and choice != "none":
        about = code.definition(files.provided).description if code is not None else None
        note = text_calls_note(about, offered, forced=_forced(choice, left_out))
    # a model without any tool reads earlier calls as text: some servers refuse calls beside no tools
    in_text = uses_text_calls or (bool(run.tools_off) and not has_any)
    return _Offer(
        offered, hosted, frozenset(left_out), in_text, has_any and choice != "none" and not last, note
    )


def _plan(services: RunServices, run: Run, turn: int, offer: _Offer, files: ToolFiles) -> TurnPlan:
    # a model that calls although it was told to answer is understood, too
    hosted = offer.hosted if run.tool_choice != "none" else {}
    code = frozenset(name for name, tool in hosted.items() if tool.type == CODE_INTERPRETER)
    names = {tool["function"]["name"] for tool in offer.definitions} if run.tool_choice != "none" else set()
    names |= hosted.keys()
    parser: Callable[[], TextCallParser] | None = None
    if names and offer.uses_text_calls and offer.may_call:

        def parser() -> TextCallParser:
            fenced = FencedCallParser(runs_code=bool(code), names=names, code_names=code)
            return TextCalls(PrintedCallParser(names, code, fences=False), fenced)

    elif names and _response_format(run.response_format) is None:

        def parser() -> TextCallParser:
            return PrintedCallParser(names, code)

    tool_name = CODE_INTERPRETER if CODE_INTERPRETER in code else next(iter(sorted(code)), "")
    return TurnPlan(turn, hosted, files.links or {}, parser=parser, code_tool=tool_name)


def _window(
    conn: Connection, run: Run, memory: RunMemory, budget: int, offer: _Offer, now: int
) -> context_window.Window:
    strategy = run.truncation_strategy
    last = strategy.last_messages if strategy is not None and strategy.type == "last_messages" else None
    shortens = strategy is not None and strategy.type == "auto" and bool(strategy.shorten)
    items, unread = thread_history.load(conn, run.thread_id, run.id, budget, last, shortens=shortens)
    if memory.plain:
        items = [item for item in items if isinstance(item, MessageItem) or not item.own]
    items, about_others = with_speakers(conn, run, items)
    instructions = "\n\n".join(text for text in (run.instructions, about_others, offer.note) if text)
    known = KnownFiles(thread_history.files_of(conn, items, now), frozenset(tool.type for tool in run.tools))
    return context_window.build(
        items,
        instructions=instructions,
        budget=budget,
        last_messages=last,
        uses_text_calls=offer.uses_text_calls,
        passages_first=bool(run.tools_off),
        known=known,
        shortens=shortens,
        unread=unread,
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
