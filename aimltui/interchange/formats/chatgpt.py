"""ChatGPT's data export: conversations.json, or numbered files of a hundred conversations each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import (
    earliest,
    identifier,
    items,
    mapping,
    mappings,
    name,
    seconds,
    sniffed_type,
    text,
)
from aimltui.interchange.formats.chatgpt_canvas import Canvases, is_canvas
from aimltui.interchange.formats.chatgpt_marks import shown, sources
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Attachment,
    Item,
    JSONValue,
    Message,
    Part,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import converted
from aimltui.interchange.trees import Tree

ID = "chatgpt"
NAME = "ChatGPT"

_ASSET = re.compile(r"file[-_][A-Za-z0-9]+")
_POINTER = re.compile(r"^(?:file-service|sediment)://")
_HIDDEN_CONTENT = frozenset({"user_editable_context", "model_editable_context", "reasoning_recap"})
_NAMES_FILE = "conversation_asset_file_names.json"

Object = Mapping[str, JSONValue]


def claims(sample: Sample) -> bool:
    """True if the file holds conversations of this kind."""
    if sample.shape not in ("array", "lines", "object"):
        return False
    return any(
        "mapping" in row or {"current_node", "default_model_slug"} <= row.keys() for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations of these files."""
    assets = Assets(bundle)
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place, assets)])


class Assets:
    """Pictures and other files of the export, found by the id with which their names begin."""

    def __init__(self, bundle: Bundle) -> None:
        self._members: dict[str, Member] = {}
        self._names: dict[str, str] = {}
        for member in bundle.everything():
            if member.name == _NAMES_FILE:
                self._read_names(member)
            elif (match := _ASSET.match(member.name)) is not None:
                self._members.setdefault(match[0], member)

    def attachment(self, pointer: JSONValue, described: Mapping[str, Object] | None = None) -> Attachment:
        """The file that a pointer means, with its bytes if the export has them."""
        asset = _POINTER.sub("", text(pointer)).split("#")[0]
        told = (described or {}).get(asset, {})
        member = self._members.get(asset)
        own = name(told.get("name"))
        if own is None and member is not None:
            own = self._names.get(member.name)
        media_type = name(told.get("mime_type")) or name(told.get("mimeType"))
        if member is None:
            return Attachment(own, None, media_type, asset or None)
        try:
            media_type = media_type or sniffed_type(member.head(16))
        except UnreadableInput:
            return Attachment(own, None, media_type, asset)
        return Attachment(own, member, media_type, asset, member=member.name)

    def _read_names(self, member: Member) -> None:
        try:
            found = mapping(json.loads(member.read()))
        except (ValueError, RecursionError, UnreadableInput):
            return
        self._names = {key: told for key, value in found.items() if (told := name(value)) is not None}


def _thread(row: Object, fallback: str, assets: Assets) -> Thread | Skipped:
    source_id = identifier(row.get("conversation_id")) or identifier(row.get("id")) or fallback
    title = name(row.get("title"))
    nodes = {key: node for key, node in mapping(row.get("mapping")).items() if isinstance(node, dict)}
    if not nodes:
        return Skipped(source_id, "no mapping", title)
    tree = Tree({key: identifier(node.get("parent")) for key, node in nodes.items()})
    current = identifier(row.get("current_node"))
    if current not in nodes:
        times = {key: seconds(mapping(node.get("message")).get("create_time")) for key, node in nodes.items()}
        current = tree.newest(times)
    model = name(row.get("default_model_slug"))
    messages = _messages([nodes[key] for key in tree.path(current)], assets, model)
    if not messages:
        return Skipped(source_id, "no message that the person saw", title)
    others = [leaf for leaf in tree.leaves if leaf != current]
    branches = further_branches(
        messages,
        (
            (leaf, _messages([nodes[key] for key in tree.path(leaf)], assets, model))
            for leaf in others[:MAX_BRANCHES]
        ),
    )
    return Thread(
        ID,
        source_id,
        messages,
        title,
        seconds(row.get("create_time")) or earliest(*(message.at for message in messages)),
        seconds(row.get("update_time")),
        model or last_model(messages),
        branches=branches,
        notes=_notes(len(others)),
        is_pinned=row.get("is_starred") is True or row.get("pinned_time") is not None,
    )


def _notes(others: int) -> tuple[str, ...]:
    return (
        (f"only {MAX_BRANCHES} of its {others} other branches are imported",) if others > MAX_BRANCHES else ()
    )


def _messages(path: Sequence[Object], assets: Assets, model: str | None) -> tuple[Message, ...]:
    reader = _Reader(assets, model)
    for node in path:
        message = node.get("message")
        if isinstance(message, dict):
            reader.add(identifier(node.get("id")) or identifier(message.get("id")), message)
    return reader.finished()


class _Reader:
    """Makes messages of the nodes of one path."""

    def __init__(self, assets: Assets, model: str | None) -> None:
        self._assets = assets
        self._model = model
        """The model where a message names none."""
        self._messages = MessageList()
        self._canvases = Canvases()

    def finished(self) -> tuple[Message, ...]:
        messages = self._messages.finished()
        return tuple(self._canvases.settled(message) for message in messages)

    def add(self, node_id: str | None, message: Object) -> None:
        author, metadata = mapping(message.get("author")), mapping(message.get("metadata"))
        content = mapping(message.get("content"))
        role, kind = author.get("role"), text(content.get("content_type"))
        if _is_hidden(metadata) or kind in _HIDDEN_CONTENT or message.get("weight") == 0:
            return
        if role == "tool":
            self._take_result(name(author.get("name")), node_id, message)
        elif role == "assistant" and text(message.get("recipient")) not in ("", "all"):
            self._take_call(node_id, message)
        elif role in ("user", "assistant"):
            self._say(node_id, message)

    def _say(self, node_id: str | None, message: Object) -> None:
        metadata, content = mapping(message.get("metadata")), mapping(message.get("content"))
        role = mapping(message.get("author")).get("role")
        self._messages.add(
            "user" if role == "user" else "assistant",
            self._parts(content, metadata),
            seconds(message.get("create_time")),
            model=(name(metadata.get("model_slug")) or self._model) if role == "assistant" else None,
            sources=sources(metadata),
            is_unfinished=message.get("status") in ("in_progress", "finished_partial_completion"),
            source_id=node_id,
        )

    def _parts(self, content: Object, metadata: Object) -> list[Part]:
        if content.get("content_type") == "thoughts":
            found = mappings(content.get("thoughts"))
            return [Thought(text(item.get("content")) or text(item.get("summary"))) for item in found]
        described = {
            asset: item
            for item in mappings(metadata.get("attachments"))
            if (asset := identifier(item.get("id")))
        }
        parts: list[Part] = []
        mentioned = set[str]()
        for part in _raw_parts(content):
            if isinstance(part, str):
                parts.append(Text(shown(text(part), metadata)))
            elif isinstance(part, dict):
                parts += self._media(part, described, mentioned)
        parts += [self._assets.attachment(asset, described) for asset in described if asset not in mentioned]
        return parts

    def _media(self, part: Object, described: Mapping[str, Object], mentioned: set[str]) -> Iterator[Part]:
        if part.get("content_type") == "audio_transcription":
            yield Text(text(part.get("text")))
            return
        inner = mapping(part.get("audio_asset_pointer"))
        for pointer in (
            part.get("asset_pointer"),
            inner.get("asset_pointer"),
            part.get("video_container_asset_pointer"),
        ):
            if isinstance(pointer, str) and pointer:
                attachment = self._assets.attachment(pointer, described)
                mentioned.add(attachment.source_id or "")
                generated = mapping(mapping(part.get("metadata")).get("dalle"))
                yield replace(attachment, description=name(generated.get("prompt")))

    def _take_call(self, node_id: str | None, message: Object) -> None:
        recipient = text(message.get("recipient"))
        content = mapping(message.get("content"))
        given = text(content.get("text")) or "\n".join(text(part) for part in items(content.get("parts")))
        call: ToolCall | None
        if is_canvas(recipient):
            call = self._canvases.take(recipient, given, node_id)
        elif recipient == "python":
            call = ToolCall("code", None, given, source_id=node_id)
        else:
            call = ToolCall("tool", recipient, given, source_id=node_id)
        if call is not None:
            metadata = mapping(message.get("metadata"))
            self._messages.add(
                "assistant",
                [call],
                seconds(message.get("create_time")),
                model=name(metadata.get("model_slug")),
            )

    def _take_result(self, tool: str | None, node_id: str | None, message: Object) -> None:
        content, metadata = mapping(message.get("content")), mapping(message.get("metadata"))
        parts = self._parts(content, metadata)
        pictures = [part for part in parts if isinstance(part, Attachment)]
        if pictures and tool != "python":
            self._take_pictures(tool or "", pictures, node_id, message)
        elif not (tool or "").startswith("canmore."):
            made = mappings(mapping(metadata.get("aggregate_result")).get("messages"))
            files = [self._assets.attachment(item["image_url"]) for item in made if "image_url" in item]
            if (output := _output(content, parts)) or files or pictures:
                self._messages.answer(None, output, [*files, *pictures])

    def _take_pictures(
        self, tool: str, pictures: Sequence[Attachment], node_id: str | None, message: Object
    ) -> None:
        """Pictures that were painted are the answer: their call says nothing that their description does not."""
        call = self._messages.withdraw(tool)
        prompt = _prompt_of(call)
        described = [replace(picture, description=picture.description or prompt) for picture in pictures]
        self._messages.add("assistant", described, seconds(message.get("create_time")), source_id=node_id)


def _prompt_of(call: ToolCall | None) -> str | None:
    try:
        return name(mapping(json.loads(text(call.input))).get("prompt")) if call is not None else None
    except (ValueError, RecursionError):
        return None


def _is_hidden(metadata: Object) -> bool:
    return bool(
        metadata.get("is_visually_hidden_from_conversation") or metadata.get("is_user_system_message")
    )


def _raw_parts(content: Object) -> list[JSONValue]:
    parts = items(content.get("parts"))
    if parts:
        return parts
    return [text(content.get("text"))] if content.get("content_type") in ("text", "code") else []


def _output(content: Object, parts: Sequence[Part]) -> str:
    for key in ("text", "result"):
        if found := text(content.get(key)):
            return found
    return "\n".join(part.value for part in parts if isinstance(part, Text))
