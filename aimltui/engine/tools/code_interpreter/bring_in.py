"""Copies files of the user into a thread's session before code runs there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool

UNCONFINED = "there is no sandbox on this machine, and they run in a sandbox only."


async def bring_in(sessions: SessionPool, thread_id: str, files: Mapping[str, bytes]) -> str:
    """Copy files into the sandbox of a thread; nothing is started.

    Args:
        sessions: The sessions of all threads.
        thread_id: The thread.
        files: The contents by path below /mnt/data.

    Returns:
        Why they could not be copied; empty if they were.
    """
    try:
        async with sessions.of(thread_id) as slot:
            if not slot.runner.is_confined:
                return UNCONFINED
            await asyncio.to_thread(_put, slot.runner.files, files)
    except SandboxError as error:
        return error.message
    return ""


def _put(directory: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        listing.put(directory, name, content)
