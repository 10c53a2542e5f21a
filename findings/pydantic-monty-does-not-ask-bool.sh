#!/usr/bin/env bash
# pydantic-monty 1.4.0 (a Python interpreter for code that a model wrote): an object is true whatever its class's `__bool__` says, although `__eq__`,
# `__hash__`, `__iter__`, `__str__` and `__enter__` are called, and missing parts of the language (`yield`, inheritance, `del`, `len()` of an object,
# `<`) raise an error that names them. One would expect the same error, or Python's result. Of two equal keys in one dictionary, the later one stays
# and not the first. A program that asks `if not result:` takes the wrong branch.
# Seen on 2026-11-30, Linux, Python 3.11:
#     equal: True
#     bool: True
#     branch: done
#     keys: {True: 'b'} {2.0: 'b'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'pydantic-monty==1.4.0'

expected=$(cat <<'OUT'
equal: True
bool: True
branch: done
keys: {True: 'b'} {2.0: 'b'}
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import pydantic_monty

PROGRAM = '''
class Result:
    def __init__(self, ok):
        self.ok = ok

    def __bool__(self):
        return self.ok

    def __eq__(self, other):
        return self.ok == other.ok

failed = Result(False)
print("equal:", failed == Result(False))
print("bool:", bool(failed))
print("branch:", "done" if failed else "try again")
print("keys:", {1: "a", True: "b"}, {2: "a", 2.0: "b"})
'''
written = []
with pydantic_monty.Monty() as pool, pool.checkout() as session:
    session.feed_run(PROGRAM, print_callback=lambda stream, text: written.append(text))
print("".join(written), end="")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
