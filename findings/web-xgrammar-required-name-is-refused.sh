#!/usr/bin/env bash
# @mlc-ai/web-xgrammar 0.1.27 (npm, XGrammar compiled for JavaScript; the Python package 0.2.8 does the same): where "required" names a property that
# "properties" does not describe, the valid answers are refused and only invalid ones pass: with {"type": "object", "required": ["id"]} the model may
# write {} and nothing else. A schema may name it so, since "required" does not depend on "properties"
# (https://json-schema.org/draft/2020-12/json-schema-validation, 6.5.3). The strict mode, which is the usual one, takes no property that is not
# described; then no answer is left that is valid, and one would expect an error, or the name with any value. Without the strict mode
# the name is allowed, but not demanded. Nothing is printed: the tool is called without what it needs.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     {"type":"object","properties":{"day":{"type":"string","enum":["Monday"]}},"required":["day"]}
#       strict: {"day": "Monday"} passes, valid
#       strict: {} is refused, not valid
#       not strict: {"day": "Monday"} passes, valid
#       not strict: {} is refused, not valid
#     {"type":"object","properties":{"day":{"type":"string","enum":["Monday"]}},"required":["day","id"]}
#       strict: {"day": "Monday", "id": 1} is refused, valid
#       strict: {"day": "Monday"} passes, not valid
#       strict: {} is refused, not valid
#       not strict: {"day": "Monday", "id": 1} passes, valid
#       not strict: {"day": "Monday"} passes, not valid
#       not strict: {} is refused, not valid
#     {"type":"object","required":["id"]}
#       strict: {"id": 1} is refused, valid
#       strict: {} passes, not valid
#       not strict: {"id": 1} passes, valid
#       not strict: {} passes, not valid
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts '@mlc-ai/web-xgrammar@0.1.27' >&2

expected=$(cat <<'OUT'
{"type":"object","properties":{"day":{"type":"string","enum":["Monday"]}},"required":["day"]}
  strict: {"day": "Monday"} passes, valid
  strict: {} is refused, not valid
  not strict: {"day": "Monday"} passes, valid
  not strict: {} is refused, not valid
{"type":"object","properties":{"day":{"type":"string","enum":["Monday"]}},"required":["day","id"]}
  strict: {"day": "Monday", "id": 1} is refused, valid
  strict: {"day": "Monday"} passes, not valid
  strict: {} is refused, not valid
  not strict: {"day": "Monday", "id": 1} passes, valid
  not strict: {"day": "Monday"} passes, not valid
  not strict: {} is refused, not valid
{"type":"object","required":["id"]}
  strict: {"id": 1} is refused, valid
  strict: {} passes, not valid
  not strict: {"id": 1} passes, valid
  not strict: {} passes, not valid
OUT
)
cat > look.js <<'CODE'
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";

copyFileSync("node_modules/@mlc-ai/web-xgrammar/lib/index.js", "xgrammar.cjs");
const { Grammar, Testings } = createRequire(`${process.cwd()}/look.js`)("./xgrammar.cjs");

const day = { type: "string", enum: ["Monday"] };
const schemas = [
  [{ type: "object", properties: { day }, required: ["day"] }, ['{"day": "Monday"}', "{}"]],
  [{ type: "object", properties: { day }, required: ["day", "id"] }, ['{"day": "Monday", "id": 1}', '{"day": "Monday"}', "{}"]],
  [{ type: "object", required: ["id"] }, ['{"id": 1}', "{}"]],
];
for (const [schema, answers] of schemas) {
  console.log(JSON.stringify(schema));
  for (const strict of [true, false]) {
    const grammar = await Grammar.fromJSONSchema(JSON.stringify(schema), true, undefined, undefined, strict);
    for (const answer of answers) {
      const valid = schema.required.every((name) => name in JSON.parse(answer));
      const passes = await Testings.isGrammarAcceptString(grammar, answer);
      console.log(`  ${strict ? "strict" : "not strict"}: ${answer} ${passes ? "passes" : "is refused"}, ${valid ? "valid" : "not valid"}`);
    }
  }
}
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
