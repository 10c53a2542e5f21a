"""How the answer of a login page comes back: to an address of this machine, or pasted by the user."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line

PATH = "/callback"
PATIENCE_S = 300.0
"""Seconds for the user to log in."""
_MOST_REQUEST = 16_384
_MOST_PASTES = 3
_READ_S = 5.0
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>aimltui</title>"
    "<p>{}</p><p>You can close this page and go back to the terminal.</p>"
)
_DONE = _PAGE.format("The answer has arrived.")
_UNKNOWN = _PAGE.format("This address only receives the answer to a login.")


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What the login page returned."""

    code: str
    state: str
    issuer: str | None = None


class Redirect(Protocol):
    """Where the login page sends its answer."""

    @property
    def url(self) -> str:
        """The address that the page is told."""
        ...

    async def answer(self, state: str) -> PageAnswer:
        """Wait for the answer.

        Args:
            state: The mark of this login; an answer to another one is not taken.

        Raises:
            AimltuiError: The login was refused, or did not come in time.
        """
        ...


class WrongAnswer(AimltuiError):
    """A text is no answer of this login."""


def answer_in(address: str, state: str) -> PageAnswer:
    """The answer in an address that the login page sent the browser to.

    Raises:
        AimltuiError: There is none, it belongs to another login, or the login was refused.
    """
    # not urlsplit, which refuses a part of the address that does not matter here
    query = address.strip().partition("?")[2].partition("#")[0]
    values = {name: found[-1] for name, found in parse_qs(query).items()}
    if values.get("state") != state:
        raise WrongAnswer(
            "This is not the answer of this login. Copy the whole address of the page that the browser ends at."
        )
    if "error" in values:
        told = clean_line(values.get("error_description") or values["error"])[:200]
        raise AimltuiError(f"The login was refused: {told}")
    if not values.get("code"):
        raise AimltuiError("The login page has sent no code. Try to log in again.")
    return PageAnswer(values["code"], state, values.get("iss"))


class Pasted:
    """Takes the address from the user, who copies it from a browser on another machine.

    Args:
        ask: Returns what the user pastes; gets a sentence about what was wrong with the last text, or an empty one.
        port: The port in the address that the page is told; 0 is any.
    """

    def __init__(self, ask: Callable[[str], Awaitable[str]], port: int = 0) -> None:
        self._ask = ask
        # nothing listens there: the page cannot be shown, and its address has the answer
        self.url = f"http://127.0.0.1:{port or _free_port()}{PATH}"

    async def answer(self, state: str) -> PageAnswer:
        """See `Redirect.answer`."""
        problem = ""
        for _ in range(_MOST_PASTES):
            try:
                return answer_in(await self._ask(problem), state)
            except WrongAnswer as error:
                problem = str(error)
        raise AimltuiError(problem)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Loopback:
    """Takes the answer at a free port of this machine; see `loopback`."""

    def __init__(self) -> None:
        self.url = ""
        self._answers: asyncio.Queue[str] = asyncio.Queue()

    async def answer(self, state: str) -> PageAnswer:
        """See `Redirect.answer`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    address = await self._answers.get()
                    # whatever else on this machine asks here neither ends nor answers the login
                    if parse_qs(urlsplit(address).query).get("state") == [state]:
                        return answer_in(address, state)
        except TimeoutError as error:
            raise AimltuiError(
                f"The login was not finished within {PATIENCE_S / 60:g} minutes. Try it again; where the browser runs on "
                "another machine, add --paste."
            ) from error

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of the browser."""
        try:
            async with asyncio.timeout(_READ_S):
                head = await reader.readuntil(b"\r\n\r\n")
            method, _, rest = head.decode("latin-1").partition(" ")
            target = rest.partition(" ")[0]
            is_answer = method == "GET" and urlsplit(target).path == PATH and "state=" in target
            if is_answer:
                self._answers.put_nowait(target)
            page = (_DONE if is_answer else _UNKNOWN).encode()
            writer.write(
                b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nReferrer-Policy: no-referrer\r\n"
                b"Cache-Control: no-store\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (b"200 OK" if is_answer else b"404 Not Found", len(page), page)
            )
            await writer.drain()
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # a request that is none gets no answer
            return
        finally:
            with contextlib.suppress(OSError):
                writer.close()


@asynccontextmanager
async def loopback(port: int = 0) -> AsyncIterator[Loopback]:
    """Listen at a port of this machine until the end of the block.

    Args:
        port: The port; 0 is any that is free.

    Raises:
        AimltuiError: The port is not free.
    """
    redirect = Loopback()
    try:
        listener = await asyncio.start_server(redirect.take, "127.0.0.1", port, limit=_MOST_REQUEST)
    except OSError as error:
        raise AimltuiError(
            f"This machine cannot receive the browser's answer: {error.strerror or error}. Add --paste."
        ) from error
    redirect.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}{PATH}"
    try:
        yield redirect
    finally:
        listener.close()
