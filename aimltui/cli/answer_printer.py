"""AnswerPrinter: shows the events and objects of a run as plain text, for the chat in a plain terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aimltui.cli.answers import Write
from aimltui.cli.citations import Citations
from aimltui.common.sanitize import StreamCleaner, clean
from aimltui.wire import events
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.messages import (
    Message,
    MessageDelta,
    RefusalContent,
    TextContent,
    file_ids,
)
from aimltui.wire.run_steps import CodeInterpreterCall, LogsOutput, RunStep, RunStepDelta, ToolCallsDetails
from aimltui.wire.runs import Run

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

ASSISTANT = "Assistant"
"""What an answer stands behind."""
PRINTED_HEAD, PRINTED_TAIL = 4_000, 2_000
"""Characters of a long output that are shown: its beginning and its end."""


class AnswerPrinter:
    """Shows one answer.

    Args:
        write: Writes text to the terminal.
        speaker: Who answers, as it is shown.
    """

    def __init__(self, write: Write, speaker: str = ASSISTANT) -> None:
        self._write = write
        self._head = f"\n{speaker} > "
        self.run: Run | None = None
        """The run as the last event told it."""
        self.cut = ""
        """Why the answer's last message is incomplete, as the API says it."""
        self._shown = ""
        self._cleaner = StreamCleaner()
        self._calls: set[tuple[str, int]] = set()
        """The calls that were shown, by step and place: ids may be used again."""
        self._files: dict[str, None] = {}
        self._citations = Citations()

    def show_event(self, event: StreamEvent) -> None:
        """Show what an event tells."""
        match event.data:
            case Run():
                self.run = event.data
            case MessageDelta():
                for part in event.data.delta.content or ():
                    said = part.text
                    value = (
                        self._citations.numbered_delta(said.value or "", said.annotations or ())
                        if said
                        else None
                    )
                    self._append(self._head, value or part.refusal or "")
            case RunStepDelta():
                self._show_input(event.data)
            case RunStep() if event.event == events.THOUGHT_MOVED:
                self.end_part()
                self._write("\n… The text above was the model's thought; its answer follows.\n")
            case RunStep() if event.data.status not in ("created", "in_progress"):
                self._citations.note(event.data)
                self._show_code(event.data, shows_input=False)
            case Message() if event.event in (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE):
                self.end_part()
                self._note_files(event.data)
                if not any(isinstance(part, (TextContent, RefusalContent)) for part in event.data.content):
                    self._write(f"{self._head}{self._text(event.data)}\n")
            case Notice() if event.data.text:
                self._write(f"\n… {clean(event.data.text)}\n")
            case _ if event.event == events.ERROR:
                self._write(f"\n⚠ {clean(getattr(event.data, 'message', ''))}\n")

    def show_objects(self, steps: Sequence[RunStep], messages: Sequence[Message]) -> None:
        """Show the steps and messages of a run that was not streamed.

        Args:
            steps: Its steps, oldest first.
            messages: Its messages, oldest first.
        """
        for step in steps:
            self._citations.note(step)
            self._show_code(step)
        for message in messages:
            self._write(f"{self._head}{clean(self._text(message))}\n")
            self._note_files(message)

    def _show_input(self, delta: RunStepDelta) -> None:
        for call in (delta.delta.step_details or {}).get("tool_calls", ()):
            code = call.get("code_interpreter") if isinstance(call, dict) else None
            if isinstance(code, dict) and isinstance(code.get("input"), str) and code["input"]:
                self._append("\nCode >\n", code["input"])

    def _show_code(self, step: RunStep, *, shows_input: bool = True) -> None:
        self.end_part()
        details = step.step_details
        calls = details.tool_calls if isinstance(details, ToolCallsDetails) else ()
        for place, call in enumerate(calls):
            if not isinstance(call, CodeInterpreterCall) or (step.id, place) in self._calls:
                continue
            self._calls.add((step.id, place))
            if shows_input:
                self._write(f"\nCode >\n{clean(call.code_interpreter.input)}\n")
            for output in call.code_interpreter.outputs:
                text = _printed(output.logs) if isinstance(output, LogsOutput) else "[an image]"
                self._write(f"\nOutput >\n{text}\n")

    def _note_files(self, message: Message) -> None:
        if message.incomplete_details is not None:
            self.cut = message.incomplete_details.reason or ""
        self._files |= dict.fromkeys(file_ids(message))

    async def show_files(self, client: AssistantsClient, thread_id: str) -> None:
        """List the sources and the files of the answer, and say how to open the files."""
        self._write(await self._citations.listed(client))
        if not self._files:
            return
        found = [await client.files.get(file_id) for file_id in self._files]
        lines = "\n".join(
            f"{clean(' '.join(file.filename.split()))} ({file.bytes:,} bytes)" for file in found
        )
        self._write(f"\nFiles >\n{lines}\nTo view and save them: aimltui --thread {thread_id}\n")

    def _text(self, message: Message) -> str:
        parts = []
        for part in message.content:
            if isinstance(part, TextContent):
                parts.append(self._citations.numbered(part.text.value, part.text.annotations))
            elif isinstance(part, RefusalContent):
                parts.append(part.refusal)
            else:
                parts.append("[an image]")
        return "\n\n".join(parts)

    def _append(self, head: str, text: str) -> None:
        if text and self._shown != head:
            self.end_part()
            self._shown = head
            self._write(head)
        self._write(self._cleaner.feed(text))

    def end_part(self) -> None:
        """End the line of what is being written."""
        if self._shown:
            self._shown = ""
            self._write(self._cleaner.finish() + "\n")


def _printed(logs: str) -> str:
    """Return an output without colours; of a long one, the beginning and the end."""
    # Imported late: only needed for the output of code.
    from aimltui.common.excerpt import Excerpt
    from aimltui.common.text import plain_text

    excerpt = Excerpt(PRINTED_HEAD, PRINTED_TAIL)
    excerpt.add(plain_text(logs).rstrip("\n"))
    return clean(excerpt.whole)
