from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aimltui.engine.models.http import addresses

LOCAL = "127.0.0.1"


def at(port: int, family: socket.AddressFamily = socket.AF_INET) -> addresses.Address:
    return family, socket.SOCK_STREAM, 0, "", (LOCAL, port)


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server((LOCAL, 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with listening() as port:
        return port


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[addresses.Address]:
    """What a host's name stands for."""
    known: list[addresses.Address] = []

    async def getaddrinfo(self: object, *of: object, **more: object) -> list[addresses.Address]:
        return known

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return known


async def port_of(host: str = "somewhere") -> int:
    """The port of the address that was connected."""
    async with asyncio.timeout(30):
        connected = await addresses.connect(host, 1)
    with connected:
        return int(connected.getpeername()[1])


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="no such tasks before Python 3.12")
async def test_it_connects_where_tasks_begin_at_once(found: list[addresses.Address]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
    try:
        with listening() as port:
            found += [at(closed_port()), at(port)]
            assert await port_of() == port
    finally:
        loop.set_task_factory(None)


async def test_an_address_that_refuses_is_left_at_once(
    found: list[addresses.Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_NEXT_S", 3600)
    with listening() as port:
        found += [at(closed_port()), at(closed_port()), at(port)]
        assert await port_of() == port


async def test_a_silent_address_does_not_hold_up_the_next_one_and_is_closed(
    found: list[addresses.Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_NEXT_S", 0)
    connect, silent = asyncio.get_running_loop().sock_connect, closed_port()
    tried: list[socket.socket] = []

    async def sock_connect(self: object, one: socket.socket, place: Any) -> None:
        if place[1] == silent:
            tried.append(one)
            await asyncio.Event().wait()
        await connect(one, place)

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", sock_connect)
    with listening() as port:
        found += [at(silent), at(port)]
        assert await port_of() == port
        await asyncio.sleep(0)
        assert [one.fileno() for one in tried] == [-1]


async def test_the_error_of_the_last_address_is_told(found: list[addresses.Address]) -> None:
    found += [at(closed_port()), at(closed_port())]
    with pytest.raises(ConnectionRefusedError):
        await port_of()


async def test_whoever_gives_up_leaves_no_socket_open(
    found: list[addresses.Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[socket.socket] = []

    async def sock_connect(self: object, one: socket.socket, place: Any) -> None:
        tried.append(one)
        await asyncio.Event().wait()

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", sock_connect)
    found += [at(1)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await addresses.connect("somewhere", 1)
    await asyncio.sleep(0)
    assert [one.fileno() for one in tried] == [-1]


def test_the_families_take_turns() -> None:
    old, new = socket.AF_INET, socket.AF_INET6
    mixed = addresses.in_turns([at(1, new), at(2, new), at(3, new), at(4, old)])
    assert [address[4][1] for address in mixed] == [1, 4, 2, 3]


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
async def test_what_can_be_no_name_of_a_host_is_not_found(host: str) -> None:
    with pytest.raises(socket.gaierror):
        await addresses.connect(host, 80)


async def test_a_port_that_is_too_high_is_not_taken_for_another_one() -> None:
    """The system drops what does not fit, and would connect to a port that nobody meant."""
    with listening() as port, pytest.raises(OSError, match="no port"):
        await addresses.connect(LOCAL, port + 65_536)
