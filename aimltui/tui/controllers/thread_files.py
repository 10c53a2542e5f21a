"""The files of a thread, as the server has them."""

from __future__ import annotations

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unsupported


async def tools_of_thread(client: AssistantsClient, thread_id: str | None) -> frozenset[str]:
    """The types of the tools that a thread has files for, which every run in it needs.

    Raises:
        APIError: The server refused.
        TransportError: There was no answer.
    """
    if thread_id is None:
        return frozenset()
    try:
        resources = (await client.threads.get(thread_id)).tool_resources
    except Unsupported:
        return frozenset()
    code = resources.code_interpreter if resources is not None else None
    search = resources.file_search if resources is not None else None
    found = set()
    if code is not None and code.file_ids:
        found.add("code_interpreter")
    if search is not None and search.vector_store_ids:
        found.add("file_search")
    return frozenset(found)
