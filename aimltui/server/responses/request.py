"""Reads the body of a response: what is said, and what the run gets. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.server.fields import answered_part, list_field, text_field
from aimltui.server.inline_files import InlineFile, read_file, with_ids
from aimltui.server.responses.compaction import summary_in
from aimltui.wire.base import JSONObject, Metadata
from aimltui.wire.errors import BadRequest
from aimltui.wire.imports import ImportedCall, ImportedMessage, ImportedStep
from aimltui.wire.messages import MessageAttachment, NewMessage
from aimltui.wire.parsing import checked
from aimltui.wire.request_errors import invalid_type, invalid_value, missing

_INSTRUCTIONS = ("system", "developer")
_ROLES = ("user", "assistant", "system", "developer")


@dataclass(frozen=True, slots=True)
class Input:
    """The items of a request."""

    instructions: tuple[str, ...] = ()
    """The texts of system and developer messages."""
    said: tuple[ImportedMessage, ...] = ()
    """All other messages, with calls and their outputs as steps of the answer that made them."""
    new: tuple[NewMessage, ...] = ()
    """The messages alone, for a conversation that has what came before."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """The outputs of functions, by the call's id."""
    lone: tuple[str, ...] = ()
    """The ids of outputs whose calls are not among the items."""
    files: tuple[InlineFile, ...] = ()
    """The files of the messages that are not stored yet."""

    def with_ids(self, ids: Mapping[str, str]) -> Input:
        """Return the items with the ids of the stored files."""
        return replace(
            self, said=tuple(with_ids(self.said, ids)), new=tuple(with_ids(self.new, ids)), files=()
        )


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A request for a response."""

    model: str
    input: Input
    instructions: str
    previous: str
    """The id of the response that it continues; may be empty."""
    conversation: str
    """The id of the conversation that it belongs to; may be empty."""
    is_stored: bool
    is_background: bool
    metadata: Metadata
    tools: list[JSONObject]
    """The tools that the engine has, in the form that runs take; others are left out."""
    store_ids: list[str]
    """The vector stores of its file search."""
    file_ids: list[str]
    """The files of its code interpreter."""
    settings: JSONObject
    """Other parameters of the run."""


def parse(body: Mapping[str, Any], resolve: Callable[[str], JSONObject | None]) -> ResponseRequest:
    """Return the request of a body. Parameters that a run has no use for are ignored, as programs send many.

    Args:
        body: The JSON object.
        resolve: Returns the stored item of an id, for items that only refer to one.

    Raises:
        BadRequest: A parameter is missing or of a wrong type.
    """
    for name in ("stream", "store", "background"):
        if not isinstance(body.get(name), bool | None):
            raise invalid_type(name, "a boolean", body[name])
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise invalid_type("metadata", "an object", metadata)
    conversation = body.get("conversation") or ""
    if isinstance(conversation, dict):
        conversation = conversation.get("id") or ""
    previous = body.get("previous_response_id") or ""
    if conversation and previous:
        raise BadRequest(
            "A request names a previous response or a conversation, not both.",
            code="mutually_exclusive_parameters",
            param="previous_response_id",
        )
    tools = list_field(body, "tools")
    return ResponseRequest(
        model=text_field(body, "model"),
        input=read_input(body.get("input"), resolve),
        instructions=str(body.get("instructions") or ""),
        previous=str(previous),
        conversation=str(conversation),
        is_stored=body.get("store") is not False,
        is_background=bool(body.get("background")),
        metadata=metadata,
        tools=[found for tool in tools if (found := _tool(tool)) is not None],
        store_ids=[
            id_
            for tool in _of_type(tools, "file_search")
            for id_ in _ids("vector_store_ids", tool.get("vector_store_ids"))
        ],
        file_ids=[id_ for tool in _of_type(tools, "code_interpreter") for id_ in _files(tool)],
        settings=_settings(body),
    )


def items_of(value: Any) -> list[JSONObject]:
    """Return the items of an `input`, which may be a text.

    Raises:
        BadRequest: It is neither a text nor a list of objects.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    if not isinstance(value, list):
        raise invalid_type("input", "a text or a list of items", value)
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            raise invalid_type(f"input[{index}]", "an object", item)
    return value


def read_input(value: Any, resolve: Callable[[str], JSONObject | None]) -> Input:
    """Return what the items of an `input` say.

    Raises:
        BadRequest: An item is malformed, or refers to one that does not exist.
    """
    read = _Items()
    for index, item in enumerate(items_of(value)):
        where = f"input[{index}]"
        kind = item.get("type") or ("message" if "role" in item else "")
        if kind == "item_reference" or (not kind and "id" in item):
            id_ = text_field(item, "id", where)
            found = resolve(id_)
            if found is None:
                raise BadRequest(f"Item with id '{id_}' not found.", code="item_not_found", param=where)
            item, kind = found, str(found["type"])
        read.add(where, kind, item)
    return Input(
        tuple(read.instructions),
        tuple(read.said),
        tuple(read.new),
        read.outputs,
        tuple(read.lone),
        tuple(read.files),
    )


class _Items:
    """What the items say, as far as they were read."""

    def __init__(self) -> None:
        self.instructions: list[str] = []
        self.said: list[ImportedMessage] = []
        self.new: list[NewMessage] = []
        self.outputs: dict[str, str] = {}
        self.lone: list[str] = []
        self.files: list[InlineFile] = []
        self._calls: dict[str, tuple[int, int]] = {}
        """The place of each call: the message, and the call in its step."""

    def add(self, where: str, kind: str, item: Mapping[str, Any]) -> None:
        if kind == "message":
            self._add_message(where, item)
        elif kind == "function_call":
            self._add_call(where, item)
        elif kind == "function_call_output":
            self._add_output(where, item)
        elif kind == "compaction":
            summary = summary_in(text_field(item, "encrypted_content", where), where)
            self._add_message(where, {"role": "user", "content": summary})
        elif not kind:
            raise missing(f"{where}.type")
        # thoughts and what hosted tools did are dropped: a model that does not have them cannot use them

    def _add_message(self, where: str, item: Mapping[str, Any]) -> None:
        role = text_field(item, "role", where)
        if role not in _ROLES:
            raise invalid_value(f"{where}.role", role, _ROLES)
        parts, attached = _content(where, item.get("content"), self.files)
        if role in _INSTRUCTIONS:
            self.instructions += [part["text"] for part in parts if part["type"] == "text"]
            return
        parts = [part for part in parts if part != {"type": "text", "text": ""}] if len(parts) > 1 else parts
        if not parts and not attached:
            return
        content = parts or [{"type": "text", "text": ""}]
        self.new.append(
            checked(NewMessage, {"role": role, "content": content, "attachments": attached or None})
        )
        said = [answered_part(part) for part in content]
        self.said.append(ImportedMessage(role=role, content=said, attachments=attached or None))

    def _add_call(self, where: str, item: Mapping[str, Any]) -> None:
        call = ImportedCall(
            kind="function",
            name=text_field(item, "name", where),
            arguments=str(item.get("arguments") or "{}"),
            output=None,
        )
        last = self.said[-1] if self.said else None
        calls = [call]
        if last is not None and not last.content and last.steps and self._is_open(last):
            # parallel calls of one turn
            calls = [*(last.steps[0].calls or ()), call]
            self.said.pop()
        self._calls[text_field(item, "call_id", where)] = (len(self.said), len(calls) - 1)
        self.said.append(ImportedMessage(role="assistant", content=[], steps=[ImportedStep(calls=calls)]))

    def _is_open(self, message: ImportedMessage) -> bool:
        return all(call.output is None for step in message.steps or () for call in step.calls or ())

    def _add_output(self, where: str, item: Mapping[str, Any]) -> None:
        id_, output = text_field(item, "call_id", where), _output(item.get("output"))
        self.outputs[id_] = output
        if id_ not in self._calls:
            self.lone.append(id_)
            return
        place, number = self._calls[id_]
        calls = list((self.said[place].steps or [ImportedStep()])[0].calls or ())
        calls[number] = calls[number].model_copy(update={"output": output})
        self.said[place] = self.said[place].model_copy(update={"steps": [ImportedStep(calls=calls)]})


def _content(
    where: str, content: Any, inline: list[InlineFile]
) -> tuple[list[JSONObject], list[MessageAttachment]]:
    """Return the parts of a message and its files; those that are not stored yet are added to `inline`."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}], []
    if not isinstance(content, list):
        raise invalid_type(f"{where}.content", "a text or a list of parts", content)
    parts, files = list[JSONObject](), list[MessageAttachment]()
    for index, part in enumerate(content):
        place = f"{where}.content[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("input_text", "output_text", "text"):
            parts.append({"type": "text", "text": text_field(part, "text", place)})
        elif kind == "refusal":
            parts.append({"type": "text", "text": text_field(part, "refusal", place)})
        elif kind == "input_image":
            parts.append(_image(place, part))
        elif kind == "input_file":
            files.append(read_file(part, place, inline))
        else:
            supported = ("input_text", "input_image", "input_file", "output_text", "refusal")
            raise invalid_value(f"{place}.type", kind, supported)
    return parts, files


def _image(place: str, part: Mapping[str, Any]) -> JSONObject:
    detail = {"detail": part["detail"]} if part.get("detail") in ("auto", "low", "high") else {}
    if isinstance(part.get("file_id"), str):
        return {"type": "image_file", "image_file": {"file_id": part["file_id"], **detail}}
    return {"type": "image_url", "image_url": {"url": text_field(part, "image_url", place), **detail}}


def _output(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = [part.get("text") for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "\n".join(text for text in parts if isinstance(text, str))


def _tool(tool: Any) -> JSONObject | None:
    """Return a tool in the form that runs take; None for one that this engine does not have."""
    if not isinstance(tool, dict):
        raise invalid_type("tools", "a list of objects", tool)
    if tool.get("type") == "function":
        names = ("name", "description", "parameters", "strict")
        function = {name: tool[name] for name in names if tool.get(name) is not None}
        return {"type": "function", "function": function}
    if tool.get("type") == "code_interpreter":
        return {"type": "code_interpreter"}
    if tool.get("type") == "file_search":
        most = tool.get("max_num_results")
        return {"type": "file_search", **({"file_search": {"max_num_results": most}} if most else {})}
    return None


def _of_type(tools: Sequence[Any], kind: str) -> list[Mapping[str, Any]]:
    return [tool for tool in tools if isinstance(tool, dict) and tool.get("type") == kind]


def _files(tool: Mapping[str, Any]) -> list[str]:
    container = tool.get("container")
    return _ids("file_ids", container.get("file_ids")) if isinstance(container, dict) else []


def _ids(name: str, value: Any) -> list[str]:
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise invalid_type(f"tools.{name}", "a list of ids", value)
    return value or []


def _settings(body: Mapping[str, Any]) -> JSONObject:
    found = {
        name: body[name]
        for name in ("temperature", "top_p", "parallel_tool_calls")
        if body.get(name) is not None
    }
    if body.get("max_output_tokens") is not None:
        found["max_completion_tokens"] = body["max_output_tokens"]
    reasoning = body.get("reasoning")
    if isinstance(reasoning, dict) and reasoning.get("effort"):
        found["reasoning_effort"] = reasoning["effort"]
    text = body.get("text")
    wanted = text.get("format") if isinstance(text, dict) else None
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        names = ("name", "description", "schema", "strict")
        schema = {name: wanted[name] for name in names if wanted.get(name) is not None}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif isinstance(wanted, dict) and wanted.get("type") == "json_object":
        found["response_format"] = {"type": "json_object"}
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        found["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif isinstance(choice, dict) and choice.get("type") in ("code_interpreter", "file_search"):
        found["tool_choice"] = {"type": choice["type"]}
    elif choice in ("none", "auto", "required"):
        found["tool_choice"] = choice
    return found
