"""Connects to a remote server, and replaces what it lacks where the client can: its list of threads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aimltui.client.capabilities import Capabilities, probe
from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unsupported
from aimltui.client.http import HTTPTransport, Patience, Remote
from aimltui.client.thread_index import IndexedTransport, ThreadIndex


async def connect(
    remote: Remote, state_dir: Path, patience: Patience | None = None
) -> tuple[AssistantsClient, Capabilities]:
    """Ask a server once what it supports, and return a client for it.

    Args:
        remote: The server.
        state_dir: Directory for the list of threads if the server has none; one file for each server.
        patience: How long to wait, and how often to try.

    Raises:
        Unsupported: The server does not speak this API.
        APIError: The server refuses the key, or has an error.
        TransportError: The server does not answer.
    """
    transport = HTTPTransport(remote, patience)
    try:
        found = await probe(transport)
        if not found.assistants:
            raise Unsupported(
                found.missing[0],
                "If it serves chat models, name it with --base-url, or connect to it as “Chat models”.",
            )
    except BaseException:
        await transport.aclose()
        raise
    if found.list_threads:
        return AssistantsClient(transport), found
    index = ThreadIndex(index_file(remote, state_dir))
    return AssistantsClient(IndexedTransport(transport, index)), found


def index_file(remote: Remote, state_dir: Path) -> Path:
    """Return the file for a server's list of threads. Its name is a hash of the address, without the key."""
    place = remote.base_url.rstrip("/") if remote.uds is None else f"{remote.uds} {remote.base_url}"
    return state_dir / "threads" / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"
