"""Answers requests of the Conversations API with threads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from aimltui.server.inline_files import InlineFiles
from aimltui.server.responses.ids import conversation_id, thread_of
from aimltui.server.responses.request import Input, read_input
from aimltui.server.responses.store import ResponseStore
from aimltui.wire import operations as op
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.messages import CreateMessage, MessageParams, NewMessage
from aimltui.wire.parsing import validated
from aimltui.wire.request_errors import invalid_type
from aimltui.wire.threads import CreateThread, ModifyThread, Thread, ThreadParams

_PAGE, _MOST = 20, 100


class Conversations:
    """The threads of an engine as conversations.

    Args:
        engine: Has the threads.
        store: Reads them.
        files: Stores the files in requests.
    """

    def __init__(self, engine: op.OperationHandler, store: ResponseStore, files: InlineFiles) -> None:
        self._engine = engine
        self._store = store
        self._files = files

    async def create(self, body: JSONObject) -> JSONObject:
        """Create a conversation, with the items of the request.

        Raises:
            BadRequest: An item is malformed.
        """
        metadata = _metadata(body)
        messages = [message.given() for message in await self._stored(_messages(body, "items"))]
        fields = {"messages": messages, "metadata": metadata}
        made = await self._engine.call(op.CREATE_THREAD.name, validated(CreateThread, fields))
        return _conversation(cast(Thread, made))

    async def get(self, conversation: str) -> JSONObject:
        """Return a conversation.

        Raises:
            NotFound: It does not exist.
        """
        asked = ThreadParams(thread_id=thread_of(conversation))
        try:
            return _conversation(cast(Thread, await self._engine.call(op.GET_THREAD.name, asked)))
        except NotFound as error:
            raise NotFound(
                f"Conversation with id '{conversation}' not found.", param="conversation"
            ) from error

    async def modify(self, conversation: str, body: JSONObject) -> JSONObject:
        """Change the metadata of a conversation.

        Raises:
            APIError: It does not exist, or the metadata is malformed.
        """
        await self.get(conversation)
        fields = {"thread_id": thread_of(conversation), "metadata": _metadata(body)}
        made = await self._engine.call(op.MODIFY_THREAD.name, validated(ModifyThread, fields))
        return _conversation(cast(Thread, made))

    async def delete(self, conversation: str) -> JSONObject:
        """Delete a conversation.

        Raises:
            NotFound: It does not exist.
        """
        await self.get(conversation)
        await self._engine.call(op.DELETE_THREAD.name, ThreadParams(thread_id=thread_of(conversation)))
        return {"id": conversation, "object": "conversation.deleted", "deleted": True}

    async def items(self, conversation: str, query: Mapping[str, str]) -> JSONObject:
        """Return a page of a conversation's items.

        Raises:
            APIError: It does not exist, or the query is malformed.
        """
        await self.get(conversation)
        return listed(await self._store.conversation(thread_of(conversation)), query)

    async def add(self, conversation: str, body: JSONObject) -> JSONObject:
        """Add messages to a conversation, and return them.

        Raises:
            APIError: It does not exist, or an item is malformed or no message.
        """
        await self.get(conversation)
        new, thread_id = await self._stored(_messages(body, "items")), thread_of(conversation)
        for message in new:
            fields = {**message.given(), "thread_id": thread_id}
            await self._engine.call(op.CREATE_MESSAGE.name, validated(CreateMessage, fields))
        made = await self._store.conversation(thread_id)
        return listed(made[len(made) - len(new) :], {"order": "asc", "limit": "100"})

    async def _stored(self, read: Input) -> Sequence[NewMessage]:
        """Store the files of messages, and return the messages with their ids."""
        owner = object()
        ids = await self._files.store(read.files, owner)
        self._files.give(owner)
        return read.with_ids(ids).new

    async def item(self, conversation: str, item_id: str) -> JSONObject:
        """Return an item of a conversation.

        Raises:
            NotFound: It does not exist.
        """
        await self.get(conversation)
        found = [
            one for one in await self._store.conversation(thread_of(conversation)) if one["id"] == item_id
        ]
        if not found:
            raise NotFound(f"Item with id '{item_id}' not found.", param="item_id")
        return found[0]

    async def delete_item(self, conversation: str, item_id: str) -> JSONObject:
        """Delete a message of a conversation, and return the conversation.

        Raises:
            APIError: It does not exist, or is no message.
        """
        item, thread_id = await self.item(conversation, item_id), thread_of(conversation)
        if item["type"] != "message":
            raise BadRequest("Only messages can be deleted from a conversation.", param="item_id")
        message_id = f"msg_{item_id.rpartition('_')[2]}"
        await self._engine.call(
            op.DELETE_MESSAGE.name, MessageParams(thread_id=thread_id, message_id=message_id)
        )
        return await self.get(conversation)


def listed(items: Sequence[JSONObject], query: Mapping[str, str]) -> JSONObject:
    """Return a page of items, which are given oldest first.

    Raises:
        BadRequest: The limit or the order is malformed, or no item has the cursor's id.
    """
    limit, order = query.get("limit", str(_PAGE)), query.get("order", "desc")
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= _MOST:
        raise BadRequest(f"'limit' must be a number from 1 to {_MOST}.", code="invalid_value", param="limit")
    if order not in ("asc", "desc"):
        raise BadRequest("'order' must be 'asc' or 'desc'.", code="invalid_value", param="order")
    found = list(items) if order == "asc" else list(reversed(items))
    after = query.get("after")
    if after:
        place = next((index for index, item in enumerate(found) if item["id"] == after), None)
        if place is None:
            raise BadRequest(f"No item has the id '{after}'.", code="invalid_value", param="after")
        found = found[place + 1 :]
    page = found[: int(limit)]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": len(found) > len(page),
    }


def _messages(body: JSONObject, name: str) -> Input:
    items = body.get(name) or []
    if not isinstance(items, list):
        raise invalid_type(name, "a list", items)
    read = read_input(items, lambda id_: None)
    if read.outputs or read.instructions or len(read.said) != len(read.new):
        raise BadRequest(
            "A conversation takes messages of users and assistants; instructions and function outputs belong to a "
            "request to /v1/responses.",
            param=name,
        )
    return read


def _metadata(body: JSONObject) -> JSONObject:
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise invalid_type("metadata", "an object", metadata)
    return metadata


def _conversation(thread: Thread) -> JSONObject:
    return {
        "id": conversation_id(thread.id),
        "object": "conversation",
        "created_at": thread.created_at,
        "metadata": {
            name: value for name, value in (thread.metadata or {}).items() if not name.startswith("aimltui.")
        },
    }
