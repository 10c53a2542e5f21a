"""A console chat that waits for whole answers, along the steps of the AI/ML API's Assistants page.

Like the page's, it prints the first answer again from the second turn on: it walks a list that comes newest first
from its end.
"""

import os

from openai import OpenAI

client = OpenAI(api_key=os.environ["CHAT_KEY"], base_url=os.environ["CHAT_URL"])

helper = client.beta.assistants.create(
    name="Console helper",
    description="Answers in a console",
    instructions="You answer short questions.",
    model="gpt-4o",
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
    run = client.beta.threads.runs.create_and_poll(thread_id=conversation.id, assistant_id=helper.id)
    if run.status != "completed":
        print("the run ended as", run.status)
        continue
    found = client.beta.threads.messages.list(thread_id=conversation.id)
    for message in reversed(found.data):
        if message.role == "assistant" and message.content[0].type == "text":
            print("Assistant >", message.content[0].text.value)
            break
