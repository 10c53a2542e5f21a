#!/usr/bin/env bash
# ollama 0.6.3 (the Python client): a function given as a tool tells the model that every parameter is required unless its type allows
# None, although it has a default, and the default is not told; the choices of a Literal are gone ("string"), and so is what a list holds.
# The README gives functions as tools for exactly this. One would expect what pydantic says of the same function: only `city` is required,
# `room` has "enum", `tags` has "items". So a model makes up a number of nights, and kinds of rooms that do not exist.
# Seen on 2026-11-30, Linux, Python 3.11:
#     required: city, nights, room
#     city: {'type': 'string', 'description': 'The city.'}
#     nights: {'type': 'integer', 'description': 'How many nights.'}
#     room: {'type': 'string', 'description': 'The kind of room.'}
#     tags: {'type': 'array', 'description': 'Wishes.'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'ollama==0.6.3'

expected=$(cat <<'OUT'
required: city, nights, room
city: {'type': 'string', 'description': 'The city.'}
nights: {'type': 'integer', 'description': 'How many nights.'}
room: {'type': 'string', 'description': 'The kind of room.'}
tags: {'type': 'array', 'description': 'Wishes.'}
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json
from typing import Literal

import httpx
import ollama


def book(city: str, nights: int = 1, room: Literal["single", "double"] = "single", tags: list[str] | None = None) -> str:
    """Book a room.

    Args:
        city: The city.
        nights: How many nights.
        room: The kind of room.
        tags: Wishes.
    """


def answer(request: httpx.Request) -> httpx.Response:
    sent.append(json.loads(request.content))
    return httpx.Response(200, json={"model": "m", "message": {"role": "assistant", "content": "ok"}})


sent = []
client = ollama.Client(transport=httpx.MockTransport(answer))
client.chat(model="m", messages=[{"role": "user", "content": "A room, please."}], tools=[book])
parameters = sent[0]["tools"][0]["function"]["parameters"]
print("required:", ", ".join(parameters["required"]))
for name, schema in parameters["properties"].items():
    print(f"{name}: {schema}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
