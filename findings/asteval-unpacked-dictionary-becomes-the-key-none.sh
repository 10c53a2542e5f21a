#!/usr/bin/env bash
# asteval 1.0.10: `{**a, "x": 1}` is a dictionary with the key None, whose value is the dictionary a; two of them leave the last one only. Python
# has merged dictionaries in this way since 3.5, the parser is Python's own, and no error is recorded. `dict(a, x=1)` and `a | b` give what one would
# expect. `b += [2]`, with `b` another name of the list `a`, makes a new list in the same quiet way: `a` does not have the 2.
# Seen on 2026-11-30, Linux, Python 3.11:
#     unpacked: {None: {'n': 0}, 'x': 1} []
#     two unpacked: {None: {'m': 5}} []
#     dict: {'n': 0, 'x': 1} []
#     or: {'n': 0, 'm': 5} []
#     list: [1] []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'asteval==1.0.10'

expected=$(cat <<'OUT'
unpacked: {None: {'n': 0}, 'x': 1} []
two unpacked: {None: {'m': 5}} []
dict: {'n': 0, 'x': 1} []
or: {'n': 0, 'm': 5} []
list: [1] []
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asteval

PROGRAMS = {
    "unpacked": "{**a, 'x': 1}",
    "two unpacked": "{**a, **c}",
    "dict": "dict(a, x=1)",
    "or": "a | c",
}
for name, program in PROGRAMS.items():
    run = asteval.Interpreter()
    run("a = {'n': 0}\nc = {'m': 5}")
    print(f"{name}: {run(program)} {run.error}")
run = asteval.Interpreter()
run("a = [1]\nb = a\nb += [2]")
print(f"list: {run('a')} {run.error}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
