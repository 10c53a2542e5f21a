#!/usr/bin/env bash
# agent-client-protocol 0.12.1 (the Python package of ACP): the client's `session_update` is started for each notification without waiting
# for the one before, so that pieces of an answer overtake one another as soon as the method awaits anything (a lock, a file, a
# screen): "one two three four " is put together as "two four one three ". The connection is one ordered stream of lines, and the answer of
# `prompt` does wait until all updates are handled; one would expect them to be handled one after another, as they are chunks of one text.
# Seen on 2026-11-30, Linux, Python 3.11:
#     began: one two three four 
#     answer: two four one three 
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'agent-client-protocol==0.12.1'

expected=$(cat <<'OUT'
began: one two three four 
answer: two four one three 
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asyncio
import socket

import acp


class Agent(acp.Agent):
    def on_connect(self, conn):
        self.client = conn

    async def initialize(self, protocol_version, **rest):
        return acp.InitializeResponse(protocol_version=protocol_version)

    async def new_session(self, cwd, **rest):
        return acp.NewSessionResponse(session_id="1")

    async def prompt(self, prompt, session_id, **rest):
        for word in ("one ", "two ", "three ", "four "):
            await self.client.session_update(session_id=session_id, update=acp.update_agent_message_text(word))
        return acp.PromptResponse(stop_reason="end_turn")


class Client(acp.Client):
    began = answer = ""

    async def session_update(self, session_id, update, **rest):
        word = update.content.text
        self.began += word
        await asyncio.sleep(0.2 if word in ("one ", "three ") else 0)
        self.answer += word


async def main():
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs)
    agent = asyncio.create_task(acp.run_agent(Agent(), input_stream=writer, output_stream=reader))
    reader, writer = await asyncio.open_connection(sock=ours)
    client = Client()
    connection = acp.connect_to_agent(client, writer, reader)
    await connection.initialize(protocol_version=acp.PROTOCOL_VERSION)
    session = await connection.new_session(cwd="/", mcp_servers=[])
    await connection.prompt(session_id=session.session_id, prompt=[acp.text_block("Count.")])
    print("began:", client.began)
    print("answer:", client.answer)
    agent.cancel()


asyncio.run(main())
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
