#!/usr/bin/env bash
# pydantic-monty 1.4.0: `round(x, 2)` rounds the number multiplied by 100, so that amounts that lie just below or above a half, as binary floats do,
# go the other way than in Python: round(2.675, 2) is 2.68 and not 2.67 (the example for `round` in Python's library reference, "this is
# not a bug"), while f"{2.675:.2f}" in the same interpreter says 2.67. One would expect both to agree, and both with Python. Of the
# prices from 0.005 to 99.995 in steps of a cent, the count below differs. A sum of rounded items is off by cents.
# Seen on 2026-11-30, Linux, Python 3.11:
#     monty
#     round: 2.68 1.0 0.28
#     format: 2.67 1.00 0.28
#     differ: 4227 of 10000
#     python
#     round: 2.67 1.0 0.28
#     format: 2.67 1.00 0.28
#     differ: 0 of 10000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'pydantic-monty==1.4.0'

expected=$(cat <<'OUT'
monty
round: 2.68 1.0 0.28
format: 2.67 1.00 0.28
differ: 4227 of 10000
python
round: 2.67 1.0 0.28
format: 2.67 1.00 0.28
differ: 0 of 10000
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import pydantic_monty

PROGRAM = '''
def differs(n):
    price = n / 1000
    return round(price, 2) != float(f"{price:.2f}")

print("round:", round(2.675, 2), round(1.005, 2), round(0.285, 2))
print("format:", f"{2.675:.2f} {1.005:.2f} {0.285:.2f}")
print("differ:", len([n for n in range(5, 100000, 10) if differs(n)]), "of", len(range(5, 100000, 10)))
'''
written = []
with pydantic_monty.Monty() as pool, pool.checkout() as session:
    session.feed_run(PROGRAM, print_callback=lambda stream, text: written.append(text))
print("monty")
print("".join(written), end="")
print("python")
exec(PROGRAM)
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
