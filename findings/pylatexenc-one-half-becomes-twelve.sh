#!/usr/bin/env bash
# pylatexenc 2.11, latex2text: `\dfrac{1}{2}` and `\tfrac{1}{2}` become "12", `\binom{5}{2}` becomes "52", `\sqrt[3]{8}` loses its index, and the
# parts of `\frac` lose their braces without parentheses, so that (a+b)/c becomes a+b/c. `\frac{1}{2}` itself is "1/2", and a root gets
# parentheses; one would expect the same of amsmath's display fraction, which models write more often than `\frac`. An unknown macro
# is left out and its arguments stay, which makes another number of two.
# Seen on 2026-11-30, Linux, Python 3.11:
#     \frac{1}{2}: '1/2'
#     \dfrac{1}{2}: '12'
#     \tfrac{1}{2}: '12'
#     \binom{5}{2}: '52'
#     \frac{a+b}{c}: 'a+b/c'
#     \sqrt{a+b}: '√(a+b)'
#     \sqrt[3]{8}: '√(8)'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'pylatexenc==2.11'

expected=$(cat <<'OUT'
\frac{1}{2}: '1/2'
\dfrac{1}{2}: '12'
\tfrac{1}{2}: '12'
\binom{5}{2}: '52'
\frac{a+b}{c}: 'a+b/c'
\sqrt{a+b}: '√(a+b)'
\sqrt[3]{8}: '√(8)'
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from pylatexenc.latex2text import LatexNodes2Text

to_text = LatexNodes2Text().latex_to_text
for formula in (r"\frac{1}{2}", r"\dfrac{1}{2}", r"\tfrac{1}{2}", r"\binom{5}{2}", r"\frac{a+b}{c}", r"\sqrt{a+b}", r"\sqrt[3]{8}"):
    print(f"{formula}: {to_text('$' + formula + '$')!r}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
