#!/usr/bin/env bash
# librechat-data-provider 0.8.524 (npm): a setting that begins and ends with an environment variable is left as it is written.
# LibreChat's configuration takes `${VARIABLE}` (https://www.librechat.ai/docs/configuration/librechat_yaml), and its function
# `extractEnvVariable` replaces several of them in one text: `http://${HOST_NAME}:${PORT}/v1` works. Without the `/v1` at the end, the
# whole text is taken for one variable with the name `HOST_NAME}:${PORT`, which does not exist, and the text is used unchanged:
# the endpoint is then asked at a host named `${HOST_NAME}`.
# Seen on 2026-11-30, Linux, Node.js 20.20:
#     http://${HOST_NAME}:${PORT}/v1 -> http://box:8765/v1
#     ${HOST_NAME} -> box
#     ${HOST_NAME}:${PORT} -> ${HOST_NAME}:${PORT}
#     ${SCHEME}://${HOST_NAME} -> ${SCHEME}://${HOST_NAME}
# Our README's line for LibreChat names the address without variables.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps 'librechat-data-provider@0.8.524' >&2

expected=$(cat <<'OUT'
http://${HOST_NAME}:${PORT}/v1 -> http://box:8765/v1
${HOST_NAME} -> box
${HOST_NAME}:${PORT} -> ${HOST_NAME}:${PORT}
${SCHEME}://${HOST_NAME} -> ${SCHEME}://${HOST_NAME}
OUT
)
cat > look.js <<'CODE'
import { extractEnvVariable } from "librechat-data-provider";

const written = ["http://${HOST_NAME}:${PORT}/v1", "${HOST_NAME}", "${HOST_NAME}:${PORT}", "${SCHEME}://${HOST_NAME}"];
for (const text of written) console.log(`${text} -> ${extractEnvVariable(text)}`);
CODE
seen=$(HOST_NAME=box PORT=8765 SCHEME=http node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
