#!/usr/bin/env bash
# skills-ref 0.1.1 (the reference reader of SKILL.md files): a description with " --- " inside one line is cut there, and validation is silent.
# The front matter is split at the first three hyphens anywhere in the text, not at a line that holds nothing else. What stands behind
# them in the same line, and every field below, belongs to the body from then on. One would expect the front matter to end at
# a line of three hyphens, as in every other reader of front matter (https://agentskills.io/specification: "YAML frontmatter
# followed by Markdown content"). A field that is required and comes below such a line is reported as missing.
# Seen on 2026-11-30, Linux, Python 3.11:
#     problems: []
#     description: Converts tables
#     license: None
#     problems when the description comes last: ['Missing required field in frontmatter: description']
# Our reader ends the front matter at a line of three hyphens: aimltui/local_tools/skills/reading.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'skills-ref==0.1.1'

expected=$(cat <<'OUT'
problems: []
description: Converts tables
license: None
problems when the description comes last: ['Missing required field in frontmatter: description']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import pathlib
import tempfile

from skills_ref import read_properties, validate

with tempfile.TemporaryDirectory() as folder:
    skill = pathlib.Path(folder, "tables")
    skill.mkdir()
    file = skill / "SKILL.md"
    file.write_text("---\nname: tables\ndescription: Converts tables --- CSV and Markdown\nlicense: MIT\n---\nRead the file first.\n")
    print("problems:", validate(skill))
    found = read_properties(skill)
    print("description:", found.description)
    print("license:", found.license)
    file.write_text("---\nname: tables\nlicense: MIT --- see LICENSE\ndescription: Converts tables\n---\nRead the file first.\n")
    print("problems when the description comes last:", validate(skill))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
