#!/usr/bin/env bash
# mcp 2.3.0 (the Python package of the Model Context Protocol): a tool whose parameter is `str | None` gets None where the client
# sent the text "null", and refuses the text '["a"]'; one of `str | list[str]` gets a list where the client sent a text that looks
# like one. For a plain `str` all of them arrive as sent. The text is parsed as JSON before validation for every parameter that
# is not exactly `str`, so that models that send a list as a text are understood; one would expect that where the schema says that a
# text is right ("anyOf": [{"type": "string"}, ...]), a text stays what it was. fastmcp 4.2.3 leaves all of them alone.
# Seen on 2026-11-30, Linux, Python 3.11:
#     plain null: 'null'
#     maybe null: None
#     maybe 12: '12'
#     maybe ["a"]: refused
#     either ["a", "b"]: ['a', 'b']
# We cannot work around it: the arguments leave as the model wrote them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'mcp==2.3.0'

expected=$(cat <<'OUT'
plain null: 'null'
maybe null: None
maybe 12: '12'
maybe ["a"]: refused
either ["a", "b"]: ['a', 'b']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asyncio
import logging

from mcp import Client
from mcp.server.mcpserver import MCPServer

logging.disable(logging.CRITICAL)
server = MCPServer("names")


@server.tool()
def plain(name: str) -> str:
    return repr(name)


@server.tool()
def maybe(name: str | None = None) -> str:
    return repr(name)


@server.tool()
def either(name: str | list[str]) -> str:
    return repr(name)


async def main():
    async with Client(server) as client:
        calls = [("plain", "null"), ("maybe", "null"), ("maybe", "12"), ("maybe", '["a"]'), ("either", '["a", "b"]')]
        for tool, name in calls:
            result = await client.call_tool(tool, {"name": name})
            print(f"{tool} {name}:", "refused" if result.is_error else result.content[0].text)


asyncio.run(main())
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
