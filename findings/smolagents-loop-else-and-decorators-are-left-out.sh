#!/usr/bin/env bash
# smolagents 1.26.0, LocalPythonExecutor (the interpreter that runs a model's code in the agent's own process): the `else` of a loop never
# runs and a decorator is not applied, both without a word, so that the program ends with another result. It does raise "not supported" for
# `yield`, `match`, `nonlocal` and others, and one would expect the same of these two, or Python's result. A search that ends in
# `else: print("not found")` prints nothing; a function with a decorator that rounds or caches gives the raw value; a property is a bound
# method, which is true in every condition.
# Seen on 2026-11-30, Linux, Python 3.11:
#     else of a loop: ['end']
#     decorator: ['2']
#     property: ['empty']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'smolagents==1.26.0'

expected=$(cat <<'OUT'
else of a loop: ['end']
decorator: ['2']
property: ['empty']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from smolagents.local_python_executor import LocalPythonExecutor

PROGRAMS = {
    "else of a loop": "for n in [4, 6, 9]:\n    if n == 5:\n        break\nelse:\n    print('not found')\nprint('end')",
    "decorator": "def twice(f):\n    def inner(x):\n        return 2 * f(x)\n    return inner\n@twice\ndef plus(x):\n    return x + 1\nprint(plus(1))",
    "property": "class Cart:\n    @property\n    def is_empty(self):\n        return False\nprint('empty' if Cart().is_empty else 'full')",
}
for name, program in PROGRAMS.items():
    run = LocalPythonExecutor([])
    run.send_tools({})
    print(f"{name}: {run(program).logs.split()}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
