"""Programs published on npm, unchanged, against `aimltui serve --demo`: a conversation each.

Opt-in: all packages in one folder, and Node.js (22 is what some of them ask for; 20 runs them):

    cd FOLDER && npm install --legacy-peer-deps @azure/openai-assistants @langchain/classic @langchain/core @langchain/openai \
        ai@3 langchain librechat-data-provider openai promptfoo
    AIMLTUI_REAL_NODE_PROGRAMS=FOLDER python -m pytest tests/real/test_published_node_programs.py
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.real.test_file_search_programs import PATIENCE_S, url  # noqa: F401  # a fixture

FOLDER = os.environ.get("AIMLTUI_REAL_NODE_PROGRAMS", "")
pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="opt-in: AIMLTUI_REAL_NODE_PROGRAMS=FOLDER"),
    pytest.mark.timeout(400),
]
SCRIPTS = {
    "@azure/openai-assistants": """
import { AssistantsClient } from "@azure/openai-assistants";
import { AzureKeyCredential } from "@azure/core-auth";
const origin = new URL(process.env.OPENAI_BASE_URL).origin;
const client = new AssistantsClient(origin, new AzureKeyCredential("x"), { allowInsecureConnection: true });
const made = await client.createAssistant({ model: "gpt-4o", name: "Azure", instructions: "i" });
const thread = await client.createThread();
await client.createMessage(thread.id, "user", "Hello");
let run = await client.createRun(thread.id, { assistantId: made.id });
while (["queued", "in_progress"].includes(run.status)) {
  await new Promise((done) => setTimeout(done, 300));
  run = await client.getRun(thread.id, run.id);
}
console.log(run.status, JSON.stringify((await client.listMessages(thread.id)).data[0].content));
""",
    "@langchain/classic": """
import { OpenAIAssistantRunnable } from "@langchain/classic/experimental/openai_assistant";
import { OpenAIClient } from "@langchain/openai";
const client = new OpenAIClient({ baseURL: process.env.OPENAI_BASE_URL, apiKey: "x" });
const named = { client, model: "gpt-4o", name: "n", instructions: "i" };
const agent = await OpenAIAssistantRunnable.createAssistant(named);
console.log(JSON.stringify(await agent.invoke({ content: "Hello" })));
""",
    "ai": """
import { AssistantResponse } from "ai";
import OpenAI from "openai";
const client = new OpenAI();
const made = await client.beta.assistants.create({ model: "gpt-4o", name: "Ai3" });
const thread = await client.beta.threads.create({ messages: [{ role: "user", content: "Hello" }] });
const answer = AssistantResponse({ threadId: thread.id, messageId: "m" }, async ({ forwardStream }) => {
  await forwardStream(client.beta.threads.runs.stream(thread.id, { assistant_id: made.id }));
});
const lines = (await answer.text()).split("\\n").filter((line) => line.startsWith("0:"));
console.log(lines.map((line) => JSON.parse(line.slice(2))).join(""));
""",
    # what LibreChat reads its configuration with, and the requests that it makes from it
    "librechat-data-provider": """
import { configSchema } from "librechat-data-provider";
const models = { default: ["assistant/Libre"], fetch: true };
const custom = [{ name: "aimltui", apiKey: "x", baseURL: process.env.OPENAI_BASE_URL, models }];
const [endpoint] = configSchema.parse({ version: "1.3.0", endpoints: { custom } }).endpoints.custom;
const headers = { authorization: `Bearer ${endpoint.apiKey}`, "content-type": "application/json" };
const post = async (path, body) => {
  const sent = { method: "POST", headers, body: JSON.stringify(body) };
  return (await fetch(`${endpoint.baseURL}/${path}`, sent)).json();
};
await post("assistants", { model: "gpt-4o", name: "Libre" });
const listed = await (await fetch(`${endpoint.baseURL}/models`, { headers })).json();
const [model] = endpoint.models.default.filter((name) => listed.data.some((one) => one.id === name));
const answer = await post("chat/completions", { model, messages: [{ role: "user", content: "Hello" }] });
console.log(answer.choices[0].message.content);
""",
}
"""What a user of each package would write."""


def ran(command: list[str], url: str) -> str:  # noqa: F811  # the fixture's value
    """What a program in the folder printed."""
    nothing_home = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}
    found = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, **nothing_home, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert found.returncode == 0, (found.stdout + found.stderr)[-3_000:]
    return found.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_gets_an_answer(name: str, url: str) -> None:  # noqa: F811  # the fixture
    if not (Path(FOLDER) / "node_modules" / name).exists():
        pytest.skip(f"{name} is not installed")
    script = Path(FOLDER) / f"{name.rpartition('/')[2]}.mjs"
    script.write_text(SCRIPTS[name], encoding="utf-8")
    assert "scripted demo" in ran(["node", str(script)], url)


def test_promptfoo_judges_an_assistant_on_three_wires(
    url: str,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> None:
    if not (Path(FOLDER) / "node_modules" / "promptfoo").exists():
        pytest.skip("promptfoo is not installed")
    make = (
        "const made = await (await fetch(process.env.OPENAI_BASE_URL + '/assistants', {method: 'POST', headers:"
        "{'content-type': 'application/json'}, body: JSON.stringify({model: 'gpt-4o', name: 'Pf'})})).json();"
        "console.log(made.id)"
    )
    assistant = ran(["node", "--input-type=module", "-e", make], url).strip()
    to = {"apiBaseUrl": url, "apiKey": "x"}
    kinds = ("chat:assistant/Pf", "responses:assistant/Pf", f"assistant:{assistant}")
    config = {
        "prompts": ["{{q}}"],
        "providers": [{"id": f"openai:{kind}", "config": to} for kind in kinds],
        "tests": [{"vars": {"q": "Hello"}, "assert": [{"type": "contains", "value": "scripted demo"}]}],
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    command = ["node", "node_modules/promptfoo/dist/src/main.js", "eval", "--no-cache"]
    ran([*command, "-c", str(tmp_path / "config.json")], url)
