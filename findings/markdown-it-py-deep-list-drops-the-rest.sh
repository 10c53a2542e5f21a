#!/usr/bin/env bash
# markdown-it-py 4.3.0: with the preset `commonmark` a list of eleven levels loses its two deepest items AND everything
# that follows the list, headings and paragraphs included, without an exception or a warning. One would expect the text
# to be flattened or shown as its source: CommonMark 0.31 gives lists no limit of depth. The preset's limit
# (maxNesting 20; a level of a list counts twice) ends the parsing of the whole document, not of the list. The preset
# `js-default` (limit 100) shows all eleven levels and has the same end at its own limit.
# Seen on 2026-11-30, Linux, Python 3.11:
#     commonmark missing: level9 level10 after heading
#     js-default missing: nothing
# Our workaround: aimltui/tui/widgets/transcript/parser.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'markdown-it-py==4.3.0'

expected='commonmark missing: level9 level10 after heading
js-default missing: nothing'
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from markdown_it import MarkdownIt

outline = "".join("  " * level + f"- level{level}\n" for level in range(11))
source = f"before\n\n{outline}\nafter\n\n# heading\n"
words = ["before", *(f"level{level}" for level in range(11)), "after", "heading"]
for preset in ("commonmark", "js-default"):
    shown = MarkdownIt(preset).render(source)
    print(preset, "missing:", " ".join(word for word in words if word not in shown) or "nothing")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
