#!/usr/bin/env bash
# remend 1.4.0 (npm, closes Markdown that is still arriving, for streamdown): a power in Python, "2 ** 3 is 8.", becomes "2 ** 3 is 8.**", which a reader sees as two
# more stars at the end, though stars between blanks open nothing (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis: a run opens only
# where no white space follows). The single star is told apart: "2 * 3" stays. In the same way "x <y and z" loses all after "x", as a tag that has
# not come to its end, "Use *args here." gets a star at its end, and "[1, 2" of a list becomes a link to nowhere. One would expect an answer
# that is complete to come out as it is, since no later piece takes the addition back: a component is given the last text like every one before.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     "It is **bo" -> "It is **bo**"
#     "2 * 3 is 6." -> "2 * 3 is 6."
#     "2 ** 3 is 8." -> "2 ** 3 is 8.**"
#     "2 ** 3\n\nThat is 8." -> "2 ** 3\n\nThat is 8.**"
#     "`2 ** 3` is 8." -> "`2 ** 3` is 8."
#     "a < b" -> "a < b"
#     "x <y and z" -> "x"
#     "Use *args here." -> "Use *args here.*"
#     "5 __ 6" -> "5 __ 6__"
#     "[1, 2" -> "[1, 2](streamdown:incomplete-link)"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts 'remend@1.4.0' >&2

expected=$(cat <<'OUT'
"It is **bo" -> "It is **bo**"
"2 * 3 is 6." -> "2 * 3 is 6."
"2 ** 3 is 8." -> "2 ** 3 is 8.**"
"2 ** 3\n\nThat is 8." -> "2 ** 3\n\nThat is 8.**"
"`2 ** 3` is 8." -> "`2 ** 3` is 8."
"a < b" -> "a < b"
"x <y and z" -> "x"
"Use *args here." -> "Use *args here.*"
"5 __ 6" -> "5 __ 6__"
"[1, 2" -> "[1, 2](streamdown:incomplete-link)"
OUT
)
cat > look.js <<'CODE'
import remend from "remend";

const texts = ["It is **bo", "2 * 3 is 6.", "2 ** 3 is 8.", "2 ** 3\n\nThat is 8.", "`2 ** 3` is 8.", "a < b", "x <y and z", "Use *args here.", "5 __ 6", "[1, 2"];
for (const text of texts) console.log(`${JSON.stringify(text)} -> ${JSON.stringify(remend(text))}`);
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
