#!/usr/bin/env bash
# unicodeit 0.7.5: a command that it does not know is replaced by its beginning if that is a command: `\left(` becomes "≤ft(" (`\le`),
# `\lim` becomes "łim" (`\l`), `\pmod` becomes "±od" (`\pm`), `\inf` becomes "∈f" (`\in`). In LaTeX a command's name ends at the first
# character that is no letter, and `\max`, `\sin`, `\arg` do stay as they are, as one would expect of all.
# Seen on 2026-11-30, Linux, Python 3.11:
#     \max x: \max x
#     \left( x: ≤ft( x
#     \lim_{n}: łimₙ
#     \log x: łog x
#     \inf A: ∈f A
#     7 \pmod 3: 7 ±od 3
#     \operatorname{lcm}: øperatorname{lcm}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'unicodeit==0.7.5'

expected=$(cat <<'OUT'
\max x: \max x
\left( x: ≤ft( x
\lim_{n}: łimₙ
\log x: łog x
\inf A: ∈f A
7 \pmod 3: 7 ±od 3
\operatorname{lcm}: øperatorname{lcm}
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import unicodeit

for formula in (r"\max x", r"\left( x", r"\lim_{n}", r"\log x", r"\inf A", r"7 \pmod 3", r"\operatorname{lcm}"):
    print(f"{formula}: {unicodeit.replace(formula)}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
