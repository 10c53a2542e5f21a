"""Taking a message back whose run was stopped before the first token."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.runs import TAKEN_BACK, ModifyRun

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.state.unanswered import Unanswered

log = logging.getLogger(__name__)


async def take_back(client: AssistantsClient, conversation: Conversation, unanswered: Unanswered) -> None:
    """Remove a message and what its stopped runs left, here and on the server: its text is in the prompt again.

    A failure is a notice in the thread.
    """
    thread_id = conversation.thread_id or ""
    try:
        for message_id in unanswered.message_ids:
            await _delete(client, thread_id, message_id)
    except (APIError, TransportError) as error:
        conversation.show_notice(
            f"Your text is back in the prompt, but the message also stays in the thread. {error}"
        )
        return
    conversation.buffer.add(conversation.view.take_back(unanswered), at_once=True)
    mark = {TAKEN_BACK: "true"}
    for run_id in unanswered.run_ids:
        try:
            await client.runs.modify(ModifyRun(thread_id=thread_id, run_id=run_id, metadata=mark))
        except (APIError, TransportError) as error:
            # without the mark the line of the stopped run is shown when the thread is opened again
            log.info("a stopped run could not be marked: %s", error)


async def _delete(client: AssistantsClient, thread_id: str, message_id: str) -> None:
    try:
        await client.messages.delete(thread_id, message_id)
    except NotFound:
        log.info("the message was deleted already")
