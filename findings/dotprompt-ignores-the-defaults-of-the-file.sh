#!/usr/bin/env bash
# dotprompt 1.1.2 (npm, the authors' own implementation of .prompt files): the default values that a file gives for its variables are not used.
# `input.default` is a field of the front matter (https://google.github.io/dotprompt/reference/frontmatter, "default": values that are
# used where none are provided, with the full example at its top), `parse` reads it, and `render` fills in nothing: "Hello !". Only defaults
# given as an option of the call count. One would expect "Hello Guest!", which the Python package dotpromptz 0.2.0 gives for the same
# file. A file that works on its own in one language loses words in the other, without an error.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     read: {"default":{"name":"Guest"}}
#     nothing given: Hello !
#     empty input: Hello !
#     input given: Hello Kim!
#     option given: Hello Guest!
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps 'dotprompt@1.1.2' 'handlebars@4.7.10' >&2

expected=$(cat <<'OUT'
read: {"default":{"name":"Guest"}}
nothing given: Hello !
empty input: Hello !
input given: Hello Kim!
option given: Hello Guest!
OUT
)
cat > look.js <<'CODE'
import { Dotprompt } from "dotprompt";

const source = "---\ninput:\n  default:\n    name: Guest\n---\nHello {{name}}!";
const prompts = new Dotprompt();
const text = async (...call) => (await prompts.render(source, ...call)).messages[0].content[0].text;
console.log("read:", JSON.stringify(prompts.parse(source).input));
console.log("nothing given:", await text());
console.log("empty input:", await text({ input: {} }));
console.log("input given:", await text({ input: { name: "Kim" } }));
console.log("option given:", await text({}, { input: { default: { name: "Guest" } } }));
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
