#!/usr/bin/env bash
# mcp 2.3.0 (the Python package of the Model Context Protocol): a tool that is declared to return a float and returns "not a number"
# or infinity succeeds on the server, and the client raises RuntimeError: "Invalid structured content returned by tool".
# JSON has no such numbers; the server writes them as null into the structured result, which its own output schema ("type":
# "number") forbids, and checks the value before that and not after it. One would expect an error of the tool, which a model can
# read (https://modelcontextprotocol.io/specification/2025-11-25/server/tools, "Servers MUST provide structured results that conform
# to this schema"). The text beside it says "NaN" and is lost with the exception. fastmcp 4.2.3 reports an error of the tool.
# Seen on 2026-11-30, Linux, Python 3.11:
#     1.5: 1.5
#     nan: RuntimeError, Invalid structured content returned by tool ratio: None is not of type 'number'
#     inf: RuntimeError, Invalid structured content returned by tool ratio: None is not of type 'number'
# Our client reports it to the model as an error of the tool: aimltui/local_tools/mcp/session.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'mcp==2.3.0'

expected=$(cat <<'OUT'
1.5: 1.5
nan: RuntimeError, Invalid structured content returned by tool ratio: None is not of type 'number'
inf: RuntimeError, Invalid structured content returned by tool ratio: None is not of type 'number'
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asyncio

from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("ratios")


@server.tool()
def ratio(text: str) -> float:
    return float(text)


async def main():
    async with Client(server) as client:
        for text in ("1.5", "nan", "inf"):
            try:
                result = await client.call_tool("ratio", {"text": text})
                print(f"{text}:", result.structured_content["result"])
            except RuntimeError as error:
                print(f"{text}: {type(error).__name__},", str(error).splitlines()[0])


asyncio.run(main())
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
