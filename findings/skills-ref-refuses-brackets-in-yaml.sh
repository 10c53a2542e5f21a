#!/usr/bin/env bash
# skills-ref 0.1.1 (the reference reader of SKILL.md files): YAML with a list or mapping in brackets, or with an anchor, is "invalid".
# It reads the front matter with strictyaml, a subset of YAML that leaves these out on purpose. The specification
# (https://agentskills.io/specification) says "YAML" and no more, PyYAML and every YAML 1.2 reader take the three files below, and
# an empty mapping, `metadata: {}`, has no other spelling. A nested mapping passes, and comes out as the text of a Python dictionary.
# Seen on 2026-11-30, Linux, Python 3.11:
#     {version: "1.0"} | PyYAML: {'version': '1.0'} | skills-ref: refused
#     {} | PyYAML: {} | skills-ref: refused
#     [a, b] | PyYAML: ['a', 'b'] | skills-ref: refused
#     nested: "{'a': 'b'}"
# Our reader takes any YAML mapping: aimltui/local_tools/skills/reading.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'skills-ref==0.1.1' 'PyYAML==6.0.4'

expected=$(cat <<'OUT'
{version: "1.0"} | PyYAML: {'version': '1.0'} | skills-ref: refused
{} | PyYAML: {} | skills-ref: refused
[a, b] | PyYAML: ['a', 'b'] | skills-ref: refused
nested: "{'a': 'b'}"
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import pathlib
import tempfile

import yaml
from skills_ref import read_properties, validate

with tempfile.TemporaryDirectory() as folder:
    skill = pathlib.Path(folder, "tables")
    skill.mkdir()
    for value in ('{version: "1.0"}', "{}", "[a, b]"):
        front = f"name: tables\ndescription: Converts tables\nmetadata: {value}\n"
        (skill / "SKILL.md").write_text(f"---\n{front}---\nRead the file first.\n")
        problems = validate(skill)
        answer = "refused" if any("Invalid YAML" in problem for problem in problems) else "taken"
        print(value, "| PyYAML:", yaml.safe_load(front)["metadata"], "| skills-ref:", answer)
    nested = "---\nname: tables\ndescription: Converts tables\nmetadata:\n  nested:\n    a: b\n---\nRead the file first.\n"
    (skill / "SKILL.md").write_text(nested)
    print("nested:", '"' + read_properties(skill).metadata["nested"] + '"')
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
