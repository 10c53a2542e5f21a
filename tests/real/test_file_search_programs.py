"""Published programs that use file search, unchanged, against `aimltui serve --demo`.

Opt-in: each program needs an environment with its package, in a folder with its name:

    for name in autogen-ext semantic-kernel langchain-classic llama-index-agent-openai marvin pyautogen; do
        python -m venv PROGRAMS/$name
    done
    PROGRAMS/autogen-ext/bin/pip install 'autogen-ext[openai]' autogen-agentchat aiofiles
    PROGRAMS/semantic-kernel/bin/pip install semantic-kernel
    PROGRAMS/langchain-classic/bin/pip install langchain-classic langchain-openai
    PROGRAMS/llama-index-agent-openai/bin/pip install llama-index-agent-openai
    PROGRAMS/marvin/bin/pip install 'marvin<3'
    PROGRAMS/pyautogen/bin/pip install 'pyautogen<0.3'
    AIMLTUI_REAL_PROGRAMS=PROGRAMS python -m pytest tests/real/test_file_search_programs.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = os.environ.get("AIMLTUI_REAL_PROGRAMS", "")
pytestmark = [
    pytest.mark.skipif(not PROGRAMS, reason="opt-in: AIMLTUI_REAL_PROGRAMS=FOLDER"),
    pytest.mark.timeout(400),
]
PATIENCE_S = 300.0

STORE = """
import os, tempfile, warnings
warnings.simplefilter("ignore")
from openai import OpenAI
client = OpenAI()
file = client.files.create(file=("z.txt", b"The mascot of Zephyr is a blue heron."), purpose="assistants")
store = client.vector_stores.create(file_ids=[file.id])
found = {"file_search": {"vector_store_ids": [store.id]}}
search = [{"type": "file_search"}]
question = "what does the document say about the mascot?"
"""
ASSISTANT = STORE + (
    'made = client.beta.assistants.create(model="gpt-4o", name="d", tools=search, tool_resources=found)\n'
)
SCRIPTS = {
    "autogen-ext": STORE
    + """
import asyncio
from autogen_agentchat.messages import TextMessage
from autogen_core import CancellationToken
from autogen_ext.agents.openai import OpenAIAssistantAgent
from openai import AsyncOpenAI
async def main():
    path = os.path.join(tempfile.mkdtemp(), "z.txt")
    with open(path, "w") as target:
        target.write("The mascot of Zephyr is a blue heron.")
    agent = OpenAIAssistantAgent(name="a", description="d", client=AsyncOpenAI(), model="gpt-4o", instructions="i",
                                 tools=["file_search"])
    token = CancellationToken()
    await agent.on_upload_for_file_search([path], token)
    answer = await agent.on_messages([TextMessage(source="user", content=question)], token)
    print(answer.chat_message.content)
    await agent.delete_uploaded_files(token)
    await agent.delete_vector_store(token)
    await agent.delete_assistant(token)
asyncio.run(main())
""",
    "semantic-kernel": ASSISTANT
    + """
import asyncio
from openai import AsyncOpenAI
from semantic_kernel.agents import OpenAIAssistantAgent
async def main():
    agent = OpenAIAssistantAgent(client=AsyncOpenAI(), definition=made)
    thread = None
    async for answer in agent.invoke(messages=question, thread=thread):
        thread = answer.thread
    async for answer in agent.invoke_stream(messages=question, thread=thread):
        print(str(answer), end="")
asyncio.run(main())
""",
    "langchain-classic": ASSISTANT
    + """
from langchain_classic.agents.openai_assistant import OpenAIAssistantRunnable
agent = OpenAIAssistantRunnable(assistant_id=made.id, client=client, as_agent=True)
print(agent.invoke({"content": question}).return_values)
""",
    "llama-index-agent-openai": ASSISTANT
    + """
from llama_index.agent.openai import OpenAIAssistantAgent
print(OpenAIAssistantAgent.from_existing(assistant_id=made.id).chat(question))
""",
    # its import asks the internet for the words of a tokenizer
    "marvin": STORE
    + """
import tiktoken
class Words:
    def encode(self, text, **options):
        return text.split()
tiktoken.encoding_for_model = tiktoken.get_encoding = lambda *names: Words()
from marvin.beta.assistants import Assistant, Thread
with Assistant(name="m", model="gpt-4o", tools=search, tool_resources=found) as agent:
    thread = Thread()
    thread.create()
    thread.add(question)
    thread.run(agent)
    print([message.content[0].text.value for message in thread.get_messages()])
""",
    "pyautogen": STORE
    + """
from autogen import UserProxyAgent
from autogen.agentchat.contrib.gpt_assistant_agent import GPTAssistantAgent
models = {"config_list": [{"model": "gpt-4o", "api_key": "x", "base_url": os.environ["OPENAI_BASE_URL"]}]}
agent = GPTAssistantAgent(name="g", instructions="i", llm_config=models, overwrite_tools=True,
                          assistant_config={"tools": search, "tool_resources": found})
user = UserProxyAgent("u", human_input_mode="NEVER", code_execution_config=False, max_consecutive_auto_reply=0)
print(user.initiate_chat(agent, message=question, max_turns=1).chat_history[-1])
""",
}
"""What a user of each package would write."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "aimltui", "serve", "--demo", "--port", "0", "--data-dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as served:
        assert served.stdout is not None
        line = next(line for line in served.stdout if "http://" in line)
        yield line[line.index("http://") :].split()[0]
        served.terminate()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_gets_an_answer_from_its_document(name: str, url: str) -> None:
    python = Path(PROGRAMS) / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} does not exist")
    found = subprocess.run(
        [str(python), "-c", SCRIPTS[name]],
        env={**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x", "MARVIN_OPENAI_API_KEY": "x"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert found.returncode == 0, found.stderr[-3_000:]
    assert "blue heron" in found.stdout
