"""gptme: a folder with conversation.jsonl, and backups of what was edited in branches/."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import (
    MAX_BRANCHES,
    MessageList,
    further_branches,
    last_model,
    split_thinking,
)
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, name, seconds, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Attachment,
    Item,
    JSONValue,
    Message,
    Part,
    Skipped,
    Text,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import lines

ID = "gptme"
NAME = "gptme"

Object = Mapping[str, JSONValue]
_USUAL_NAME = "conversation.jsonl"
_BRANCHES = "branches"
_CALL = re.compile(r"^@(\w+)(?:\(([\w-]*)\))?:[ \t]*(?=\{)", re.MULTILINE)
_OF_PROGRAM = re.compile(r"\s*<system>.*</system>\s*", re.DOTALL)
_END_OF_SESSION = "complete"
"""With this tool an unattended session says that it is over: nothing was done by it."""
_DECODER = json.JSONDecoder(strict=False)


def claims(sample: Sample) -> bool:
    """True if the lines are messages of this kind."""
    return sample.shape in ("lines", "object") and any(
        isinstance(row.get("content"), str)
        and isinstance(row.get("role"), str)
        and isinstance(row.get("timestamp"), str)
        for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations; a file in branches/ belongs to the one beside that folder."""
    paths = {member.path for member in members}
    for member in members:
        folder, _, last = member.folder.rpartition("/")
        if not (last == _BRANCHES and (f"{folder}/{_USUAL_NAME}" in paths or not folder)):
            yield from _conversation(member, bundle)


def _conversation(member: Member, bundle: Bundle) -> Iterator[Item]:
    source_id = _title_of(member)
    rows, faults = _rows(member)
    yield from faults
    messages = _messages(rows)
    if not messages:
        yield Skipped(source_id, "no messages")
        return
    others = sorted(
        (other for other in bundle.everything() if other.folder == _below(member.folder, _BRANCHES)),
        key=lambda other: other.path,
    )
    branches = further_branches(
        messages, ((other.stem, _messages(_rows(other)[0])) for other in others[:MAX_BRANCHES])
    )
    yield Thread(
        ID,
        source_id,
        messages,
        source_id,
        messages[0].at,
        model=_model_of(bundle.find(member.folder, "config.toml")) or last_model(messages),
        branches=branches,
    )


def _title_of(member: Member) -> str:
    """The name of the folder: there is no other title."""
    if member.name != _USUAL_NAME:
        return member.stem
    folder = member.folder.rpartition("/")[2]
    if folder in ("", ".") and member.local is not None:
        folder = member.local.absolute().parent.name
    return name(folder) or member.stem


def _below(folder: str, last: str) -> str:
    return last if folder in ("", ".") else f"{folder}/{last}"


def _model_of(config: Member | None) -> str | None:
    if config is None:
        return None
    try:
        return name(mapping(tomllib.loads(config.read().decode()).get("chat")).get("model"))
    except (ValueError, RecursionError, UnreadableInput):
        return None


def _rows(member: Member) -> tuple[list[Object], list[Skipped]]:
    rows, faults = list[Object](), list[Skipped]()
    try:
        for row in lines(member):
            if isinstance(row, Skipped):
                faults.append(row)
            else:
                rows.append(row)
    except UnreadableInput as error:
        faults.append(Skipped(member.path, str(error)))
    return rows, faults


def _messages(rows: Sequence[Object]) -> tuple[Message, ...]:
    messages = MessageList()
    for row in rows:
        role, content, at = row.get("role"), text(row.get("content")), seconds(row.get("timestamp"))
        if row.get("hide") is True or (role == "user" and _OF_PROGRAM.fullmatch(content)):
            continue
        call_id = identifier(row.get("call_id"))
        # no ids: the words, which a backup repeats as they are, tell messages apart
        source_id = f"{row.get('timestamp')} {content[:200]}"
        if role == "system":
            if call_id is not None:
                messages.answer(call_id, content)
        elif role in ("user", "assistant"):
            is_user = role == "user"
            said: list[Part] = [Text(content)] if is_user else _answer(content)
            attached = [Attachment(_last_part(file)) for file in items(row.get("files"))]
            model = None if is_user else name(mapping(row.get("metadata")).get("model"))
            messages.add(
                "user" if is_user else "assistant", [*said, *attached], at, model=model, source_id=source_id
            )
    return messages.finished()


def _last_part(path: JSONValue) -> str | None:
    return name(text(path).replace("\\", "/").rpartition("/")[2])


def _answer(content: str) -> list[Part]:
    return [
        made
        for part in split_thinking(content)
        for made in (_split_calls(part.value) if isinstance(part, Text) else [part])
    ]


def _split_calls(content: str) -> Iterator[Part]:
    """Text in which calls stand as `@tool(id): {...}`."""
    position = 0
    for match in _CALL.finditer(content):
        if match.start() < position:
            continue
        try:
            _, end = _DECODER.raw_decode(content, match.end())
        except (ValueError, RecursionError):
            continue
        yield Text(content[position : match.start()].strip())
        if match[1] != _END_OF_SESSION:
            yield ToolCall("tool", match[1], content[match.end() : end], source_id=match[2] or None)
        position = end
    yield Text(content[position:].strip())
