"""Operations on assistants."""

from __future__ import annotations

from typing import Any

from aimltui.engine.operations.references import settled_resources
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import assistants as rows
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.assistants import (
    Assistant,
    AssistantParams,
    CreateAssistant,
    ListAssistants,
    ModifyAssistant,
)
from aimltui.wire.base import Deleted, JSONObject, Page
from aimltui.wire.errors import NotFound
from aimltui.wire.tools import ToolResources, with_empty_resources

_SAMPLING = ("temperature", "top_p")
_NULL_MEANS: dict[str, Any] = {
    "tools": [],
    "tool_resources": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}
"""The value that a null stands for, where null itself is no value."""


class AssistantOperations:
    """The operations on assistants."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_assistant(self, params: CreateAssistant) -> Assistant:
        """Create an assistant."""
        fields = _fields(params.given())
        fields["metadata"] = merged_metadata(None, params.metadata)
        made = {"id": self._runtime.options.new_id(ids.ASSISTANT), "created_at": self._runtime.options.now()}
        assistant = Assistant.model_validate(fields | made)
        private = {"sampling": _sampling({}, params.given())}

        def insert(conn: Connection) -> Assistant:
            resources = settled_resources(conn, self._runtime, assistant.tool_resources, may_create=True)
            resources = with_empty_resources(assistant.tools, resources)
            made = assistant.model_copy(update={"tool_resources": resources})
            rows.insert(conn, made, private)
            return made

        kept = await self._runtime.write(insert)
        self._runtime.indexer.wake()
        return kept

    async def lend(self, other: AssistantOperations, assistant_id: str) -> None:
        """Let the runs of another engine have an assistant, as it is now and without its tools and files.

        Raises:
            NotFound: The assistant does not exist.
        """
        assistant, private = await self._runtime.read(lambda conn: rows.get(conn, assistant_id))
        lent = assistant.model_copy(update={"tools": [], "tool_resources": ToolResources()})

        def put(conn: Connection) -> None:
            try:
                rows.get(conn, assistant_id)
            except NotFound:
                rows.insert(conn, lent, private)
            else:
                rows.save(conn, lent, private)

        await other._runtime.write(put)

    async def list_assistants(self, params: ListAssistants) -> Page[Assistant]:
        """Return one page of assistants."""
        return await self._runtime.read(lambda conn: rows.listed(conn, params))

    async def get_assistant(self, params: AssistantParams) -> Assistant:
        """Return an assistant by id."""
        return (await self._runtime.read(lambda conn: rows.get(conn, params.assistant_id)))[0]

    async def modify_assistant(self, params: ModifyAssistant) -> Assistant:
        """Change the given fields; metadata is merged."""
        given = params.given()
        given.pop("assistant_id")
        if given.get("model", "") is None:
            given.pop("model")

        def change(conn: Connection) -> Assistant:
            old, private = rows.get(conn, params.assistant_id)
            metadata = merged_metadata(old.metadata, params.metadata)
            assistant = Assistant.model_validate(old.to_json() | _fields(given) | {"metadata": metadata})
            if "tool_resources" in given:
                resources = settled_resources(conn, self._runtime, assistant.tool_resources, may_create=False)
                assistant = assistant.model_copy(update={"tool_resources": resources})
            if given.keys() & {"tools", "tool_resources"}:
                resources = with_empty_resources(assistant.tools, assistant.tool_resources or ToolResources())
                assistant = assistant.model_copy(update={"tool_resources": resources})
            rows.save(conn, assistant, private | {"sampling": _sampling(private.get("sampling", {}), given)})
            return assistant

        return await self._runtime.write(change)

    async def delete_assistant(self, params: AssistantParams) -> Deleted:
        """Delete an assistant; its threads and runs stay."""
        await self._runtime.write(lambda conn: rows.delete(conn, params.assistant_id))
        return Deleted(id=params.assistant_id, object="assistant.deleted")


def _fields(given: JSONObject) -> JSONObject:
    """Replace nulls by the values that they stand for."""
    return {
        name: _NULL_MEANS[name] if value is None and name in _NULL_MEANS else value
        for name, value in given.items()
    }


def _sampling(old: JSONObject, given: JSONObject) -> JSONObject:
    """Return the chosen sampling parameters. The API's object always shows a number; a model receives only a choice."""
    return {name: given[name] if name in given else old.get(name) for name in _SAMPLING}
