#!/usr/bin/env bash
# smolagents 1.26.0, LocalPythonExecutor: the default of a parameter is evaluated at each call and not once at the definition, and `x[f()] += 1`
# calls `f` twice, once to read and once to write, so that it may write elsewhere than it read. Python's reference says of the first "default
# parameter values are evaluated ... when the function definition is executed" and of the second that "the target is evaluated only once". One
# would expect either that, or the error that this interpreter raises for what it does not support. Counters and queues of a model's program go
# wrong in silence.
# Seen on 2026-11-30, Linux, Python 3.11:
#     default: 500
#     list as default: [2]
#     place: [0, 10, 31, 30] [0, 1]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'smolagents==1.26.0'

expected=$(cat <<'OUT'
default: 500
list as default: [2]
place: [0, 10, 31, 30] [0, 1]
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from smolagents.local_python_executor import LocalPythonExecutor

PROGRAMS = {
    "default": "rate = 2\ndef price(n, r=rate):\n    return n * r\nrate = 50\nprint(price(10))",
    "list as default": "def add(x, seen=[]):\n    seen.append(x)\n    return seen\nadd(1)\nprint(add(2))",
    "place": "todo = [0, 1, 2, 3]\ndone = [0, 10, 20, 30]\ndone[todo.pop()] += 1\nprint(done, todo)",
}
for name, program in PROGRAMS.items():
    run = LocalPythonExecutor([])
    run.send_tools({})
    print(f"{name}: {run(program).logs.strip()}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
