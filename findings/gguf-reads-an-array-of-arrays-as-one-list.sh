#!/usr/bin/env bash
# gguf 0.19.0 (reads and writes the model files of llama.cpp): an array of arrays is written as the format has it, nested, and `contents()` of the
# reader gives one flat list: [["a", "b"], ["c", "d"]] and ["a", "b", "c", "d"] come back alike, and of [[1, 2], [3]] nobody can say where
# the first one ended. The writer leaves out a text and a list that are empty, so that a key that was set is not in the file, while `False`
# is written. The format allows both (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: "Arrays can be nested, and the length of
# the array is the number of elements in the array, not the number of bytes"). One would expect to read what was written, or an error.
# Seen on 2026-12-01, Linux, Python 3.11:
#     pairs: ['a', 'b', 'c', 'd']
#     uneven: [1, 2, 3]
#     flat: [1, 2, 3]
#     note: 'x'
#     empty note: not there
#     empty list: not there
#     no: False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'gguf==0.19.0'

expected=$(cat <<'OUT'
pairs: ['a', 'b', 'c', 'd']
uneven: [1, 2, 3]
flat: [1, 2, 3]
note: 'x'
empty note: not there
empty list: not there
no: False
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import tempfile
from pathlib import Path

import gguf

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "model.gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_array("pairs", [["a", "b"], ["c", "d"]])
    writer.add_array("uneven", [[1, 2], [3]])
    writer.add_array("flat", [1, 2, 3])
    writer.add_string("note", "x")
    writer.add_string("empty note", "")
    writer.add_array("empty list", [])
    writer.add_bool("no", False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    fields = gguf.GGUFReader(path).fields
for name in ["pairs", "uneven", "flat", "note", "empty note", "empty list", "no"]:
    print(f"{name}: {fields[name].contents()!r}" if name in fields else f"{name}: not there")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
