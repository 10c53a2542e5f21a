#!/usr/bin/env bash
# sqlite-vec 0.1.9: a condition on a metadata column filters before the nearest rows are taken, an expression of the same column after it.
# `n = 4` finds the row, `n + 0 = 4` or `coalesce(n, 0) = 4` finds nothing, with no error: the k nearest of all rows are taken first, and
# the condition is applied to those. `lang LIKE 'e%'` and `n IS NOT NULL` are refused with a clear error; one would
# expect the same for an expression, or the answer of `n = 4`.
# Seen on 2026-11-30, Linux, Python 3.11:
#     n = 4: [4]
#     n + 0 = 4: []
#     coalesce(n, 0) = 4: []
#     n in (4, 5): [4, 5]
#     n is not null: refused
# We do not use the package; vectors of a store are compared in aimltui/engine/store/vectors.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'sqlite-vec==0.1.9' 'apsw==3.54.1.0'

expected=$(cat <<'OUT'
n = 4: [4]
n + 0 = 4: []
coalesce(n, 0) = 4: []
n in (4, 5): [4, 5]
n is not null: refused
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import apsw
import sqlite_vec

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sqlite_vec.loadable_path())
db.execute("create virtual table chunks using vec0(vector float[2], n integer)")
for row in range(1, 6):
    db.execute("insert into chunks(rowid, vector, n) values (?, ?, ?)", (row, sqlite_vec.serialize_float32([row, 0]), row))
query = sqlite_vec.serialize_float32([0, 0])
for condition in ("n = 4", "n + 0 = 4", "coalesce(n, 0) = 4", "n in (4, 5)", "n is not null"):
    try:
        rows = db.execute(f"select rowid from chunks where vector match ? and k = 2 and {condition}", (query,))
        print(f"{condition}:", [row for (row,) in rows])
    except apsw.SQLError:
        print(f"{condition}: refused")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
