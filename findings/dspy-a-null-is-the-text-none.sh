#!/usr/bin/env bash
# dspy 3.4.1, JSONAdapter: where a model answers {"answer": null} for a field of type `str`, the field is the text "None", as if the model had said so;
# true becomes "True", and an object its Python form "{'city': 'Bern'}", which is no JSON any more. The value is turned into a text by `str()` before
# anything is checked. With `str | None` a null is None, and true and an object are refused. One would expect the refusal for `str` too, as
# for `int` and `list[str]`, so that the adapter asks again, since a text that is missing is not one; and an object's text to be JSON. The
# check "is there an answer?" passes, and "None" is shown, stored and scored.
# Seen on 2026-12-01, Linux, Python 3.11:
#     {"answer": "Bern"}
#       str: 'Bern'
#       str | None: 'Bern'
#       int: AdapterParseError
#       list[str]: AdapterParseError
#     {"answer": null}
#       str: 'None'
#       str | None: None
#       int: AdapterParseError
#       list[str]: AdapterParseError
#     {"answer": true}
#       str: 'True'
#       str | None: AdapterParseError
#       int: 1
#       list[str]: AdapterParseError
#     {"answer": {"city": "Bern"}}
#       str: "{'city': 'Bern'}"
#       str | None: AdapterParseError
#       int: AdapterParseError
#       list[str]: AdapterParseError
#     {"answer": ["Bern"]}
#       str: "['Bern']"
#       str | None: AdapterParseError
#       int: AdapterParseError
#       list[str]: ['Bern']
#     {"answer": 5}
#       str: '5'
#       str | None: AdapterParseError
#       int: 5
#       list[str]: AdapterParseError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'dspy==3.4.1'

expected=$(cat <<'OUT'
{"answer": "Bern"}
  str: 'Bern'
  str | None: 'Bern'
  int: AdapterParseError
  list[str]: AdapterParseError
{"answer": null}
  str: 'None'
  str | None: None
  int: AdapterParseError
  list[str]: AdapterParseError
{"answer": true}
  str: 'True'
  str | None: AdapterParseError
  int: 1
  list[str]: AdapterParseError
{"answer": {"city": "Bern"}}
  str: "{'city': 'Bern'}"
  str | None: AdapterParseError
  int: AdapterParseError
  list[str]: AdapterParseError
{"answer": ["Bern"]}
  str: "['Bern']"
  str | None: AdapterParseError
  int: AdapterParseError
  list[str]: ['Bern']
{"answer": 5}
  str: '5'
  str | None: AdapterParseError
  int: 5
  list[str]: AdapterParseError
OUT
)
seen=$("$folder/venv/bin/python" -I -W ignore - <<'CODE'
import json

import dspy
from dspy.adapters import JSONAdapter


def read(kind: object, value: object) -> str:
    signature = dspy.Signature("question -> answer").with_updated_fields("answer", type_=kind)
    try:
        return repr(JSONAdapter().parse(signature, json.dumps({"answer": value}))["answer"])
    except Exception as error:
        return type(error).__name__


for value in ["Bern", None, True, {"city": "Bern"}, ["Bern"], 5]:
    print(json.dumps({"answer": value}))
    for name, kind in [("str", str), ("str | None", str | None), ("int", int), ("list[str]", list[str])]:
        print(f"  {name}: {read(kind, value)}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
