#!/usr/bin/env bash
# llm 0.36 (the command line tool and library): a tool made from a function loses what `Annotated[..., Field(...)]` says of a parameter: its
# description and its limits. The schema comes from a pydantic model, and the hints are read without their extras, so one would
# expect them to be there as in any pydantic schema; the docstring stays one text, "Args" included, and describes no parameter either.
# A function that asks for at most 3 guests is offered to the model as one that takes any number.
# Seen on 2026-11-30, Linux, Python 3.11:
#     pydantic: {"description": "How many guests.", "maximum": 3, "minimum": 1, "type": "integer"}
#     llm: {"type": "integer"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'llm==0.36'

expected=$(cat <<'OUT'
pydantic: {"description": "How many guests.", "maximum": 3, "minimum": 1, "type": "integer"}
llm: {"type": "integer"}
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json
from typing import Annotated

import llm
from pydantic import Field, TypeAdapter

Guests = Annotated[int, Field(description="How many guests.", ge=1, le=3)]


def book(guests: Guests) -> str:
    """Book a room."""


print("pydantic:", json.dumps(TypeAdapter(Guests).json_schema(), sort_keys=True))
print("llm:", json.dumps(llm.Tool.function(book).input_schema["properties"]["guests"], sort_keys=True))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
