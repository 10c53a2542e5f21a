"""Builds the chat messages for a model from a thread, within a budget of tokens. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.engine.accounting.tokens import estimate_message
from aimltui.engine.runs.prompt.attachments import KnownFiles, of_attachment, of_image
from aimltui.engine.runs.prompt.shortening import shorten
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.tools.file_search.marks import without_marks
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.formatting.web_passages import without_web_marks
from aimltui.wire.messages import (
    SUMMARY,
    FileCitationAnnotation,
    ImageFileContent,
    ImageURLContent,
    Message,
    RefusalContent,
    TextContent,
)

ChatMessage = dict[str, Any]

CODE_INTERPRETER = "code_interpreter"
_SUMMARY = "[This is a summary of the conversation so far; it stands for the earlier messages.]\n{}\n[The summary ends here.]"


@dataclass(frozen=True, slots=True)
class MessageItem:
    """A message of the thread."""

    message: Message
    turn: int = 0
    own: bool = False
    """True if the current run wrote it: it is never truncated."""
    author: str = ""
    """The name of the assistant that wrote it, if it is another one than the run's."""


@dataclass(frozen=True, slots=True)
class ToolCallItem:
    """The tool calls of one turn, all of them answered."""

    calls: tuple[Call, ...]
    run_id: str
    turn: int = 0
    own: bool = False
    reasoning: str = ""
    """The model's reasoning before the calls."""


Item = MessageItem | ToolCallItem


@dataclass(slots=True)
class Group:
    """Chat messages that are kept or dropped together."""

    messages: list[ChatMessage]
    role: str
    own: bool
    said: bool
    origin: tuple[str | None, int]
    """The run and the turn, to join a turn's text and its calls."""
    is_pinned: bool = False
    tokens: int = field(default=0)


@dataclass(frozen=True, slots=True)
class Window:
    """The chat messages that fit into the budget."""

    messages: list[ChatMessage]
    tokens: int
    """The estimate for all messages."""
    left_out: int = 0
    """Messages of the thread that did not fit."""
    shortened: int = 0
    """Texts whose middle was cut out."""


def build(
    items: Sequence[Item],
    *,
    instructions: str | None,
    budget: int,
    last_messages: int | None = None,
    uses_text_calls: bool = False,
    passages_first: bool = False,
    known: KnownFiles | None = None,
    shortens: bool = False,
    unread: int = 0,
) -> Window:
    """Build the chat messages for a model turn.

    Args:
        items: The thread in order, oldest first.
        instructions: The run's instructions; None or empty for none.
        budget: The estimated tokens of everything.
        last_messages: The number of newest messages from before the run; None for the strategy `auto`, which keeps the
            first user message and the newest ones, and drops the middle.
        uses_text_calls: Calls are written as blocks in the model's text, and their results in a user message after it.
        passages_first: What the run has found in files is put before the user's question, as it also is with such blocks.
        known: The thread's files; their parts still need their bytes, see `attachments`.
        shortens: With the strategy `auto`, long texts are shortened before messages are dropped, and what only tools said is
            dropped before what was written.
        unread: Older messages that were not even read, because they would not fit.
    """
    groups, summary = _groups(
        items, uses_text_calls, known or KnownFiles(), passages_first or uses_text_calls
    )
    if last_messages is not None:
        newest = _newest(groups, last_messages)
        groups, summary = newest, summary if len(newest) == len(groups) else ""
    system = [{"role": "system", "content": instructions}] if instructions else []
    before: list[ChatMessage] = [{"role": "user", "content": _SUMMARY.format(summary)}] if summary else []
    fixed = sum(estimate_message(message) for message in (*system, *before))
    for group in groups:
        group.tokens = sum(estimate_message(message) for message in group.messages)
    cut: Sequence[object] = ()
    if shortens and last_messages is None:
        needed = _needed(groups)
        able = [group for index, group in enumerate(groups) if index not in needed]
        cut = shorten(able, sum(group.tokens for group in groups) - (budget - fixed))
    kept = _fitting(groups, budget - fixed, spares_words=shortens)
    messages = system + _after_summary(before, [message for group in kept for message in group.messages])
    left_out = unread + sum(group.said for group in groups) - sum(group.said for group in kept)
    told = {id(group) for group in kept}
    shortened = sum(id(group) in told for group in cut)
    return Window(messages, fixed + sum(group.tokens for group in kept), left_out, shortened)


def chat_content(message: Message, known: KnownFiles) -> str | list[dict[str, Any]]:
    """Return a message's content for the model: text, or parts if a user attached images or files."""
    parts: list[dict[str, Any]] = []
    # models imitate such marks, and the tools' answers already describe what they made
    made_here = message.role == "assistant" and message.run_id is not None
    shows = message.role == "user"
    for part in message.content:
        if isinstance(part, TextContent):
            parts.append({"type": "text", "text": _without_markers(part)})
        elif isinstance(part, RefusalContent):
            parts.append({"type": "text", "text": part.refusal})
        elif isinstance(part, ImageFileContent) and shows:
            parts.append(of_image(part.image_file, known))
        elif isinstance(part, ImageFileContent) and not made_here:
            parts.append({"type": "text", "text": f"[image: file {part.image_file.file_id}]"})
        elif isinstance(part, ImageURLContent) and shows:
            image = {"url": part.image_url.url}
            if part.image_url.detail is not None:
                image["detail"] = part.image_url.detail
            parts.append({"type": "image_url", "image_url": image})
        elif isinstance(part, ImageURLContent):
            parts.append({"type": "text", "text": f"[image: {part.image_url.url}]"})
    if not made_here:
        for file in message.attachments or ():
            named = {"type": "text", "text": f"[attached: file {file.file_id}]"}
            parts.append(of_attachment(file, known) if shows else named)
    if any(part["type"] != "text" for part in parts):
        return parts
    return "\n\n".join(part["text"] for part in parts if part["text"])


def _without_markers(part: TextContent) -> str:
    """Return the text without citation marks, which models imitate."""
    text = part.text.value
    for annotation in part.text.annotations:
        if isinstance(annotation, FileCitationAnnotation) and annotation.text:
            text = text.replace(annotation.text, "")
    return without_web_marks(without_marks(text))


def _groups(
    items: Sequence[Item], uses_text_calls: bool, known: KnownFiles, passages_first: bool
) -> tuple[list[Group], str]:
    """Return the groups from the last summary on, and the summary, which is empty if there is none."""
    groups: list[Group] = []
    summary = ""
    for item in items:
        if isinstance(item, MessageItem):
            if is_summary(item.message) and not item.own:
                # it stands for all before it that is not pinned
                groups, summary = [group for group in groups if group.is_pinned], item.message.text
                continue
            content = chat_content(item.message, known)
            if content and item.author:
                content = _marked(item.author, content)
            if content:
                chat: ChatMessage = {"role": item.message.role, "content": content}
                origin = (item.message.run_id, item.turn)
                group = Group([chat], item.message.role, item.own, True, origin)
                group.is_pinned = item.message.is_pinned
                groups.append(group)
            continue
        if passages_first and all(call.type == FILE_SEARCH for call in item.calls):
            _put_before_question(groups, item)
            continue
        called = _in_text(item) if uses_text_calls else _called(item)
        last = groups[-1] if groups else None
        if (
            last is not None
            and last.said
            and last.role == "assistant"
            and last.origin == (item.run_id, item.turn)
        ):
            said = last.messages[0]["content"]
            content = f"{said.rstrip()}\n\n{called[0]['content']}" if uses_text_calls else said
            last.messages = [{**called[0], "content": content}, *called[1:]]
        else:
            groups.append(Group(called, "assistant", item.own, False, (item.run_id, item.turn)))
    return groups, summary


def is_summary(message: Message) -> bool:
    """Whether a message is a summary of all messages before it."""
    return SUMMARY in (message.metadata or {})


def _after_summary(summary: list[ChatMessage], messages: list[ChatMessage]) -> list[ChatMessage]:
    """Put the summary before what was said since; in one message with a question, as some models refuse two in a row."""
    if not summary or not messages or messages[0]["role"] != "user":
        return summary + messages
    text, content = summary[0]["content"], messages[0]["content"]
    said = f"{text}\n\n{content}" if isinstance(content, str) else [{"type": "text", "text": text}, *content]
    return [{**messages[0], "content": said}, *messages[1:]]


def _marked(author: str, content: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Return what another assistant wrote with its name. It stays an answer, so that questions and answers alternate."""
    mark = f"[{author} wrote:]"
    return f"{mark}\n{content}" if isinstance(content, str) else [{"type": "text", "text": mark}, *content]


def _put_before_question(groups: list[Group], item: ToolCallItem) -> None:
    """Put the passages that the run has found before the user's question, for a model that cannot call tools."""
    asked = next((group for group in reversed(groups) if group.role == "user"), None)
    if asked is None or not item.own:
        return
    found = "\n\n".join(call.output or "" for call in item.calls)
    text = f"[These passages of the files were found for the question after them.]\n{found}\n[The question:]"
    said = asked.messages[0]["content"]
    content = f"{text}\n{said}" if isinstance(said, str) else [{"type": "text", "text": text}, *said]
    asked.messages = [{**asked.messages[0], "content": content}, *asked.messages[1:]]


def _in_text(item: ToolCallItem) -> list[ChatMessage]:
    """Return the messages for calls that a model wrote into its text."""
    blocks = "\n\n".join(map(_block, item.calls))
    if all(call.type == CODE_INTERPRETER for call in item.calls):
        outputs = "\n\n".join(call.output or "" for call in item.calls)
        told = f"[The code above was run. This is its output; the user did not write it.]\n{outputs}"
    else:
        outputs = "\n\n".join(f"{call.name}: {call.output or ''}" for call in item.calls)
        told = f"[These are the results of the calls above; the user did not write them.]\n{outputs}"
    return [{"role": "assistant", "content": blocks}, {"role": "user", "content": told}]


def _block(call: Call) -> str:
    try:
        arguments = json.loads(call.arguments or "{}")
        asked = json.dumps({"name": call.name, "arguments": arguments}, ensure_ascii=False)
    except (ValueError, RecursionError):
        arguments = call.arguments
        asked = json.dumps({"name": call.name, "arguments": arguments}, ensure_ascii=False)
    if call.type == CODE_INTERPRETER and isinstance(arguments, dict):
        return f"```python\n{str(arguments.get('code', '')).rstrip()}\n```"
    return f"```tool_call\n{asked}\n```"


def _called(item: ToolCallItem) -> list[ChatMessage]:
    asked = [
        {
            **(call.extra or {}),
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": _arguments(call)},
        }
        for call in item.calls
    ]
    answers = [{"role": "tool", "tool_call_id": call.id, "content": call.output or ""} for call in item.calls]
    told: ChatMessage = {"role": "assistant", "content": None, "tool_calls": asked}
    if item.reasoning:
        # some models require it with their calls; it is removed for the others
        told["reasoning_content"] = item.reasoning
    return [told, *answers]


def _arguments(call: Call) -> str:
    # some endpoints parse the arguments of earlier calls and refuse the empty text that others send for "none"
    return call.arguments or "{}"


def _newest(groups: list[Group], count: int) -> list[Group]:
    seen = 0
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        seen += group.said and not group.own
        if seen == count:
            return [group for group in groups[:index] if group.is_pinned] + groups[index:]
    return groups


def _needed(groups: list[Group]) -> set[int]:
    """The places of the groups that are never dropped: what the run did itself, what is pinned, and the last question."""
    needed = {index for index, group in enumerate(groups) if group.own or group.is_pinned}
    users = [index for index, group in enumerate(groups) if group.role == "user"]
    if users:
        needed.add(users[-1])
    elif groups:
        needed.add(len(groups) - 1)
    return needed


def _fitting(groups: list[Group], budget: int, *, spares_words: bool) -> list[Group]:
    keep = _needed(groups)
    left = budget - sum(groups[index].tokens for index in keep)
    users = [index for index, group in enumerate(groups) if group.role == "user"]
    if users and users[0] not in keep and groups[users[0]].tokens <= left:
        keep.add(users[0])
        left -= groups[users[0]].tokens
    rest = [index for index in reversed(range(len(groups))) if index not in keep]
    if spares_words:
        # newest first as before, but all words come before all bare calls
        rest.sort(key=lambda index: not groups[index].said)
    for index in rest:
        if groups[index].tokens > left:
            break
        keep.add(index)
        left -= groups[index].tokens
    return [group for index, group in enumerate(groups) if index in keep]
