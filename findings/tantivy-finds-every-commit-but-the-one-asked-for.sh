#!/usr/bin/env bash
# tantivy 0.27.0 (full text search in Rust, its Python package): a word of 40 bytes or more is not in the index, and it is taken out of the question as
# well, without a word: a git commit has 40 digits, so that "commit AND <its digits>" finds each text with "commit" in it, in quotation marks too,
# and "-<digits>" leaves none out. A Japanese or Chinese sentence without a comma is one word, and from 14 characters on it is not even found
# by itself. The usual tokenizer does so ("RemoveLongFilter", https://docs.rs/tantivy/latest/tantivy/tokenizer/index.html). One would
# expect a required word that is in no text to find nothing, as a short one does, and 40 bytes not to be too long for a hash.
# Seen on 2026-12-01, Linux, Python 3.11:
#     39 digits: [1]
#     40 digits: []
#     commit AND a word of no text: []
#     commit AND 39 digits: [1]
#     commit AND 40 digits: [0, 1, 2]
#     commit AND 40 digits of no text: [0, 1, 2]
#     "commit 40 digits of no text": [0, 1, 2]
#     commit -39 digits: [0, 2]
#     commit -40 digits: [0, 1, 2]
#     a sentence of 11 characters: [3]
#     a sentence of 14 characters: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'tantivy==0.27.0'

expected=$(cat <<'OUT'
39 digits: [1]
40 digits: []
commit AND a word of no text: []
commit AND 39 digits: [1]
commit AND 40 digits: [0, 1, 2]
commit AND 40 digits of no text: [0, 1, 2]
"commit 40 digits of no text": [0, 1, 2]
commit -39 digits: [0, 2]
commit -40 digits: [0, 1, 2]
a sentence of 11 characters: [3]
a sentence of 14 characters: []
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import tantivy

DIGITS = "0123456789abcdef"
LONG, OTHER = f"{DIGITS * 2}00000001", f"{DIGITS * 2}00000002"
TEXTS = [f"commit {LONG}", f"commit {LONG[:39]}", "commit to a plan", "会議は来週の火曜日です", "会議は来週の火曜日の午後です"]
builder = tantivy.SchemaBuilder()
builder.add_text_field("text", stored=True)
index = tantivy.Index(builder.build())
writer = index.writer(15_000_000, 1)
for text in TEXTS:
    writer.add_document(tantivy.Document(text=[text]))
writer.commit()
writer.wait_merging_threads()
index.reload()
searcher = index.searcher()


def look(name: str, question: str) -> None:
    found = searcher.search(index.parse_query(question, ["text"]), 9).hits
    print(f"{name}: {sorted(TEXTS.index(searcher.doc(place)['text'][0]) for _, place in found)}")


look("39 digits", LONG[:39])
look("40 digits", LONG)
look("commit AND a word of no text", "commit AND zebra")
look("commit AND 39 digits", f"commit AND {LONG[:39]}")
look("commit AND 40 digits", f"commit AND {LONG}")
look("commit AND 40 digits of no text", f"commit AND {OTHER}")
look('"commit 40 digits of no text"', f'"commit {OTHER}"')
look("commit -39 digits", f"commit -{LONG[:39]}")
look("commit -40 digits", f"commit -{LONG}")
for text in TEXTS[3:]:
    look(f"a sentence of {len(text)} characters", text)
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
