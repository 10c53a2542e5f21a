"""MCP servers from the configuration: `[mcp_servers.NAME]` in config.toml, and `mcpServers` in mcp.json.

```toml
[mcp_servers.time]
command = "uvx"
args = ["mcp-server-time"]
env = { TZ = "Europe/Oslo" }              # all that it gets of the environment besides PATH, HOME and the like
cwd = "~/work"

[mcp_servers.tracker]
url = "https://mcp.example.com/mcp"
headers = { Authorization = "Bearer ${TRACKER_KEY}" }   # ${NAME} is a variable of the environment

[mcp_servers.calendar]
url = "https://calendar.example.com/mcp"                # `aimltui mcp login calendar` logs in
oauth = { client_id = "abc", port = 8123 }              # only where programs cannot register by themselves
```

Other keys: `enabled`, `timeout_s` (one call), `start_timeout_s`, `protocol`, `roots` (folders that the server may ask for),
`enabled_tools`, `disabled_tools`. The names that other clients give to these keys are understood, too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, get_args

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.common.patterns import pattern
from aimltui.config.toml_file import short, type_sentence

MCP_FILE = "mcp.json"
"""A file in the configuration directory."""
Protocol = Literal["auto", "2025-11-25", "2026-07-28"]
_LIMIT_BYTES = 1_000_000
_MOST_S = 86_400
_MOST_PORT = 65_535
_VARIABLE = pattern(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_OTHER_NAMES = {
    "startup_timeout_sec": "start_timeout_s",
    "tool_timeout_sec": "timeout_s",
    "http_headers": "headers",
    "serverUrl": "url",
    "httpUrl": "url",
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "callbackPort": "port",
}
"""Names that other clients give to the same keys."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """This program as a server's provider knows it, where it cannot register by itself."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    port: int = 0
    """The port of the address that the login page sends its answer to; 0 is any."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """How a server is started or reached. Arguments, variables, headers and address may hold secrets."""

    name: str
    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth: OAuthClient = OAuthClient()
    enabled: bool = True
    timeout_s: float | None = None
    """Seconds for one call; None for the default."""
    start_timeout_s: float = 30.0
    protocol: Protocol = "auto"
    """`auto` begins with the handshake of 2025-11-25 and uses 2026-07-28 if the server refuses it."""
    roots: tuple[str, ...] = ()
    enabled_tools: tuple[str, ...] = ()
    """The only tools that are offered; empty means all."""
    disabled_tools: tuple[str, ...] = ()
    origin: str = ""
    """The file that it comes from."""

    @property
    def place(self) -> str:
        """The command line, or the address without what may be secret."""
        if self.url:
            scheme, _, rest = self.url.partition("?")[0].partition("#")[0].partition("://")
            return f"{scheme}://{rest.rpartition('@')[2]}"
        return " ".join((self.command, *self.args))

    @property
    def sha256(self) -> str:
        """Hash of what runs or is reached. Variables are hashed by name, so no secret of theirs is in it."""
        parts = [self.command, self.args, sorted(self.env.items()), self.cwd, self.url, sorted(self.headers)]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class McpProblem:
    """A server that cannot be used as it is configured, or a file that cannot be read."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class McpServers:
    """The usable servers, and what is wrong with the others."""

    servers: tuple[McpServer, ...] = ()
    problems: tuple[McpProblem, ...] = ()


def read_mcp_servers(document: Mapping[str, Any], config_file: Path) -> McpServers:
    """Read the servers of both files; one in config.toml wins over one of the same name in mcp.json. It blocks.

    Args:
        document: The content of config.toml.
        config_file: Its path; mcp.json is beside it.
    """
    servers: dict[str, McpServer] = {}
    problems: list[McpProblem] = []
    json_file = config_file.parent / MCP_FILE
    for origin, tables in (
        (config_file, lambda: document.get("mcp_servers", {})),
        (json_file, lambda: _json_tables(json_file)),
    ):
        try:
            for name, table in _as_tables(tables(), str(origin)).items():
                if name not in servers:
                    try:
                        servers[name] = _server(name, table, str(origin))
                    except ConfigError as error:
                        problems.append(McpProblem(name, str(error)))
        except ConfigError as error:
            problems.append(McpProblem(origin.name, str(error)))
    return McpServers(tuple(servers.values()), tuple(problems))


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Put the values of variables into a text: `${NAME}`, `${env:NAME}`, `${NAME:-otherwise}`.

    Raises:
        ConfigError: A variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        name, otherwise = match[1], match[2]
        found = environment.get(name)
        if found:
            return found
        if otherwise is None:
            raise ConfigError(f"The variable {name} is not set. Set it before you start the program.")
        return otherwise

    # where no bracket closes, each search for one would take as long as the text
    head, bracket, rest = text.rpartition("}")
    return _VARIABLE.sub(value, head + bracket) + rest


def _json_tables(file: Path) -> object:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(content) > _LIMIT_BYTES:
        raise ConfigError(f"{file} is larger than 1 MB, so it is not read.")
    try:
        read = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigError(f"{file}{where}: this is not JSON ({getattr(error, 'msg', error)}).") from error
    if isinstance(read, Mapping):
        for key in ("mcpServers", "servers", "mcp_servers"):
            if key in read:
                return read[key]
        if all(isinstance(one, Mapping) for one in read.values()):
            # only the inside of the block was pasted
            return read
    raise ConfigError(f'{file}: there are no servers. Write them as {{"mcpServers": {{"NAME": {{...}}}}}}.')


def _as_tables(found: object, origin: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise ConfigError(type_sentence(origin, "mcp_servers", found, "a table of servers by name"))
    return found


def _server(name: str, table: object, origin: str) -> McpServer:
    dotted = f"mcp_servers.{short(name)}"
    if not isinstance(table, Mapping):
        raise ConfigError(type_sentence(origin, dotted, table, "a table with command or url"))
    values = {_OTHER_NAMES.get(str(key), str(key)): value for key, value in table.items()}
    reader = _Reader(values, origin, dotted)
    kind = values.get("type", values.get("transport", ""))
    if kind == "sse":
        raise ConfigError(
            f"{origin}: {dotted} uses the old transport “sse”. Ask for the server's Streamable HTTP address (type “http”)."
        )
    server = McpServer(
        name,
        command=reader.text("command"),
        args=reader.texts("args"),
        env=reader.mapping("env"),
        cwd=reader.text("cwd"),
        url=reader.text("url"),
        headers=_headers(reader),
        oauth=reader.oauth(),
        enabled=reader.flag("enabled", True) and not reader.flag("disabled", False),
        timeout_s=reader.seconds("timeout_s"),
        start_timeout_s=reader.seconds("start_timeout_s") or 30.0,
        protocol=reader.protocol(),
        roots=reader.texts("roots"),
        enabled_tools=reader.texts("enabled_tools"),
        disabled_tools=reader.texts("disabled_tools"),
        origin=origin,
    )
    if bool(server.command) == bool(server.url):
        raise ConfigError(f"{origin}: {dotted} needs either command (a program) or url (an address).")
    if server.url and not server.url.startswith(("http://", "https://", "${")):
        raise ConfigError(f"{origin}: {dotted}.url must begin with https:// or http://.")
    return server


def _headers(reader: _Reader) -> dict[str, str]:
    headers = dict(reader.mapping("headers"))
    for header, variable in reader.mapping("env_http_headers").items():
        headers[header] = f"${{{variable}}}"
    if variable := reader.text("bearer_token_env_var"):
        headers["Authorization"] = f"Bearer ${{{variable}}}"
    return headers


class _Reader:
    """Reads the values of one server, and names the key whose value has the wrong type, never the value."""

    def __init__(self, values: Mapping[str, Any], origin: str, dotted: str) -> None:
        self._values = values
        self._origin = origin
        self._dotted = dotted

    def _refuse(self, key: str, wanted: str) -> ConfigError:
        value = self._values.get(key)
        return ConfigError(type_sentence(self._origin, f"{self._dotted}.{key}", value, wanted))

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise self._refuse(key, "text in quotes")
        if value and "\0" in value:
            raise self._refuse(key, "text without NUL characters")
        return value.strip() if value else ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._refuse(key, "a list of texts")
        if not all(isinstance(one, str) and "\0" not in one for one in value):
            raise self._refuse(key, "a list of texts only")
        return tuple(value)

    def mapping(self, key: str) -> dict[str, str]:
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._refuse(key, "a table of texts")
        if not all(isinstance(one, str | int | float) and "\0" not in str(one) for one in value.values()):
            raise self._refuse(key, "a table of texts only")
        return {name: one if isinstance(one, str) else json.dumps(one) for name, one in value.items()}

    def oauth(self) -> OAuthClient:
        table = self._values.get("oauth")
        if table is None:
            return OAuthClient()
        if not isinstance(table, Mapping):
            raise self._refuse("oauth", "a table with client_id")
        values = {_OTHER_NAMES.get(str(key), str(key)): value for key, value in table.items()}
        inner = _Reader(values, self._origin, f"{self._dotted}.oauth")
        port = values.get("port", 0)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= _MOST_PORT:
            raise inner._refuse("port", "the number of a port")
        return OAuthClient(inner.text("client_id"), inner.text("client_secret"), port)

    def flag(self, key: str, otherwise: bool) -> bool:
        value = self._values.get(key, otherwise)
        if not isinstance(value, bool):
            raise self._refuse(key, "true or false")
        return value

    def seconds(self, key: str) -> float | None:
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST_S:
            raise self._refuse(key, "a number of seconds above 0")
        return float(value)

    def protocol(self) -> Protocol:
        value = self._values.get("protocol", "auto")
        for known in get_args(Protocol):
            if value == known:
                return known  # type: ignore[no-any-return]
        raise self._refuse("protocol", "one of " + ", ".join(f'"{known}"' for known in get_args(Protocol)))
