#!/usr/bin/env bash
# httpx-sse 0.4.3: a block with a type, an id or a retry time and no data arrives as an event with the empty text as its data.
# The format (https://html.spec.whatwg.org/multipage/server-sent-events.html, "9.2.6 Interpreting an event stream") says that such a
# block is not dispatched: "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string
# and return"; browsers deliver nothing. Servers send such blocks as a keep-alive or to set the retry time before the first event. Code that
# reads every event by `event.json()` fails at them.
# Seen on 2026-11-30, Linux, Python 3.11:
#     event: 'ping' data: '' id: '' retry: None
#     event: 'message' data: '' id: '' retry: 3000
#     event: 'message' data: '' id: '7' retry: None
#     event: 'message' data: '{}' id: '7' retry: None
# Our reader of event streams drops them: aimltui/wire/sse_reader.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'httpx==0.28.1' 'httpx-sse==0.4.3'

expected=$(cat <<'OUT'
event: 'ping' data: '' id: '' retry: None
event: 'message' data: '' id: '' retry: 3000
event: 'message' data: '' id: '7' retry: None
event: 'message' data: '{}' id: '7' retry: None
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import httpx
import httpx_sse


def answer(request):
    body = b"event: ping\n\nretry: 3000\n\nid: 7\n\ndata: {}\n\n"
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


with httpx.Client(transport=httpx.MockTransport(answer)) as client:
    with httpx_sse.connect_sse(client, "GET", "http://example.invalid/") as source:
        for event in source.iter_sse():
            print(f"event: {event.event!r} data: {event.data!r} id: {event.id!r} retry: {event.retry}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
