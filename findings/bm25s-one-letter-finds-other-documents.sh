#!/usr/bin/env bash
# bm25s 0.3.16 (search by words for retrieval): a question whose words are in no document gets k documents all the same, and a question
# of one letter or digit is such a one: "C" finds no document about C. The usual pattern of `tokenize` takes words of two
# letters and more, and `retrieve` always returns k documents, filled up with any others, whose score is 0. One would expect fewer
# documents than k where fewer match, as in every search by words that finds nothing, and a document with the very word to be found.
# The model then answers from documents that have not one word of the question in them. An empty question gets k documents, too.
# Seen on 2026-12-01, Linux, Python 3.11:
#     'statistics': 2 documents, scores [0.6, 0.0]
#     'C': 2 documents, scores [0.0, 0.0]
#     'zebra': 2 documents, scores [0.0, 0.0]
#     '': 2 documents, scores [0.0, 0.0]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'bm25s==0.3.16'

expected=$(cat <<'OUT'
'statistics': 2 documents, scores [0.6, 0.0]
'C': 2 documents, scores [0.0, 0.0]
'zebra': 2 documents, scores [0.0, 0.0]
'': 2 documents, scores [0.0, 0.0]
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import bm25s

DOCUMENTS = ["C is a language from 1972", "R is a language for statistics", "Bread needs flour and water", "Cats sleep all day"]
search = bm25s.BM25()
search.index(bm25s.tokenize(DOCUMENTS, show_progress=False), show_progress=False)
for question in ["statistics", "C", "zebra", ""]:
    words = bm25s.tokenize([question], show_progress=False)
    found, scores = search.retrieve(words, k=2, corpus=DOCUMENTS, show_progress=False)
    print(f"{question!r}: {len(found[0])} documents, scores {[round(float(score), 1) for score in scores[0]]}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
