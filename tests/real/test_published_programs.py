"""Published programs and libraries, unchanged, against `aimltui serve --demo`: a conversation each.

Opt-in: each needs an environment with its package, in a folder with its name, see the README beside this file:

    python -m venv PROGRAMS/ag2 && PROGRAMS/ag2/bin/pip install 'ag2[openai]<0.8'
    AIMLTUI_REAL_PROGRAMS=PROGRAMS python -m pytest tests/real/test_published_programs.py
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.real.test_file_search_programs import PATIENCE_S, PROGRAMS, url  # noqa: F401  # a fixture

pytestmark = [
    pytest.mark.skipif(not PROGRAMS, reason="opt-in: AIMLTUI_REAL_PROGRAMS=FOLDER"),
    pytest.mark.timeout(400),
]
SCRIPTS = {
    "ag2": """
import os
from autogen import UserProxyAgent
from autogen.agentchat.contrib.gpt_assistant_agent import GPTAssistantAgent
models = [{"model": "gpt-4o", "api_key": "x", "base_url": os.environ["OPENAI_BASE_URL"]}]
agent = GPTAssistantAgent(name="g", instructions="i", llm_config={"config_list": models})
user = UserProxyAgent("u", human_input_mode="NEVER", code_execution_config=False, max_consecutive_auto_reply=0)
print(user.initiate_chat(agent, message="Hello", max_turns=1).chat_history[-1])
""",
    "ai-assistant-manager": """
from ai_assistant_manager.chats.chat import Chat
from ai_assistant_manager.clients.openai_api import OpenAIClient, build_openai_client
made = build_openai_client().beta.assistants.create(model="gpt-4o", name="n")
chat = Chat(OpenAIClient(build_openai_client()), made.id)
chat.start()
print(chat.send_user_message("Hello").message)
""",
    "portkey-ai": """
import os
from portkey_ai import Portkey
client = Portkey(api_key="x", base_url=os.environ["OPENAI_BASE_URL"], Authorization="Bearer x")
made = client.beta.assistants.create(model="gpt-4o", name="n")
thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=made.id)
print(client.beta.threads.messages.list(thread_id=thread.id).data[0].content)
""",
    "litellm": """
import os, litellm
to = {"custom_llm_provider": "openai", "api_base": os.environ["OPENAI_BASE_URL"], "api_key": "x"}
made = litellm.create_assistants(model="gpt-4o", name="Tutor", **to)
thread = litellm.create_thread(messages=[{"role": "user", "content": "Hello"}], **to)
litellm.run_thread(thread_id=thread.id, assistant_id=made.id, **to)
print(litellm.get_messages(thread_id=thread.id, **to).data[0])
asked = [{"role": "user", "content": "Hello"}]
answer = litellm.completion(model=f"openai/assistant/{made.id}", messages=asked, api_base=to["api_base"], api_key="x")
assert "scripted demo" in answer.choices[0].message.content
""",
    "litellm proxy": """
import os, pathlib, socket, subprocess, sys, tempfile, time, urllib.request
from openai import OpenAI
to = f"{{api_base: {os.environ['OPENAI_BASE_URL']}, api_key: x}}"
config = pathlib.Path(tempfile.mkdtemp()) / "config.yaml"
config.write_text(
    f"assistant_settings: {{custom_llm_provider: openai, litellm_params: {to}}}\\n"
    "model_list: []\\n"
    "general_settings: {master_key: sk-1}\\n"
)
with socket.create_server(("127.0.0.1", 0)) as free:
    port = str(free.getsockname()[1])
program = str(pathlib.Path(sys.executable).with_name("litellm"))
proxy = subprocess.Popen([program, "--config", str(config), "--host", "127.0.0.1", "--port", port])
try:
    while proxy.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5)
            break
        except OSError:
            time.sleep(0.5)
    client = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-1")
    made = client.beta.assistants.create(model="gpt-4o", name="Proxied")
    # the proxy drops the messages of a request that makes a thread
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="Hello")
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=made.id) as stream:
        print("".join(stream.text_deltas))
finally:
    proxy.terminate()
    proxy.wait(30)
""",
    "oterm": """
import asyncio, json, os, pathlib, tempfile
home = pathlib.Path(tempfile.mkdtemp())
os.environ["OTERM_DATA_DIR"] = str(home)
local = {"base_url": os.environ["OPENAI_BASE_URL"], "api_key": "x"}
(home / "config.json").write_text(json.dumps({"openaiCompatible": {"local": local}}))
from openai import OpenAI
from oterm.agent import get_agent
from oterm.providers import list_models
OpenAI().beta.assistants.create(model="gpt-4o", name="Oterm")
assert "assistant/Oterm" in list_models("openai-compat/local")
async def main():
    agent = get_agent("openai-compat/local", "assistant/Oterm")
    async with agent.run_stream("Hello") as answer:
        print(await answer.get_output())
asyncio.run(main())
""",
    "langchain-openai": """
import os
from langchain_openai import ChatOpenAI
from openai import OpenAI
OpenAI().beta.assistants.create(model="gpt-4o", name="Tutor")
for responses in (False, True):
    model = ChatOpenAI(model="assistant/Tutor", use_responses_api=responses)
    assert "scripted demo" in str(model.invoke("Hello").content)
    print("".join(str(part.content) for part in model.stream("Hello")))
""",
    "llm": """
import os, pathlib, subprocess, sys, tempfile
from openai import OpenAI
OpenAI().beta.assistants.create(model="gpt-4o", name="Llm")
home = pathlib.Path(tempfile.mkdtemp())
model = f"- model_id: demo\\n  model_name: assistant/Llm\\n  api_base: {os.environ['OPENAI_BASE_URL']}\\n"
(home / "extra-openai-models.yaml").write_text(model)
command = [str(pathlib.Path(sys.executable).with_name("llm")), "-m", "demo", "--key", "x", "Hello"]
subprocess.run(command, env={**os.environ, "LLM_USER_PATH": str(home)}, check=True)
""",
    # its code does not compile with Python 3.11
    "minagent": """
from minagent import Agent
from openai import OpenAI
client = OpenAI()
agent = Agent(client, name="Minagent", description="d", model="gpt-4o", instructions=["i"], tools=[])
print(agent.ask_assistant("me", client.beta.threads.create().id, "Hello"))
""",
    "mcp-simple-openai-assistant": """
import asyncio, pathlib, tempfile
from mcp_simple_openai_assistant.assistant_manager import AssistantManager
async def main():
    manager = AssistantManager("x", str(pathlib.Path(tempfile.mkdtemp()) / "threads.db"))
    made = await manager.create_assistant("n", "i")
    assert made.id in [one.id for one in await manager.list_assistants()]
    thread = await manager.create_new_assistant_thread("talk")
    async for event in manager.run_thread(thread.id, made.id, "Hello"):
        if event.event == "thread.message.delta":
            print(event.data.delta.content[0].text.value, end="")
asyncio.run(main())
""",
    # without a worker of Celery: its task is called as a function
    "django-openai-assistant": """
import django
from django.conf import settings
apps, base = ["django_openai_assistant"], {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
settings.configure(INSTALLED_APPS=apps, DATABASES=base, OPENAI_API_KEY="x", USE_TZ=True,
                   OPENAI_DEFAULT_TOOLS=None, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django_openai_assistant import assistant
assistant.get_status.delay = lambda combo_id: None
assistant.createAssistant("Django", "i", "gpt-4o", tools=[])
task = assistant.assistantTask(assistantName="Django", prompt="Hello")
run_id = task.createRun()
run = task.client.beta.threads.runs.poll(run_id, thread_id=task.thread_id)
print(run.status, assistant.get_status(f"{run_id},{task.thread_id}"))
""",
    "apache-airflow-providers-openai": """
import json, os
connection = {"conn_type": "openai", "host": os.environ["OPENAI_BASE_URL"], "password": "x"}
os.environ["AIRFLOW_CONN_OPENAI_DEFAULT"] = json.dumps(connection)
from airflow.providers.openai.hooks.openai import OpenAIHook
hook = OpenAIHook()
assert hook.test_connection()[0]
asked = [{"role": "user", "content": "Hello"}]
made = hook.create_assistant(model="gpt-4o", name="Airflow")
answers = hook.create_chat_completion(messages=asked, model="assistant/Airflow")
assert "scripted demo" in answers[0].message.content
thread = hook.create_thread(messages=asked)
hook.create_run_and_poll(thread.id, made.id)
assert "scripted demo" in hook.get_messages(thread.id)[0].content[0].text.value
talk = hook.create_conversation()
print(hook.create_response("Hello", model="gpt-4o", conversation=talk.id).output_text)
""",
    # Langflow's components and graph, without its server
    "lfx": """
import asyncio, os
os.environ["LANGFLOW_SSRF_ALLOWED_HOSTS"] = "127.0.0.1"
from lfx.components.input_output import ChatInput, ChatOutput
from lfx.components.openai.openai_chat_model import OpenAIModelComponent
from lfx.graph import Graph
from openai import OpenAI
OpenAI().beta.assistants.create(model="gpt-4o", name="Langflow")
asked, model, answered = ChatInput(_id="asked"), OpenAIModelComponent(_id="model"), ChatOutput(_id="answered")
asked.set(input_value="Hello", should_store_message=False)
# a key that an environment variable has, too, is sent to no other host
to = {"openai_api_base": os.environ["OPENAI_BASE_URL"], "api_key": "local-key"}
model.set(model_name="assistant/Langflow", input_value=asked.message_response, **to)
answered.set(input_value=model.text_response, should_store_message=False)
async def main():
    async for result in Graph(asked, answered).async_start():
        if getattr(getattr(result, "vertex", None), "id", "") == "answered":
            print(result.result_dict)
asyncio.run(main())
""",
    "open-webui": """
import json, os, pathlib, socket, subprocess, sys, tempfile, time, urllib.request
from openai import OpenAI
OpenAI().beta.assistants.create(model="gpt-4o", name="Webui")
with socket.create_server(("127.0.0.1", 0)) as free:
    port = str(free.getsockname()[1])
# it imports modules from the folder above its data, too
home, token = os.path.join(tempfile.mkdtemp(), "data"), ""
os.mkdir(home)
settings = {"DATA_DIR": home, "OPENAI_API_BASE_URL": os.environ["OPENAI_BASE_URL"], "ENABLE_OLLAMA_API": "False",
            "OFFLINE_MODE": "True", "HF_HUB_OFFLINE": "1", "RAG_EMBEDDING_ENGINE": "openai", "WEBUI_SECRET_KEY": "x"}
def asked(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)) as answer:
        return answer.read().decode()
command = [str(pathlib.Path(sys.executable).with_name("open-webui")), "serve", "--host", "127.0.0.1", "--port", port]
program = subprocess.Popen(command, env={**os.environ, **settings}, cwd=home, stdout=subprocess.DEVNULL, stderr=sys.stderr)
try:
    while program.poll() is None:
        try:
            asked("/health")
            break
        except OSError:
            time.sleep(1)
    me = {"name": "me", "email": "me@example.org", "password": "a-long-Password-1"}
    token = json.loads(asked("/api/v1/auths/signup", me))["token"]
    assert "assistant/Webui" in asked("/api/models")
    chat = {"model": "assistant/Webui", "messages": [{"role": "user", "content": "Hello"}]}
    assert "scripted demo" in asked("/api/chat/completions", chat)
    told = asked("/api/chat/completions", {**chat, "stream": True}).split("data: ")
    pieces = [json.loads(one)["choices"] for one in told if one.startswith("{")]
    print("".join(choice["delta"].get("content") or "" for choices in pieces for choice in choices))
finally:
    program.terminate()
    program.wait(30)
""",
}
"""What a user of each package would write."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_gets_an_answer(name: str, url: str) -> None:  # noqa: F811  # the fixture
    python = Path(PROGRAMS) / name.split()[0] / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} does not exist")
    found = subprocess.run(
        [str(python), "-c", SCRIPTS[name]],
        env={
            **os.environ,
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": "x",
            # no list of prices from the internet
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert found.returncode == 0, found.stderr[-3_000:]
    assert "scripted demo" in found.stdout
