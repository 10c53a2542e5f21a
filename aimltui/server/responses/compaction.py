"""Compaction: a conversation becomes one item with its summary, which begins the next one. No I/O."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

from aimltui.server.fields import text_field
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError, BadRequest, ServerError

_INSTRUCTIONS: Final = (
    "Summarize the conversation, so that it can go on without it. Keep what the user wants, what was decided, names, "
    "numbers, files, and what is still open. Answer with the summary alone, in the language of the conversation."
)
_ASKED: Final = "Summarize our conversation so far."
_BEGINS: Final = "Summary of our conversation so far:\n\n"
_MARK: Final = "aimltui1."
"""Begins the content of an item, so that those of other servers can be told apart."""


def request_for(body: Mapping[str, Any], items: Sequence[JSONObject]) -> JSONObject:
    """Return the request for a response that is the summary of a conversation.

    Args:
        body: What was sent to `/responses/compact`.
        items: The items of its input.

    Raises:
        BadRequest: A parameter is missing or of a wrong type.
    """
    asked: JSONObject = {"type": "message", "role": "user", "content": _ASKED}
    if not items and not body.get("previous_response_id"):
        raise BadRequest("There is no conversation in 'input' or 'previous_response_id'.", param="input")
    return {
        "model": text_field(body, "model"),
        "input": [*items, asked],
        "previous_response_id": body.get("previous_response_id"),
        "instructions": _INSTRUCTIONS,
        "tool_choice": "none",
        "store": False,
    }


def compacted(response: Mapping[str, Any]) -> JSONObject:
    """Return the compaction that a summary makes.

    Raises:
        APIError: The model gave none.
    """
    parts = [part for item in response["output"] for part in item.get("content") or ()]
    summary = "".join(part.get("text", "") for part in parts).strip()
    if response["status"] != "completed" or not summary:
        raise _no_summary(response)
    content = _MARK + base64.b64encode(summary.encode("utf-8", "replace")).decode("ascii")
    return {
        "id": response["id"],
        "object": "response.compaction",
        "created_at": response["created_at"],
        "output": [{"type": "compaction", "id": f"cmp_{token_hex(12)}", "encrypted_content": content}],
        "usage": response["usage"],
    }


def summary_in(content: str, where: str) -> str:
    """Return the message that an item of a compaction stands for.

    Raises:
        BadRequest: The item is not from this server.
    """
    try:
        if not content.startswith(_MARK):
            raise ValueError
        return _BEGINS + base64.b64decode(content.removeprefix(_MARK), validate=True).decode()
    except ValueError as error:
        raise BadRequest(
            "This compaction was not made by this server, which cannot read it. Send the conversation itself.",
            param=f"{where}.encrypted_content",
        ) from error


def _no_summary(response: Mapping[str, Any]) -> APIError:
    told = response.get("error")
    reason = told.get("message") if isinstance(told, dict) else ""
    return ServerError(
        f"The model gave no summary of the conversation. {reason or 'Send the request again.'}"
    )
