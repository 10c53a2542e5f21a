#!/usr/bin/env bash
# httpx-sse 0.4.3: where an event stream begins with a byte order mark, its first field is not recognised, and the event is lost.
# The format (https://html.spec.whatwg.org/multipage/server-sent-events.html, "9.2.5 Parsing an event stream") begins with one
# optional mark, and "UTF-8 decode" strips it before any line is read. Servers whose writers put the mark before UTF-8 send one.
# Nothing is raised: the stream simply begins with its second event, and where the first one is the only one, it is empty.
# Seen on 2026-11-30, Linux, Python 3.11:
#     without the mark: ['first', 'second']
#     with the mark: ['second']
# Our reader of event streams strips the mark: aimltui/wire/sse_reader.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'httpx==0.28.1' 'httpx-sse==0.4.3'

expected=$(cat <<'OUT'
without the mark: ['first', 'second']
with the mark: ['second']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import httpx
import httpx_sse


def events(body):
    def answer(request):
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        with httpx_sse.connect_sse(client, "GET", "http://example.invalid/") as source:
            return [event.data for event in source.iter_sse()]


stream = "data: first\n\ndata: second\n\n"
print("without the mark:", events(stream.encode("utf-8")))
print("with the mark:", events(stream.encode("utf-8-sig")))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
