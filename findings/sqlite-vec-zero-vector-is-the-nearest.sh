#!/usr/bin/env bash
# sqlite-vec 0.1.9: with cosine distance, a zero vector is among the nearest of every query, and pushes a real neighbour out.
# Its distance is NULL (0 divided by 0), and NULL sorts below every number: with LIMIT 2 the answer is the zero vector and the best match,
# and the second best is gone. A model that averages word vectors gives one for a text of which it knows no word. One would expect
# a row without a distance to come last, or not at all.
# Seen on 2026-11-30, Linux, Python 3.11:
#     nearest 2: [(2, None), (1, 0.0)]
#     nearest 4: [(2, None), (1, 0.0), (3, 0.2929), (4, 1.0)]
# Our own comparison gives a zero vector a similarity of 0: aimltui/engine/store/vectors.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'sqlite-vec==0.1.9' 'apsw==3.54.1.0'

expected=$(cat <<'OUT'
nearest 2: [(2, None), (1, 0.0)]
nearest 4: [(2, None), (1, 0.0), (3, 0.2929), (4, 1.0)]
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import apsw
import sqlite_vec

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sqlite_vec.loadable_path())
db.execute("create virtual table chunks using vec0(vector float[2] distance_metric=cosine)")
for row, vector in enumerate([[1, 0], [0, 0], [1, 1], [0, 1]], start=1):
    db.execute("insert into chunks(rowid, vector) values (?, ?)", (row, sqlite_vec.serialize_float32(vector)))
query = sqlite_vec.serialize_float32([1, 0])
for count in (2, 4):
    rows = db.execute("select rowid, distance from chunks where vector match ? order by distance limit ?", (query, count))
    print(f"nearest {count}:", [(row, None if far is None else round(far, 4)) for row, far in rows])
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
