"""`aimltui serve`: serves the Assistants API over HTTP."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aimltui.bootstrap.engine import open_engine
from aimltui.bootstrap.source import DEMO_MODEL, Source, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.common import gc_tuning
from aimltui.common.errors import ConfigError
from aimltui.common.home import expanded
from aimltui.config.served_clients import ServedClientSettings, client_of_option
from aimltui.wire.clients import ClientBudget, ServedClient

DESCRIPTION = (
    "Serve the Assistants API v2 with the built-in engine. A program written for OpenAI's API only changes its base URL; "
    "its threads are also in the full-screen program."
)
EPILOG = (
    "The model that the run or its assistant names answers. Programs often name models that no longer exist: with "
    "--model ID, this model answers every run, and with --demo the scripted demo does. Paths work with and without /v1; "
    "Azure's client works with its endpoint set to this server."
)


def add_serve_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `serve` to the result of `ArgumentParser.add_subparsers`; its default `run` is `serve`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="serve the Assistants API to other programs",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (default: %(default)s, this machine only)",
    )
    add("--port", type=_port, default=8765, help="default: %(default)s; 0 uses any free port")
    add("--uds", metavar="PATH", type=Path, help="listen on a Unix socket instead")
    add("--model", metavar="ID", help="answer every run with this model, whatever model it names")
    add(
        "--token-env",
        metavar="NAME",
        help="the environment variable with the token that clients must send as their API key; "
        "required if other machines can reach the server",
    )
    add(
        "--client-token",
        metavar="NAME[:LIMITS]",
        action="append",
        default=[],
        help="the environment variable with the token of one more client, and what it may spend, such as "
        "ALICE_TOKEN:1.50usd/day,200000tokens/month; then it is answered 429 insufficient_quota. May be given again; "
        "the configuration file names clients under [serve.clients.NAME]",
    )
    add(
        "--requests-per-minute",
        metavar="N",
        type=_count,
        help="answer 429 to more requests than this; the headers x-ratelimit-* tell what is left",
    )
    add(
        "--log-requests",
        action="store_true",
        help="write a line of JSON to stderr for each request: time, id, operation, status, milliseconds; no content",
    )
    add_engine_flags(parser)
    parser.set_defaults(run=serve)
    return parser


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal stops the server; returns the exit status.

    Raises:
        AimltuiError: The server cannot start.
    """
    # Imported late: only this command needs starlette and uvicorn.
    from aimltui.server.auth import Auth
    from aimltui.server.listener import Address, check_address
    from aimltui.server.shared import ServerLimits

    token = _token(options.token_env)
    source = find_source(options)
    clients = _clients([*source.settings.served_clients, *map(client_of_option, options.client_token)], token)
    uds = expanded(options.uds).absolute() if options.uds else None
    address = Address(options.host, options.port, uds)
    auth = Auth(token, clients, is_socket=uds is not None)
    for one in {token, *clients} - ({None} if clients else set()):
        check_address(address, one)
    override = options.model or (DEMO_MODEL if options.demo else None)
    limits = ServerLimits(per_minute=options.requests_per_minute, logs_requests=options.log_requests)
    if options.log_requests:
        _log_requests()
    return asyncio.run(_serve(address, source, auth, override, limits))


async def _serve(address: Any, source: Source, auth: Any, override: str | None, limits: Any) -> int:
    from aimltui.server import listener as listening
    from aimltui.server.app import create_app

    async with open_engine(source, override) as engine:
        app = create_app(engine, auth, limits)
        gc_tuning.tune()

        async def stop() -> None:
            await app.aclose()
            await engine.aclose()

        await listening.serve(app, address, announce=_say, on_stop=stop)
    return 0


def _token(variable: str | None) -> str | None:
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token:
        raise ConfigError(
            f"The environment variable {variable} is not set; it must hold the token for clients of this "
            f"server. Set it with: export {variable}=$(openssl rand -hex 24)"
        )
    return token


def _clients(
    given: Sequence[ServedClientSettings], server_token: str | None = None
) -> dict[str, ServedClient]:
    """Return the clients by their tokens.

    Args:
        given: The clients.
        server_token: The token that has no budget.

    Raises:
        ConfigError: A token is missing, or is given twice, or two clients have the same name.
    """
    found: dict[str, ServedClient] = {}
    for one in given:
        token = _token(one.token_env)
        assert token is not None
        if token in found:
            raise ConfigError(f"The clients {found[token].name} and {one.name} have the same token.")
        if token == server_token:
            raise ConfigError(
                f"The client {one.name} has the token of the server, which has no budget. Give it another one."
            )
        if any(known.name == one.name for known in found.values()):
            raise ConfigError(f"Two clients are called {one.name}, and would share a budget. Rename one.")
        limits: dict[str, Any] = {
            key: int(value) if key.endswith("tokens") else value for key, value in one.limits.items()
        }
        found[token] = ServedClient(one.name, ClientBudget(**limits))
    return found


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port number (0 to 65535)")
    return port


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("the number must be 1 or more")
    return number


def _log_requests() -> None:
    requests = logging.getLogger("aimltui.requests")
    requests.addHandler(logging.StreamHandler())
    requests.setLevel(logging.INFO)
    requests.propagate = False


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # there is no screen
