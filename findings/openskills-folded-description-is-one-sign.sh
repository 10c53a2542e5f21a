#!/usr/bin/env bash
# openskills 1.5.0 (npm, gives Agent Skills to agents that read AGENTS.md): a description that YAML writes over several lines arrives as
# ">" or as its first line, and a quoted one with its quotation marks and the comment behind it. The front matter of SKILL.md is YAML
# (https://agentskills.io/specification); the fields are read by a pattern, line by line, and `sync` writes what it found into
# AGENTS.md. One would expect what a YAML reader gives. The description is all that an agent knows when it decides
# whether to use a skill: "<description>></description>" is never chosen, and `sync` reports success.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     YAML: Reads tables from PDF files. Use it for invoices. | AGENTS.md: >
#     YAML: Makes charts: bars, lines. | AGENTS.md: "Makes charts: bars, lines." # short
#     YAML: Writes letters, in two languages. | AGENTS.md: Writes letters,
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps 'openskills@1.5.0' 'yaml@2.8.1' >&2

expected=$(cat <<'OUT'
YAML: Reads tables from PDF files. Use it for invoices. | AGENTS.md: >
YAML: Makes charts: bars, lines. | AGENTS.md: "Makes charts: bars, lines." # short
YAML: Writes letters, in two languages. | AGENTS.md: Writes letters,
OUT
)
mkdir -p .claude/skills/{folded,wrapped,quoted}
printf -- '---\nname: folded\ndescription: >\n  Reads tables from PDF files.\n  Use it for invoices.\n---\nBody\n' > .claude/skills/folded/SKILL.md
printf -- '---\nname: quoted\ndescription: "Makes charts: bars, lines." # short\n---\nBody\n' > .claude/skills/quoted/SKILL.md
printf -- '---\nname: wrapped\ndescription: Writes letters,\n  in two languages.\n---\nBody\n' > .claude/skills/wrapped/SKILL.md
cat > look.cjs <<'CODE'
const { readFileSync, readdirSync } = require("fs");
const { parse } = require("yaml");
const table = readFileSync("AGENTS.md", "utf8");
for (const name of readdirSync(".claude/skills").sort()) {
  const front = readFileSync(`.claude/skills/${name}/SKILL.md`, "utf8").split("---\n")[1];
  const written = table.match(new RegExp(`<name>${name}</name>\n<description>(.*)</description>`))[1];
  console.log(`YAML: ${parse(front).description.trim()} | AGENTS.md: ${written}`);
}
CODE
touch AGENTS.md
HOME="$folder" node_modules/.bin/openskills sync --yes >&2
seen=$(node look.cjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
