"""Writes the events of a run: as Markdown, or as JSON lines under the API's own names."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Protocol

from aimltui.cli.citations import Citations
from aimltui.cli.markdown_colors import MarkdownColors
from aimltui.client.client import AssistantsClient
from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import StreamCleaner, clean, clean_line
from aimltui.wire import events
from aimltui.wire.base import Wire
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.messages import (
    Message,
    MessageDelta,
    RefusalContent,
    file_ids,
)
from aimltui.wire.run_steps import RunStep

Write = Callable[[str], None]


class AnswerWriter(Protocol):
    """Writes a run while it goes on."""

    was_refused: bool
    """Whether the model refused to answer."""
    cut: str
    """Why the last message is incomplete, as the API says it; empty if it is complete."""

    def take(self, event: StreamEvent) -> None:
        """Write what an event says."""
        ...

    async def finish(self, client: AssistantsClient) -> None:
        """Write what comes after the last event."""
        ...


class MarkdownWriter:
    """Writes the answer as Markdown, without escape sequences of the model.

    Args:
        write: Takes the text of the answer.
        note: Takes sentences that are no part of the answer.
        colors: Styles the text for a terminal; None writes it plain.
    """

    def __init__(self, write: Write, note: Write, colors: MarkdownColors | None = None) -> None:
        self._write = write
        self._note = note
        self._colors = colors
        self._cleaner = StreamCleaner()
        self._citations = Citations()
        self._files: dict[str, None] = {}
        self._is_open = False
        """True while the text of a message is being written."""
        self._is_first = True
        self.was_refused = False
        self.cut = ""

    def take(self, event: StreamEvent) -> None:
        """Write what an event says."""
        match event.data:
            case MessageDelta():
                self._take_delta(event.data)
            case RunStep() if event.event == events.THOUGHT_MOVED:
                self._end_text()
                self._note("… The text above was the model's thought; its answer follows.")
            case RunStep() if event.event != events.STEP_CREATED:
                self._citations.note(event.data)
            case Message() if event.event in (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE):
                self._end_text()
                self._take_message(event.data)
            case Notice() if event.data.text:
                self._note(f"… {event.data.text}")

    async def finish(self, client: AssistantsClient) -> None:
        """Write the sources and the files of the answer."""
        self._end_text()
        sources = await self._citations.listed(client)
        if sources:
            self._write("\n" + self._styled(sources.removeprefix("\nSources >\n")))
        if self._files:
            self._note("Files of the answer; save one with: aimltui files export ID")
        for file_id in self._files:
            file = await client.files.get(file_id)
            self._note(f"{file.id}  {clean_line(file.filename)} ({file.bytes:,} bytes)")

    def _take_delta(self, delta: MessageDelta) -> None:
        for part in delta.delta.content or ():
            said = part.text
            text = (
                self._citations.numbered_delta(said.value or "", said.annotations or ())
                if said
                else part.refusal or ""
            )
            self.was_refused = self.was_refused or bool(part.refusal)
            self._append(self._cleaner.feed(text))

    def _append(self, text: str) -> None:
        if not text:
            return
        if not self._is_open:
            self._is_open = True
            self._write("" if self._is_first else "\n")
            self._is_first = False
        self._write(self._colors.feed(text) if self._colors else text)

    def _end_text(self) -> None:
        self._append(self._cleaner.finish())
        if self._is_open:
            self._is_open = False
            self._write((self._colors.finish() if self._colors else "") + "\n")

    def _take_message(self, message: Message) -> None:
        self.cut = (message.incomplete_details.reason or "") if message.incomplete_details else ""
        for part in message.content:
            if isinstance(part, RefusalContent):
                self.was_refused = True
        self._files |= dict.fromkeys(file_ids(message))

    def _styled(self, text: str) -> str:
        return self._colors.feed(text) + self._colors.finish() if self._colors else text


class JSONWriter:
    """Writes each event as one line of JSON: `{"event": name, "data": {...}}`. Escaped: nothing in it drives a terminal.

    Args:
        write: Takes the lines.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self.was_refused = False
        self.cut = ""

    def take(self, event: StreamEvent) -> None:
        """Write the event."""
        data = event.data
        if isinstance(data, Message):
            self.was_refused |= any(isinstance(part, RefusalContent) for part in data.content)
            self.cut = (data.incomplete_details.reason or "") if data.incomplete_details else ""
        body = data.to_json() if isinstance(data, Wire) else data
        self._write(json.dumps({"event": event.event, "data": body}) + "\n")

    async def finish(self, client: AssistantsClient) -> None:
        """Nothing follows the last event."""


def to_output(text: str) -> None:
    """Write to standard output at once.

    Raises:
        BrokenPipeError: The reader, such as head, has what it wants.
        AimltuiError: It cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AimltuiError(f"The output cannot be written: {disk_reason(error)}.") from error


def to_errors(text: str) -> None:
    """Write a sentence to standard error."""
    print(f"aimltui: {clean(text)}", file=sys.stderr, flush=True)  # noqa: T201  # there is no screen
