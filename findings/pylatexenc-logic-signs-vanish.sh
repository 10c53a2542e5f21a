#!/usr/bin/env bash
# pylatexenc 2.11, latex2text: the inequality, negation and the logical signs of LaTeX's own names are left out without a word, so that a
# formula says the opposite: `a \ne b` becomes "a b", `\neg p \land q` becomes "p  q". Its table has `\neq`, `\leqslant` and `\therefore`
# but not these (they are plain LaTeX, aliases included), and a macro outside the table becomes an empty text by default. One would
# expect the sign, or the macro's name as it stands. Models write `\ne`, `\implies` and `\iff` all the time.
# Seen on 2026-11-30, Linux, Python 3.11:
#     a \neq b: 'a ≠ b'
#     a \ne b: 'a  b'
#     \neg p \land q: 'p  q'
#     p \lor q: 'p  q'
#     x > 1 \implies x > 0: 'x > 1  x > 0'
#     p \iff q: 'p  q'
#     \Re z: 'z'
# The macros can be added with a LatexContextDb of one's own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'pylatexenc==2.11'

expected=$(cat <<'OUT'
a \neq b: 'a ≠ b'
a \ne b: 'a  b'
\neg p \land q: 'p  q'
p \lor q: 'p  q'
x > 1 \implies x > 0: 'x > 1  x > 0'
p \iff q: 'p  q'
\Re z: 'z'
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from pylatexenc.latex2text import LatexNodes2Text

to_text = LatexNodes2Text().latex_to_text
for formula in (r"a \neq b", r"a \ne b", r"\neg p \land q", r"p \lor q", r"x > 1 \implies x > 0", r"p \iff q", r"\Re z"):
    print(f"{formula}: {to_text('$' + formula + '$')!r}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
