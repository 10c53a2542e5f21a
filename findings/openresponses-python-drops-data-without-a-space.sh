#!/usr/bin/env bash
# openresponses-python 0.1.4: its async client drops, without a word, every event of a stream whose lines have no space after "data:".
# The space is optional (https://html.spec.whatwg.org/multipage/server-sent-events.html, "9.2.6 Interpreting an event stream": "If
# value starts with a U+0020 SPACE character, remove it from value"), and several servers write none. The client splits the line
# at the first ": ", wherever that is: with `data:{"text": "Hi"}` this is in the middle of the JSON, and what cannot be
# read is skipped. A stream that was received whole looks as if the model had said nothing.
# Seen on 2026-11-30, Linux, Python 3.11:
#     data: {"delta": "Hi"} -> ['Hi']
#     data:{"delta": "Hi"} -> []
# `aimltui serve` writes the space; our reader takes both: aimltui/wire/sse_reader.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'openresponses-python==0.1.4' 'httpx==0.28.1'

expected=$(cat <<'OUT'
data: {"delta": "Hi"} -> ['Hi']
data:{"delta": "Hi"} -> []
OUT
)
seen=$("$folder/venv/bin/python" -I -W ignore - <<'CODE'
import asyncio
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from openresponses.client import AsyncOpenResponsesClient

LINES = ('data: {"delta": "Hi"}', 'data:{"delta": "Hi"}')
wanted = list(LINES)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"event: response.output_text.delta\n{wanted.pop(0)}\n\n".encode())

    def log_message(self, *args):
        pass


async def main(url):
    for line in LINES:
        client = AsyncOpenResponsesClient(url)
        events = await client.create("m", "Hello", stream=True)
        print(line, "->", [event.data["delta"] async for event in events])


with HTTPServer(("127.0.0.1", 0), Handler) as server:
    Thread(target=server.serve_forever, daemon=True).start()
    asyncio.run(main(f"http://127.0.0.1:{server.server_port}"))
    server.shutdown()
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
