#!/usr/bin/env bash
# asteval 1.0.10 (an interpreter of a part of Python, for expressions of users): `return`, `break` and `continue` inside `try` leave out the
# `finally`. Its documentation lists try-except-finally among the statements that it supports, and a `finally` after the end of the
# block or after an exception does run. One would expect it to run on every way out, as in Python: that is its purpose.
# Seen on 2026-11-30, Linux, Python 3.11:
#     end of the block: ['closed']
#     return: ['result']
#     break: []
#     continue: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'asteval==1.0.10'

expected=$(cat <<'OUT'
end of the block: ['closed']
return: ['result']
break: []
continue: []
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import io

import asteval

PROGRAMS = {
    "end of the block": "try:\n    x = 1\nfinally:\n    print('closed')",
    "return": "def f():\n    try:\n        return 'result'\n    finally:\n        print('closed')\nprint(f())",
    "break": "for i in [1, 2]:\n    try:\n        break\n    finally:\n        print('closed')",
    "continue": "for i in [1, 2]:\n    try:\n        continue\n    finally:\n        print('closed')",
}
for name, program in PROGRAMS.items():
    written, errors = io.StringIO(), io.StringIO()
    asteval.Interpreter(writer=written, err_writer=errors)(program)
    print(f"{name}: {written.getvalue().split()} {errors.getvalue()}".rstrip())
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
