"""What a request may say. Refusals carry the API's own texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from aimltui.engine.tools.registry import KNOWN
from aimltui.wire.base import Metadata
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import (
    Content,
    ImageFileContent,
    ImageURLContent,
    NewMessage,
    NewTextContent,
    Text,
    TextContent,
)
from aimltui.wire.tools import FunctionTool, Tool, TruncationStrategy

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ATTACHABLE = ("code_interpreter", "file_search")
_MAX_PAIRS, _MAX_KEY, _MAX_VALUE = 16, 64, 512


def check_id(param: str, value: str, prefix: str) -> None:
    """See that an id is of the right kind.

    Raises:
        BadRequest: It is not.
    """
    if not value.startswith(prefix):
        raise BadRequest(
            f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.",
            param=param,
            code="invalid_value",
        )


def check_thread_id(value: str) -> None:
    """`check_id` for threads."""
    check_id("thread_id", value, "thread")


def merged_metadata(old: Mapping[str, str] | None, new: Metadata | None) -> Metadata:
    """The old pairs with the new ones over them.

    Raises:
        BadRequest: Too many, or too long.
    """
    metadata = {**(old or {}), **(new or {})}
    if len(metadata) > _MAX_PAIRS:
        raise BadRequest(
            f"Invalid 'metadata': too many properties. Expected an object with at most {_MAX_PAIRS} properties,"
            f" but got an object with {len(metadata)} properties instead.",
            param="metadata",
            code="object_above_max_properties",
        )
    for key, value in metadata.items():
        if len(key) > _MAX_KEY:
            raise _too_long("metadata", "key", _MAX_KEY, len(key))
        if len(value) > _MAX_VALUE:
            raise _too_long(f"metadata.{key}", "string", _MAX_VALUE, len(value))
    return metadata


def check_tools(tools: Sequence[Tool]) -> None:
    """See that tools are of a type and with a name that the API has.

    Raises:
        BadRequest: One is not.
    """
    for index, tool in enumerate(tools):
        if tool.type not in KNOWN:
            raise _no_such_value(f"tools[{index}].type", tool.type, KNOWN)
        if isinstance(tool, FunctionTool) and not _FUNCTION_NAME.fullmatch(tool.function.name):
            raise BadRequest(
                f"Invalid 'tools[{index}].function.name': string does not match pattern."
                " Expected a string of at most 64 characters that matches the pattern '^[a-zA-Z0-9_-]+$'.",
                param=f"tools[{index}].function.name",
                code="invalid_value",
            )


def check_truncation(strategy: TruncationStrategy | None) -> None:
    """See that a truncation strategy makes sense.

    Raises:
        BadRequest: It does not.
    """
    if strategy is None:
        return
    if strategy.type not in ("auto", "last_messages"):
        raise _no_such_value("truncation_strategy.type", strategy.type, ("auto", "last_messages"))
    if strategy.type == "last_messages" and (strategy.last_messages is None or strategy.last_messages < 1):
        raise BadRequest(
            "Invalid 'truncation_strategy.last_messages': expected an integer of at least 1.",
            param="truncation_strategy.last_messages",
            code="invalid_value",
        )


def check_connection(name: str | None, known: Sequence[str]) -> None:
    """See that a run names a connection that there is. An extension of the API.

    Raises:
        BadRequest: There is none of this name.
    """
    if name and name not in known:
        there = ", ".join(f"'{one}'" for one in known) or "none"
        raise BadRequest(
            f"There is no connection '{name[:60]}' here (any more). Set it up again, or choose a model of another one. "
            f"There is: {there}.",
            param="connection",
            code="invalid_value",
        )


def content_of(message: NewMessage) -> list[Content]:
    """A request's content as the message keeps it.

    Raises:
        BadRequest: A wrong role, no content, or a part or a tool that the API does not have.
    """
    if message.role not in ("user", "assistant"):
        raise _no_such_value("role", message.role, ("user", "assistant"))
    for place, attachment in enumerate(message.attachments or ()):
        for number, tool in enumerate(attachment.tools or ()):
            if tool.type not in _ATTACHABLE:
                raise _no_such_value(f"attachments[{place}].tools[{number}].type", tool.type, _ATTACHABLE)
    if isinstance(message.content, str):
        if not message.content:
            raise BadRequest("Message content must be non-empty.", param="content")
        return [TextContent(text=Text(value=message.content))]
    return [_part(index, part) for index, part in enumerate(message.content)]


def _part(index: int, part: object) -> Content:
    if isinstance(part, NewTextContent):
        if not part.text:
            raise BadRequest("Message content must be non-empty.", param=f"content[{index}].text")
        return TextContent(text=Text(value=part.text))
    if isinstance(part, ImageURLContent | ImageFileContent):
        return part
    kind = str(getattr(part, "type", ""))
    raise _no_such_value(f"content[{index}].type", kind, ("text", "image_url", "image_file"))


def _no_such_value(param: str, value: str, known: Iterable[str]) -> BadRequest:
    *most, last = [f"'{name}'" for name in known]
    listed = f"{', '.join(most)}{',' if len(most) > 1 else ''} and {last}" if most else last
    return BadRequest(
        f"Invalid value: '{value}'. Supported values are: {listed}.", param=param, code="invalid_value"
    )


def _too_long(param: str, what: str, limit: int, length: int) -> BadRequest:
    return BadRequest(
        f"Invalid '{param}': {what} too long. Expected a string with maximum length {limit},"
        f" but got a string with length {length} instead.",
        param=param,
        code="string_above_max_length",
    )
