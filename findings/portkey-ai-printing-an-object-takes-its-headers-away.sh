#!/usr/bin/env bash
# portkey-ai 2.3.4: printing an object of the Assistants API changes it. One would expect `str()` to read only
# (https://docs.python.org/3/reference/datamodel.html#object.__str__, "informal or nicely printable string representation");
# its `__str__` deletes the response headers, so that `get_headers()`, which has the id of the trace, fails from then on, and so does
# printing the object once more: a `print` that was added to find a fault makes the next line fail.
# Seen on 2026-11-30, Linux, Python 3.11:
#     headers before: {'trace-id': 'trace_1'}
#     printed, with its id: True
#     headers after: AttributeError 'Assistant' object has no attribute '_headers'
#     printed again: AttributeError 'Assistant' object has no attribute '_headers'
# What `aimltui serve` answers is not changed for it; tests/real/test_published_programs.py prints no object twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'portkey-ai==2.3.4'

expected=$(cat <<'OUT'
headers before: {'trace-id': 'trace_1'}
printed, with its id: True
headers after: AttributeError 'Assistant' object has no attribute '_headers'
printed again: AttributeError 'Assistant' object has no attribute '_headers'
OUT
)
seen=$("$folder/venv/bin/python" -I -W ignore - <<'CODE'
import httpx
from portkey_ai import Portkey


def answer(request):
    assistant = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "gpt-4o", "name": "Tutor", "tools": []}
    empty = dict.fromkeys(("description", "instructions", "temperature", "top_p", "response_format"))
    body = assistant | empty | {"metadata": {}, "tool_resources": {}}
    return httpx.Response(200, json=body, headers={"x-portkey-trace-id": "trace_1"})


def tried(what):
    try:
        return what()
    except AttributeError as error:
        return f"AttributeError {error}"


transport = httpx.MockTransport(answer)
client = Portkey(api_key="x", base_url="http://example.invalid/v1", http_client=httpx.Client(transport=transport))
assistant = client.beta.assistants.retrieve("asst_1")
print("headers before:", assistant.get_headers())
print("printed, with its id:", "asst_1" in str(assistant))
print("headers after:", tried(assistant.get_headers))
print("printed again:", tried(lambda: str(assistant)))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
