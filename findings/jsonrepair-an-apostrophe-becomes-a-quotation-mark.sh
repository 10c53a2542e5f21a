#!/usr/bin/env bash
# jsonrepair 3.15.0 (npm): where the texts are in single quotes, an apostrophe in a text becomes a quotation mark: {'a': 'it's fine'} is repaired to
# {"a": "it\"s fine"}, whose text is `it"s fine`. The package replaces single quotes with double ones and escapes what is within a text
# (https://github.com/josdejong/jsonrepair); it finds the right end of the text, and one would expect the sign in the middle to stay what it is,
# an apostrophe, which needs no escape. With the typographic quotes the same. Written with a backslash, \', it stays. A model that writes Python
# instead of JSON gives such answers, and nothing tells that a letter of the text was changed: "rock 'n' roll" has two.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     {'a': 'fine'} -> ["fine"]
#     {'a': 'it's fine'} -> ["it\"s fine"]
#     {'a': 'it\'s fine'} -> ["it's fine"]
#     {"a": "it's fine"} -> ["it's fine"]
#     {'a': 'rock 'n' roll'} -> ["rock \"n\" roll"]
#     ['Anna's cat', 'the dogs' house'] -> ["Anna\"s cat","the dogs\" house"]
#     {‘a’: ‘it’s fine’} -> ["it\"s fine"]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts 'jsonrepair@3.15.0' >&2

expected=$(cat <<'OUT'
{'a': 'fine'} -> ["fine"]
{'a': 'it's fine'} -> ["it\"s fine"]
{'a': 'it\'s fine'} -> ["it's fine"]
{"a": "it's fine"} -> ["it's fine"]
{'a': 'rock 'n' roll'} -> ["rock \"n\" roll"]
['Anna's cat', 'the dogs' house'] -> ["Anna\"s cat","the dogs\" house"]
{‘a’: ‘it’s fine’} -> ["it\"s fine"]
OUT
)
cat > look.js <<'CODE'
import { jsonrepair } from "jsonrepair";

const texts = [
  `{'a': 'fine'}`,
  `{'a': 'it's fine'}`,
  `{'a': 'it\\'s fine'}`,
  `{"a": "it's fine"}`,
  `{'a': 'rock 'n' roll'}`,
  `['Anna's cat', 'the dogs' house']`,
  `{‘a’: ‘it’s fine’}`,
];
for (const text of texts) console.log(`${text} -> ${JSON.stringify(Object.values(JSON.parse(jsonrepair(text))))}`);
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
