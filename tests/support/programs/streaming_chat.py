"""A console chat with an event handler, along the steps of the AI/ML API's Assistants page."""

import os

from openai import AssistantEventHandler, OpenAI

client = OpenAI(api_key=os.environ["CHAT_KEY"], base_url=os.environ["CHAT_URL"])


class Printer(AssistantEventHandler):
    """Prints what comes, as it comes."""

    def on_text_created(self, text):
        print("\nAssistant > ", end="", flush=True)

    def on_text_delta(self, delta, snapshot):
        print(delta.value, end="", flush=True)

    def on_tool_call_created(self, tool_call):
        print(f"\nAssistant uses {tool_call.type}\n", flush=True)

    def on_tool_call_delta(self, delta, snapshot):
        if delta.type == "code_interpreter" and delta.code_interpreter:
            if delta.code_interpreter.input:
                print(delta.code_interpreter.input, end="", flush=True)
            for output in delta.code_interpreter.outputs or ():
                if output.type == "logs":
                    print(f"\n{output.logs}", flush=True)


helper = client.beta.assistants.create(
    name="Console helper", instructions="You answer short questions.", model="gpt-4o"
)
conversation = client.beta.threads.create()
print("ready; exit or quit ends it")

while True:
    line = input("\nYou > ").strip()
    if line.lower() in ("exit", "quit"):
        print("bye")
        break
    if not line:
        print("nothing to send, type something")
        continue
    client.beta.threads.messages.create(thread_id=conversation.id, role="user", content=line)
    with client.beta.threads.runs.stream(
        thread_id=conversation.id, assistant_id=helper.id, event_handler=Printer()
    ) as stream:
        stream.until_done()
    print()
