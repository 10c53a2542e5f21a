"""Finds out what a server of the API supports, and says what it lacks."""

from __future__ import annotations

from aimltui.client.errors import Unsupported
from aimltui.client.transport import P, R, Transport
from aimltui.common.dataclass import dataclass
from aimltui.wire import operations as op
from aimltui.wire.assistants import ListAssistants
from aimltui.wire.errors import APIError, Forbidden, NotFound, Unauthorized
from aimltui.wire.models import ListModels
from aimltui.wire.operations import Operation
from aimltui.wire.threads import ListThreads


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server supports."""

    assistants: bool = True
    """False if the server does not speak this API at all."""
    list_threads: bool = True
    list_models: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """A sentence for the user about each thing that the server lacks."""
        if not self.assistants:
            return (
                "This server does not speak the Assistants API: it has no /assistants. OpenAI switched its own off "
                "in August 2026; the engine of this program does not need it.",
            )
        told = []
        if not self.list_threads:
            told.append(
                "This server cannot list threads: you only see those that you created or opened here."
            )
        if not self.list_models:
            told.append("This server cannot list models: type a model's name where one is needed.")
        return tuple(told)


async def probe(transport: Transport) -> Capabilities:
    """Request the start of three lists from a server.

    Raises:
        Unauthorized: The key is wrong.
        Forbidden: The key has no access.
        TransportError: The server does not answer.
    """
    if not await _has(transport, op.LIST_ASSISTANTS, ListAssistants(limit=1)):
        return Capabilities(assistants=False, list_threads=False, list_models=False)
    return Capabilities(
        list_threads=await _has(transport, op.LIST_THREADS, ListThreads(limit=1)),
        list_models=await _has(transport, op.LIST_MODELS, ListModels()),
    )


async def _has(transport: Transport, operation: Operation[P, R], params: P) -> bool:
    try:
        await transport.call(operation, params)
    except (Unsupported, NotFound):
        return False
    except (Unauthorized, Forbidden):
        # OpenAI answered 401 to its list of threads with any key: the key is not wrong
        if operation is op.LIST_ASSISTANTS:
            raise
        return False
    except APIError as error:
        # a server with an error has the operation; one that answers 400 has something else at this path
        return error.status >= 429
    return True
