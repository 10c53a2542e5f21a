#!/usr/bin/env bash
# tomlkit 0.15.2 is made to keep comments, but counts a comment that stands above a table's heading to the table before
# it. So deleting [a] deletes what the user wrote about [b], and a key added to [a] lands below that comment, which then
# reads as if it were about the new key. One would expect a comment to stay with the heading below it, as people write
# configuration files.
# Seen on 2026-11-30, Linux, Python 3.11:
#     after deleting [a]: '[b]\ny = 2\n'
#     after adding to [a]: '[a]\nx = 1\n\n# about b\nnew = 5\n[b]\ny = 2\n'
# Our workaround: aimltui/config/toml_edit.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'tomlkit==0.15.2'

expected="after deleting [a]: '[b]\\ny = 2\\n'
after adding to [a]: '[a]\\nx = 1\\n\\n# about b\\nnew = 5\\n[b]\\ny = 2\\n'"
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import tomlkit

SOURCE = "[a]\nx = 1\n\n# about b\n[b]\ny = 2\n"
deleted = tomlkit.parse(SOURCE)
del deleted["a"]
print("after deleting [a]:", repr(tomlkit.dumps(deleted)))
added = tomlkit.parse(SOURCE)
added["a"]["new"] = 5
print("after adding to [a]:", repr(tomlkit.dumps(added)))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
