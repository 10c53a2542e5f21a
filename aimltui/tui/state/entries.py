"""The entries that a thread consists of on the screen: frozen data without Textual.

A `ThreadView` holds them in order; the transcript has a renderer for each class. An entry has the content and not its
look. Its text is as the server sent it: the renderers make it harmless.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from aimltui.client.changes import Appended as Appended
from aimltui.common.dataclass import dataclass
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import AttachedFile, with_files

RunStatus = str
"""One of the API's nine run statuses; an unknown one is shown as it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of a file that a search has found."""

    file_id: str
    name: str
    """The file's name."""
    place: str = ""
    """Where in the file it is, such as `page 3`; empty if that is unknown."""
    score: float | None = None
    """From 0 to 1; None if no search is known that found it."""
    run_id: str = ""
    step_id: str = ""
    """The step whose search found it; empty if that is unknown."""
    call_id: str = ""
    index: int = 0
    """Its position among the results of the call."""
    url: str = ""
    """The address of its page on the web; empty for a file."""
    text: str = ""
    """The passage itself, if it is from the web."""
    page: str = ""
    """What was read of its page, if it is from the web."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker in a message's text that stands for a source."""

    start: int
    """First character of the marker in the text, in code points."""
    end: int
    """One past the marker's last character."""
    number: int
    """The footnote's number as shown, from 1."""
    label: str
    """The source's name: a file name, or its id while the name is unknown."""
    kind: Literal["file_citation", "file_path", "web"] = "file_citation"
    file_id: str = ""
    source: Source | None = None
    """The passage, if a known search found it."""
    quote: str = ""
    """The words of the passage that support the text."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message."""

    file_id: str
    name: str
    size: int | None = None
    """Bytes, if known."""
    tool: str = ""
    is_picture: bool = False
    """Whether it is a picture inside the message."""
    is_made: bool = False
    """Whether a tool made it, so that it can be saved and opened."""
    note: str = ""
    """What is happening to it."""


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message of the user or of an assistant; the text is Markdown."""

    id: str
    role: Literal["user", "assistant"]
    author: str
    """`You`, or the assistant's name."""
    text: str = ""
    created_at: int | None = None
    """Unix seconds."""
    streaming: bool = False
    """True while deltas may still come."""
    pending: bool = False
    """True until the server has the message."""
    incomplete_reason: str | None = None
    """The API's reason when the message was cut off: `run_cancelled`, `max_tokens`, ..."""
    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    run_id: str | None = None
    to: Addressee | None = None
    """The assistant that a message of the user is addressed to; None for the thread's."""
    branch: tuple[int, int] | None = None
    """Which of how many branches begins with this message; None if there are no others."""
    is_summary: bool = False
    """Whether a run gets it instead of all messages before it."""
    is_replaced: bool = False
    """Whether a summary below it stands for it."""
    is_pinned: bool = False
    """Whether every run gets it whole."""


@dataclass(frozen=True, slots=True)
class ToolCallOutput:
    """One output of a tool call."""

    kind: Literal["logs", "image", "file", "text"]
    text: str = ""
    file_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallEntry:
    """One call inside a run step."""

    id: str
    type: str
    """`code_interpreter`, `file_search`, `function`, or a type this program does not know."""
    name: str = ""
    """The function's name."""
    input: str = ""
    """Code, or the arguments as JSON text."""
    outputs: tuple[ToolCallOutput, ...] = ()
    error: str = ""
    """The exception's name, where code ended with one."""
    queries: tuple[str, ...] = ()
    """What a search looked for."""
    found: tuple[Source, ...] | None = None
    """What a search has found; None for other tools, and before it is known."""

    @property
    def logs(self) -> str:
        """Everything the call printed."""
        return "\n".join(output.text for output in self.outputs if output.kind in ("logs", "text"))


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A run step of type `tool_calls`."""

    id: str
    run_id: str
    number: int
    """Its position among the run's steps, from 1."""
    status: str
    """in_progress, completed, cancelled, failed, expired."""
    calls: tuple[ToolCallEntry, ...] = ()
    seconds: float | None = None
    """Duration of a finished step."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ReasoningEntry:
    """The model's reasoning before a step."""

    id: str
    run_id: str
    text: str
    streaming: bool = False
    """True while the model is reasoning."""
    seconds: float | None = None
    tokens: int | None = None
    """As counted by the provider; None if unknown."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """The run's line under its answer: its status while it is active, its receipt afterwards."""

    id: str
    run_id: str
    status: RunStatus
    model: str = ""
    started_at: float | None = None
    """Unix seconds from which the running time counts."""
    ended_at: float | None = None
    expires_at: int | None = None
    reason: str | None = None
    """Why it is incomplete: `max_completion_tokens`, `max_prompt_tokens`."""
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    """Dollars; None if unknown, which is not zero."""
    cost_is_computed: bool = False
    """Some of it was computed from list prices."""
    cost_is_partial: bool = False
    """The cost of some of it is unknown."""
    tokens_are_partial: bool = False
    """The tokens of some of it are unknown."""
    context_tokens: int | None = None
    """Tokens of the last prompt."""
    context_length: int | None = None
    """The model's context window in tokens."""
    waits_for: tuple[str, ...] = ()
    """Names of the functions whose outputs the run waits for."""
    tools_off: str | None = None
    """Why the model was not offered the hosted tools; None if it was."""
    web_sources: int = 0
    """Sources that a model named which searched the web by itself."""
    left_out: int = 0
    """Messages of the thread for which the model's context has no room."""
    shortened: int = 0
    """Messages and outputs whose middle was cut out."""
    version: str = ""
    """The version of the assistant's settings; empty if it is unknown, or the program's own assistant answered."""


@dataclass(frozen=True, slots=True)
class CardAction:
    """An action that a card offers."""

    id: str
    key: str
    """One letter, which works while the card is marked."""
    label: str


CONNECT = CardAction("connect", "k", "Connect")
CHANGE_KEY = CardAction("change-key", "k", "Key")
CHANGE_CONNECTION = CardAction(CHANGE_KEY.id, "k", "Connection")
"""The same form, for an address that may be wrong."""
OTHER_MODEL = CardAction("other-model", "m", "Model")
RETRY = CardAction("retry", "r", "Retry")
"""Sends what is back in the prompt."""
LOOK_AGAIN = CardAction("look-again", "r", "Retry")
"""Asks the endpoint once more; nothing was sent yet."""
SEND_AGAIN = CardAction("send-again", "r", "Retry")


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """A card about an error, at the place in the thread where it happened."""

    id: str
    title: str
    """What happened, one line."""
    detail: str = ""
    """Why."""
    remedy: str = ""
    """What to do."""
    request_id: str | None = None
    actions: tuple[CardAction, ...] = ()
    """What the user can do right here."""


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """A note of this program: a retry, a lost connection."""

    id: str
    text: str
    level: Literal["info", "warning"] = "info"
    until: float | None = None
    """Unix seconds of the end of a countdown, which is shown after the text with the key that stops it."""
    since: float | None = None
    """Unix seconds from which the waiting time counts, which is shown in the same way."""
    attempt: str = ""
    """The attempt that starts at the end of the countdown, as `2/3`."""


@dataclass(frozen=True, slots=True)
class QueuedEntry:
    """A message that is sent when the active run is over."""

    id: str
    text: str
    files: tuple[AttachedFile, ...] = ()
    to: Addressee | None = None

    @property
    def draft(self) -> str:
        """The text with its files and its addressee."""
        return with_files(self.text, self.files, self.to)


@dataclass(frozen=True, slots=True)
class GuideEntry:
    """Markdown of this program in an empty thread: a greeting, or what to set up.

    `choices` are lines to choose by Enter or a click: conversation starters, actions.
    """

    id: str
    text: str
    choices: tuple[GuideOption, ...] = field(default=())
    is_page: bool = False
    """Whether it is the page of a new thread: in the middle, with the keys that help to begin."""


@dataclass(frozen=True, slots=True)
class GuideOption:
    """A line of a guide that the user can choose."""

    id: str
    label: str
    hint: str = ""


Entry = (
    MessageEntry | StepEntry | ReasoningEntry | RunEntry | ErrorEntry | NoticeEntry | QueuedEntry | GuideEntry
)


@dataclass(frozen=True, slots=True)
class Added:
    """An entry was added at `index`."""

    index: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Replaced:
    """The entry of this id has a new state, at the same place."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Removed:
    """The entry `id` was removed."""

    id: str


Change = Added | Replaced | Appended | Removed
