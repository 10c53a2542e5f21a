"""Reads the body of a chat completion: the messages as a thread's, and what the run gets. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, cast

from aimltui.common.dataclass import dataclass
from aimltui.server.fields import answered_part, list_field, text_field
from aimltui.server.inline_files import InlineFile, read_file
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import BadRequest
from aimltui.wire.imports import ImportedCall, ImportedMessage, ImportedStep
from aimltui.wire.messages import MessageAttachment, NewMessage
from aimltui.wire.parsing import checked
from aimltui.wire.request_errors import invalid_type, invalid_value, missing

_INSTRUCTIONS = ("system", "developer")
_ROLES = ("system", "developer", "user", "assistant", "tool")
_SETTINGS = (
    "temperature",
    "top_p",
    "response_format",
    "parallel_tool_calls",
    "tool_choice",
    "reasoning_effort",
)
"""Parameters that a run has under the same name."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a chat completion."""

    model: str
    stream: bool
    include_usage: bool
    """Whether a stream ends with the usage."""
    thread_id: str
    """The thread that it continues; empty for one whose messages are all in the request."""
    instructions: str
    """The texts of the system messages."""
    said: list[ImportedMessage]
    """All messages but those of the system, with calls and their outputs as steps of the answer that made them."""
    new: list[NewMessage]
    """The user's messages after the last answer."""
    outputs: dict[str, str]
    """The outputs of function calls at the end, by the call's id; empty if the last message is none."""
    settings: JSONObject = field(default_factory=dict)
    """Parameters of the run."""
    files: Sequence[InlineFile] = ()
    """The files of the messages that are not stored yet."""


def parse(body: Mapping[str, Any]) -> ChatRequest:
    """Return the request of a body. Parameters that a run has no use for are ignored, as programs send many.

    Raises:
        BadRequest: A parameter is missing, of a wrong type, or asks for several answers.
    """
    model, messages = text_field(body, "model"), body.get("messages")
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid_type("messages", "a list with at least one message", messages)
    if body.get("n") not in (None, 1):
        raise BadRequest("An assistant gives one answer: 'n' must be 1.", code="invalid_value", param="n")
    metadata, options = body.get("metadata") or {}, body.get("stream_options") or {}
    for name, value in (("metadata", metadata), ("stream_options", options)):
        if not isinstance(value, dict):
            raise invalid_type(name, "an object", value)
    if not isinstance(body.get("stream") or False, bool):
        raise invalid_type("stream", "a boolean", body["stream"])
    read = _Conversation()
    for index, message in enumerate(messages):
        read.add(f"messages[{index}]", message)
    return ChatRequest(
        model=model,
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
        thread_id=str(metadata.get("thread_id") or ""),
        instructions="\n\n".join(read.instructions),
        said=read.said,
        new=read.new,
        outputs=read.outputs,
        settings=_settings(body),
        files=read.files,
    )


class _Conversation:
    """What the messages say, as far as they were read."""

    def __init__(self) -> None:
        self.instructions: list[str] = []
        self.said: list[ImportedMessage] = []
        self.new: list[NewMessage] = []
        self.outputs: dict[str, str] = {}
        self.files: list[InlineFile] = []
        self._calls: dict[str, tuple[int, int]] = {}
        """The place of each call: the message, and the call in its step."""

    def add(self, where: str, message: Any) -> None:
        if not isinstance(message, dict):
            raise invalid_type(where, "an object", message)
        role = text_field(message, "role", where)
        if role in _INSTRUCTIONS:
            self.instructions.append(_plain(where, message.get("content")))
        elif role == "user":
            self._add_user(where, message)
        elif role == "assistant":
            self._add_answer(where, message)
        elif role in ("tool", "function"):
            self._add_output(where, message)
        else:
            raise invalid_value(f"{where}.role", role, _ROLES)

    def _add_user(self, where: str, message: Mapping[str, Any]) -> None:
        parts, attached = _parts(where, message.get("content"), self.files)
        parts = parts or [{"type": "text", "text": ""}]
        self.outputs = {}
        self.new.append(
            checked(NewMessage, {"role": "user", "content": parts, "attachments": attached or None})
        )
        said = [answered_part(part) for part in parts]
        self.said.append(ImportedMessage(role="user", content=said, attachments=attached or None))

    def _add_answer(self, where: str, message: Mapping[str, Any]) -> None:
        self.new, self.outputs = [], {}
        text = _plain(where, message.get("content"))
        content = [answered_part({"type": "text", "text": text})] if text else []
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list):
            raise invalid_type(f"{where}.tool_calls", "a list", calls)
        if content:
            self.said.append(ImportedMessage(role="assistant", content=content))
        if calls:
            made = [_call(f"{where}.tool_calls[{n}]", call) for n, call in enumerate(calls)]
            for number, (id_, _) in enumerate(made):
                self._calls[id_] = (len(self.said), number)
            step = ImportedStep(calls=[call for _, call in made])
            self.said.append(ImportedMessage(role="assistant", content=[], steps=[step]))

    def _add_output(self, where: str, message: Mapping[str, Any]) -> None:
        self.new = []
        id_, output = text_field(message, "tool_call_id", where), _plain(where, message.get("content"))
        if id_ not in self._calls:
            raise BadRequest(
                f"No function call before this message has the id '{id_}'.",
                code="invalid_value",
                param=f"{where}.tool_call_id",
            )
        place, number = self._calls[id_]
        said = self.said[place]
        calls = list(cast(Sequence[ImportedStep], said.steps)[0].calls or ())
        calls[number] = calls[number].model_copy(update={"output": output})
        self.said[place] = said.model_copy(update={"steps": [ImportedStep(calls=calls)]})
        self.outputs[id_] = output


def _settings(body: Mapping[str, Any]) -> JSONObject:
    found = {name: body[name] for name in _SETTINGS if body.get(name) is not None}
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if limit is not None:
        found["max_completion_tokens"] = limit
    tools = list_field(body, "tools") if body.get("tools") else []
    # tools of other types are the client's wish for something that its usual provider runs
    functions = [tool for tool in tools if isinstance(tool, dict) and tool.get("type") == "function"]
    if functions:
        found["more_tools"] = functions
    return found


def _call(where: str, call: Any) -> tuple[str, ImportedCall]:
    if not isinstance(call, dict) or not isinstance(call.get("function"), dict):
        raise invalid_type(where, "a function call", call)
    function = call["function"]
    name, arguments = text_field(function, "name", where), str(function.get("arguments") or "{}")
    return text_field(call, "id", where), ImportedCall(kind="function", name=name, arguments=arguments)


def _parts(
    where: str, content: Any, inline: list[InlineFile]
) -> tuple[list[JSONObject], list[MessageAttachment]]:
    """Return the texts and pictures of a user's message, and its files; those not stored yet are added to `inline`."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}], []
    if not isinstance(content, list) or not content:
        raise invalid_type(f"{where}.content", "a text or a list of parts", content)
    found, files = list[JSONObject](), list[MessageAttachment]()
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            found.append({"type": "text", "text": text_field(part, "text", f"{where}.content[{index}]")})
        elif kind == "image_url" and isinstance(part.get("image_url"), dict):
            found.append({"type": "image_url", "image_url": part["image_url"]})
        elif kind == "file" and isinstance(part.get("file"), dict):
            files.append(read_file(part["file"], f"{where}.content[{index}].file", inline))
        else:
            raise invalid_value(f"{where}.content[{index}].type", kind, ("text", "image_url", "file"))
    return found, files


def _plain(where: str, content: Any) -> str:
    """Return the text of a content that may be a text, nothing, or a list of text parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise invalid_type(f"{where}.content", "a text or a list of parts", content)
    texts = [part.get("text") or part.get("refusal") or "" for part in content if isinstance(part, dict)]
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)
