"""What all requests of a server share: the engine, its limits, and the tables that find an operation."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol

from aimltui.common.dataclass import dataclass
from aimltui.server.auth import Auth
from aimltui.server.event_stream import HEARTBEAT_S
from aimltui.server.idempotency import IdempotencyKeys
from aimltui.server.metrics import Metrics
from aimltui.server.other_wires import OtherWires
from aimltui.server.patience import BodyPatience
from aimltui.server.rate_limit import RateLimit
from aimltui.server.routing import SERVED, Router
from aimltui.wire import operations as op
from aimltui.wire.binary import OpenContent
from aimltui.wire.clients import ClientSpent, ServedClient
from aimltui.wire.files import MAX_FILE, FileParams

requests_log = logging.getLogger("aimltui.requests")
"""One line of JSON for each request, if the server's limits ask for it."""

MAX_BODY = 32 * 1024 * 1024
"""The largest JSON body, in bytes."""


class ServedEngine(op.OperationHandler, Protocol):
    """The engine behind the server: its operations and its files."""

    def new_file_path(self) -> Path:
        """Return a new path for an uploaded file; a `Blob` of this path is stored without a copy."""
        ...

    async def keep(self, ids: Sequence[str]) -> None:
        """Let threads and files stay that were made for a request that is not stored."""
        ...

    async def spent_by(self, client: ServedClient) -> ClientSpent:
        """Return what a client has spent."""
        ...

    async def open_file_content(self, params: FileParams) -> OpenContent:
        """Open the content of a file."""
        ...


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Limits of a server."""

    max_body: int = MAX_BODY
    """The largest JSON body, in bytes."""
    max_file: int = MAX_FILE
    """The largest file in a form, in bytes."""
    heartbeat_s: float = HEARTBEAT_S
    """Seconds of silence on a stream after which a comment is sent."""
    patience: BodyPatience = field(default_factory=BodyPatience)
    """How long a body may take to arrive."""
    per_minute: int | None = None
    """How many requests are answered per minute; None for any number."""
    logs_requests: bool = False
    """Whether each request is logged as a line of JSON, without its content."""


class Shared:
    """What all requests of a server share.

    Args:
        engine: The engine.
        auth: Who may send requests.
        limits: Sizes, times and the number of requests.
    """

    def __init__(self, engine: ServedEngine, auth: Auth, limits: ServerLimits) -> None:
        self.engine = engine
        self.auth = auth
        self.limits = limits
        self.router = Router(SERVED)
        self.keys = IdempotencyKeys()
        self.others = OtherWires(engine)
        self.metrics = Metrics()
        self.rate = RateLimit(limits.per_minute) if limits.per_minute else None

    def note(self, id_: str, method: str, operation: str, status: int, seconds: float) -> None:
        """Count an answered request; log it as a line of JSON if the limits ask for that."""
        self.metrics.count(operation, status, seconds)
        if self.limits.logs_requests:
            line = {"time": round(time.time(), 3), "id": id_, "method": method}
            line |= {"operation": operation, "status": status, "ms": round(seconds * 1000, 1)}
            requests_log.info(json.dumps(line))


def new_request_id() -> str:
    """Return an id for a request, which its answer and the logs have."""
    return f"req_{secrets.token_hex(16)}"
