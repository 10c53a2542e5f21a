#!/usr/bin/env bash
# @langchain/classic 1.0.50 (npm): an assistant that answers with two messages in one run gets them joined newest first.
# A run may write several messages, such as one before and one after it calls a tool
# (https://platform.openai.com/docs/assistants/deep-dive). One would expect them in the order in which they were written, as the
# Python package langchain-classic joins them: it lists with order "asc". This one lists with order "desc" and does not turn the list
# around, so that the conclusion stands before what leads to it. The list below is what the API answers to either order.
# Seen on 2026-11-30, Linux, Node.js 20.20:
#     Then, the result.
#     First, the data.
# What `aimltui serve` answers is not changed for it; tests/real/test_published_node_programs.py runs the package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps '@langchain/classic@1.0.50' '@langchain/core@1.4.0' '@langchain/openai@1.6.0' >&2

expected=$(cat <<'OUT'
Then, the result.
First, the data.
OUT
)
cat > look.js <<'CODE'
import { OpenAIAssistantRunnable } from "@langchain/classic/experimental/openai_assistant";

const oldestFirst = ["First, the data.", "Then, the result."].map((value, number) => ({
  id: `msg_${number}`, object: "thread.message", created_at: number, run_id: "run_1", role: "assistant",
  content: [{ type: "text", text: { value, annotations: [] } }],
}));
const threads = {
  createAndRun: async () => ({ id: "run_1", thread_id: "thread_1" }),
  runs: { retrieve: async () => ({ id: "run_1", status: "completed" }) },
  messages: { list: async (thread, { order }) => ({ data: order === "asc" ? oldestFirst : [...oldestFirst].reverse() }) },
};
const agent = new OpenAIAssistantRunnable({ client: { beta: { threads } }, assistantId: "asst_1", asAgent: true });
const answer = await agent.invoke({ content: "What came out?" });
console.log(answer.returnValues.output);
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
