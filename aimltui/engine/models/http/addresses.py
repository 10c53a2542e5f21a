"""Connects to the first address of a host that answers, as RFC 8305 describes it.

The way of `asyncio` (`happy_eyeballs_delay`) fails with each connection where tasks begin at once, as they do in Textual's
event loop, in Python 3.12.0 to 3.12.7 and in 3.13.0.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Any

_LAST_PORT = 65_535
_NEXT_S = 0.25
"""Seconds after which the next address is tried, too."""

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""As `getaddrinfo` gives it."""


async def connect(host: str, port: int, local: tuple[str, int] | None = None) -> socket.socket:
    """Return a connected socket: each address is tried once the one before has failed or has been silent for a moment.

    Raises:
        OSError: None of the addresses can be reached. It is the error of the last one.
    """
    loop = asyncio.get_running_loop()
    left = in_turns(await _found(host, port))
    running: set[asyncio.Task[socket.socket]] = set()
    error = OSError(f"{host} has no address")
    try:
        while left or running:
            if left:
                running.add(loop.create_task(_connected(left.pop(0), local)))
            done, _ = await asyncio.wait(
                running, timeout=_NEXT_S if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                running.discard(task)
                failure = task.exception()
                if failure is None:
                    return task.result()
                if not isinstance(failure, OSError):
                    raise failure
                error = failure
        raise error
    finally:
        _give_up(running)


async def _found(host: str, port: int) -> Iterable[Address]:
    if port > _LAST_PORT:
        # the system takes another port instead
        raise OSError(errno.EINVAL, f"{port} is no port: the last one is {_LAST_PORT}")
    try:
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        problem = f"{host} is no name of a host"
    raise socket.gaierror(socket.EAI_NONAME, problem)


def in_turns(found: Iterable[Address]) -> list[Address]:
    """Return the addresses in their order, but so that the families take turns: one of them may not work at all."""
    families: dict[socket.AddressFamily, list[Address]] = {}
    for address in found:
        families.setdefault(address[0], []).append(address)
    turns: Iterable[Sequence[Address | None]] = zip_longest(*families.values())
    return [address for address in chain.from_iterable(turns) if address is not None]


async def _connected(address: Address, local: tuple[str, int] | None) -> socket.socket:
    family, kind, protocol, _, place = address
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        if local is not None:
            made.bind(local)
        await asyncio.get_running_loop().sock_connect(made, place)
    except BaseException:
        made.close()
        raise
    return made


def _give_up(running: Iterable[asyncio.Task[socket.socket]]) -> None:
    for task in running:
        if not task.done():
            task.cancel()
        elif not task.cancelled() and task.exception() is None:
            task.result().close()
