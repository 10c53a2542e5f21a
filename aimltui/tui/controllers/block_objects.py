"""The server's object behind a block of the transcript, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aimltui.tui.state.entries import StepEntry

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.state.blocks import Block


async def object_text(client: AssistantsClient, thread_id: str, block: Block) -> str:
    """Read a message, a step or a file, and return it as indented JSON.

    Args:
        client: The server.
        thread_id: The open thread.
        block: What is marked.

    Raises:
        APIError: The server refused.
        TransportError: There was no answer.
    """
    if block.file_id:
        found = (await client.files.get(block.file_id)).model_dump(mode="json")
    elif isinstance(block.entry, StepEntry):
        step = await client.runs.get_step(thread_id, block.entry.run_id, block.entry.id)
        found = step.model_dump(mode="json")
    else:
        found = (await client.messages.get(thread_id, block.entry.id)).model_dump(mode="json")
    return json.dumps(found, indent=2, ensure_ascii=False)
