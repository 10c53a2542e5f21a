#!/usr/bin/env bash
# @huggingface/jinja 0.5.11 (npm, runs the chat templates of models in JavaScript): two lists or mappings with the same content are not
# equal, so that `tool_calls == []` is false for an empty list and `tool_calls != []` true: such a template writes the heading of
# tool calls that are not there. Chat templates are written and tested with Jinja2 in Python, where both compare by content
# (https://docs.python.org/3/reference/expressions.html#value-comparisons), and this package is made to run them. Here, `==` asks whether
# both are one object. What it cannot do at all it refuses with an error (`'a' * 3`, `'a' < 'b'`); one would expect that, or Python's
# answer. The remainder of a negative number has the wrong sign in the same quiet way: a template that checks that roles take turns by
# `(loop.index0 - 1) % 2 == 1` goes wrong at its first message.
# Seen on 2026-12-01, Linux, Node.js 20.20, Jinja2 3.1.6:
#     {{ calls|length == 0 }} here: "true" Jinja2: "True"
#     {{ calls == [] }} here: "false" Jinja2: "True"
#     {% if calls != [] %}Calls:{% endif %} here: "Calls:" Jinja2: ""
#     {{ kinds == ['text'] }} here: "false" Jinja2: "True"
#     {{ first == messages[-1] }} here: "false" Jinja2: "True"
#     {{ (3 - 2) % 2 }} here: "1" Jinja2: "1"
#     {{ (1 - 2) % 2 }} here: "-1" Jinja2: "1"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps '@huggingface/jinja@0.5.11' >&2
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check 'jinja2==3.1.6'

expected=$(cat <<'OUT'
{{ calls|length == 0 }} here: "true" Jinja2: "True"
{{ calls == [] }} here: "false" Jinja2: "True"
{% if calls != [] %}Calls:{% endif %} here: "Calls:" Jinja2: ""
{{ kinds == ['text'] }} here: "false" Jinja2: "True"
{{ first == messages[-1] }} here: "false" Jinja2: "True"
{{ (3 - 2) % 2 }} here: "1" Jinja2: "1"
{{ (1 - 2) % 2 }} here: "-1" Jinja2: "1"
OUT
)
cat > cases.json <<'JSON'
{
  "values": {"calls": [], "kinds": ["text"], "first": {"role": "user"}, "messages": [{"role": "user"}]},
  "templates": [
    "{{ calls|length == 0 }}",
    "{{ calls == [] }}",
    "{% if calls != [] %}Calls:{% endif %}",
    "{{ kinds == ['text'] }}",
    "{{ first == messages[-1] }}",
    "{{ (3 - 2) % 2 }}",
    "{{ (1 - 2) % 2 }}"
  ]
}
JSON
cat > look.js <<'CODE'
import { Template } from "@huggingface/jinja";
import { readFileSync } from "fs";

const { values, templates } = JSON.parse(readFileSync("cases.json", "utf8"));
console.log(JSON.stringify(templates.map((template) => new Template(template).render(values))));
CODE
cat > look.py <<'CODE'
import json
import subprocess

from jinja2 import Template

with open("cases.json") as file:
    cases = json.load(file)
here = json.loads(subprocess.run(["node", "look.js"], check=True, capture_output=True).stdout)
for template, rendered in zip(cases["templates"], here, strict=True):
    print(f'{template} here: "{rendered}" Jinja2: "{Template(template).render(cases["values"])}"')
CODE
seen=$(venv/bin/python look.py)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
