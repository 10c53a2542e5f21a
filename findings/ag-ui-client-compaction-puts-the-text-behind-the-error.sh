#!/usr/bin/env bash
# @ag-ui/client 1.0.0 (npm, the client of the AG-UI protocol): `compactEvents`, which is there to store a run in few events, puts a message that an error
# cuts short behind the error, and the client refuses such a run: played back, the half answer that the user saw is gone, and an error is raised.
# Nothing may follow RUN_ERROR (the client says so itself: "No further events can be sent"). Events that come while a message is open are kept back until
# its end, and where the end does not come, the message is written last. The documentation says that events within a message are moved behind
# it, and that the meaning stays (https://docs.ag-ui.com/sdk/js/client/compaction); one would expect RUN_ERROR not to be moved, so that a run
# that could be played before can be played after compaction. A run whose messages were all complete stays as it is.
# Seen on 2026-12-01, Linux, Node.js 20.20:
#     as it came: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_CONTENT TEXT_MESSAGE_END RUN_ERROR
#       messages ["Half an answer"], no error
#     compacted: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_END RUN_ERROR
#       messages ["Half an answer"], no error
#     as it came: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_CONTENT RUN_ERROR
#       messages ["Half an answer"], no error
#     compacted: RUN_STARTED RUN_ERROR TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT
#       messages [], Cannot send event type 'TEXT_MESSAGE_START': The run has already errored with 'RUN_ERROR'. No further events can be sent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts '@ag-ui/client@1.0.0' 'rxjs@7.8.1' >&2

expected=$(cat <<'OUT'
as it came: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_CONTENT TEXT_MESSAGE_END RUN_ERROR
  messages ["Half an answer"], no error
compacted: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_END RUN_ERROR
  messages ["Half an answer"], no error
as it came: RUN_STARTED TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_CONTENT RUN_ERROR
  messages ["Half an answer"], no error
compacted: RUN_STARTED RUN_ERROR TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT
  messages [], Cannot send event type 'TEXT_MESSAGE_START': The run has already errored with 'RUN_ERROR'. No further events can be sent.
OUT
)
cat > look.js <<'CODE'
import { AbstractAgent, compactEvents, EventType } from "@ag-ui/client";
import { from } from "rxjs";

class Playback extends AbstractAgent {
  constructor(events) {
    super();
    this.events = events;
  }

  run() {
    return from(this.events);
  }
}

async function play(name, events) {
  const agent = new Playback(events);
  let raised = "no error";
  try {
    await agent.runAgent({});
  } catch (error) {
    raised = error.message;
  }
  console.log(`${name}: ${events.map((event) => event.type).join(" ")}`);
  console.log(`  messages ${JSON.stringify(agent.messages.map((message) => message.content))}, ${raised}`);
}

console.error = () => {};
const start = { type: EventType.RUN_STARTED, threadId: "1", runId: "1" };
const failed = { type: EventType.RUN_ERROR, message: "The model went away." };
const open = { type: EventType.TEXT_MESSAGE_START, messageId: "1", role: "assistant" };
const piece = (delta) => ({ type: EventType.TEXT_MESSAGE_CONTENT, messageId: "1", delta });
const close = { type: EventType.TEXT_MESSAGE_END, messageId: "1" };
for (const end of [[close, failed], [failed]]) {
  const events = [start, open, piece("Half an "), piece("answer"), ...end];
  await play("as it came", events);
  await play("compacted", compactEvents(events));
}
CODE
seen=$(node look.js)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
