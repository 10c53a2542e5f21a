#!/usr/bin/env bash
# chonkie 1.7.0, SentenceChunker: a text of short lines (a list, a glossary, a poem, code) is one chunk however long it is, although `chunk_size` is
# "Maximum number of tokens per chunk". A line shorter than `min_characters_per_sentence` (12 by default) is joined to the next one, and the joined
# piece is never looked at again, so that 2,090 characters are one chunk of at most 100. Sentences in Japanese, which has no blank after its full
# stop, are joined, too. One would expect short pieces to be joined only until they are long enough. With 1 for that number, and with the
# other chunkers, the limit holds.
# Seen on 2026-11-30, Linux, Python 3.11:
#     prose: 99 of 3,289
#     lines: 2,090 of 2,090
#     short sentences: 1,289 of 1,289
#     Japanese: 1,000 of 1,000
#     lines, from 1 character: 100 of 2,090
#     lines, RecursiveChunker: 100 of 2,090
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'chonkie==1.7.0'

expected=$(cat <<'OUT'
prose: 99 of 3,289
lines: 2,090 of 2,090
short sentences: 1,289 of 1,289
Japanese: 1,000 of 1,000
lines, from 1 character: 100 of 2,090
lines, RecursiveChunker: 100 of 2,090
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import chonkie

lines = "".join(f"- item {n}\n" for n in range(200))
answers = " ".join(f"Yes. No. {n}." for n in range(100))
japanese = "これは文です。短い。" * 100
prose = " ".join(f"This is sentence number {n} here." for n in range(100))


def largest(chunker: object, text: str) -> str:
    return f"{max(len(chunk.text) for chunk in chunker.chunk(text)):,} of {len(text):,}"


usual = chonkie.SentenceChunker("character", chunk_size=100)
print("prose:", largest(usual, prose))
print("lines:", largest(usual, lines))
print("short sentences:", largest(usual, answers))
print("Japanese:", largest(usual, japanese))
print("lines, from 1 character:", largest(chonkie.SentenceChunker("character", chunk_size=100, min_characters_per_sentence=1), lines))
print("lines, RecursiveChunker:", largest(chonkie.RecursiveChunker("character", chunk_size=100), lines))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
