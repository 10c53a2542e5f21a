"""What the composition root hands to the app: plain values, and a function that connects.

The first frame is painted before the client, the wire models and the engine are imported, so none of them is imported
here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.dead_time import KeyTimes

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.connections.types import Connections
    from aimltui.interchange.assistants import AssistantFolder
    from aimltui.interchange.types import Interchange
    from aimltui.local_tools.host import LocalTools
    from aimltui.tui.code_consent import Consent
    from aimltui.tui.storage.drafts import DraftStore
    from aimltui.tui.storage.model_marks import ModelMarks
    from aimltui.wire.embeddings import EmbeddingPlace


@dataclass(frozen=True)
class Ran:
    """The result of code that the user ran again."""

    text: str
    """What it printed, with notes of the interpreter; or a sentence that says why it did not run."""
    ok: bool
    seconds: float = 0.0


class Page(Protocol):
    """A web page that was read."""

    @property
    def url(self) -> str:
        """Its address, after all redirects."""

    @property
    def title(self) -> str:
        """Its title, perhaps empty."""

    @property
    def text(self) -> str:
        """What a reader of the page sees."""


@dataclass(frozen=True)
class RecognitionPlace:
    """Where the text of pictures is recognised."""

    connection: str
    host: str


class Recognition(Protocol):
    """Recognises the text of scanned documents. `price` and `read` raise an `AimltuiError` if that fails."""

    def place(self) -> RecognitionPlace | None:
        """Return the connection that does it; None if none can."""

    async def price(self, place: RecognitionPlace) -> float | None:
        """Return the listed price of a page in dollars; None if it is unknown."""

    async def read(self, place: RecognitionPlace, content: bytes) -> Sequence[str]:
        """Send a PDF to this place and no other, and return the text of its pages."""


class Embeddings(Protocol):
    """Turns text into vectors, so that files are searched by meaning, too."""

    def place(self) -> EmbeddingPlace | None:
        """Return the model that does it, and where it is; None if none is known."""

    async def price(self, place: EmbeddingPlace) -> float | None:
        """Return the listed price of a token in dollars; None if it is unknown."""

    async def check(self, place: EmbeddingPlace) -> None:
        """Send one word; raise an `AimltuiError` if no vector comes back."""


@dataclass(frozen=True)
class Connected:
    """A server that is ready, and what the screen needs to know about it."""

    client: AssistantsClient
    endpoint: str
    """What the endpoint is called on the screen: `AI/ML API`, a host, `demo`."""
    default_model: str | None
    """The model of new threads; None if nothing is configured: then a guide offers to connect one."""
    starters: tuple[tuple[str, str], ...] = ()
    """What an empty thread offers: the line shown, and the message that it sends."""
    default_tools: Callable[[], Awaitable[tuple[str, ...]]] | None = None
    """Returns the tools that the program's own assistant may have here, such as `code_interpreter` with a sandbox.

    Called once, when that assistant is first needed; None leaves the assistant as it is.
    """
    has_tool_switch: bool = True
    """Whether the server knows `hosted_tools`, an extension of the API."""
    notes: tuple[str, ...] = ()
    """Sentences about what the server cannot do, shown in every new thread."""
    connections: Connections | None = None
    """The connections that the user can set up; None if the program was started with a server of assistants."""
    consent: Consent | None = None
    """Decides about code without a sandbox; None if code does not run on this machine."""
    interchange: Interchange | None = None
    """Brings conversations of other programs in, and threads out."""
    assistant_folder: AssistantFolder | None = None
    """The folder whose files decide about assistants; None if there is none."""
    local_tools: LocalTools | None = None
    """The user's functions and other tools that run beside the client; None if the screen calls none."""
    run_code: Callable[[str, str], Awaitable[Ran]] | None = None
    """Runs code in a thread's interpreter for the user: takes thread id and code; cancelling it stops the code.

    None if there is no interpreter.
    """
    read_page: Callable[[str], Awaitable[Page]] | None = None
    """Reads a web page, or raises an `AimltuiError`; None where pages cannot be read."""
    recognition: Recognition | None = None
    """Recognises the text of scanned documents; None where that cannot be done."""
    embeddings: Embeddings | None = None
    """Turns text into vectors; None where that cannot be done."""
    expect_run: Callable[[], None] | None = None
    """Imports what a run and its answer need, when the user begins to write. It blocks: it is called in a thread."""
    has_temporary: bool = False
    """Whether the server can hold threads that are never written to disk."""

    def connection_names(self) -> list[str]:
        """The names of the connections, the default one first."""
        rows = self.connections.rows() if self.connections is not None else ()
        return [row.name for row in sorted(rows, key=lambda row: not row.is_default)] or [self.endpoint]


@dataclass(frozen=True)
class Startup:
    """Everything that the app needs at its start."""

    connect: Callable[[], Awaitable[Connected]]
    """Connects; called after the first frame. An exception is shown as a card, and the program stays usable.

    The card shows the exception's attributes `message`, `remedy` and `request_id`, or its text.
    """
    drafts: DraftStore
    theme: str = "auto"
    glyphs: str = "unicode"
    thread_id: str | None = None
    """The thread to open; None opens the last one."""
    new: bool = False
    """Open a new thread instead of the last one."""
    model: str | None = None
    """The model named on the command line, for threads for which none was chosen."""
    themes_dir: Path | None = None
    """The directory of the user's themes."""
    config_path: Path | None = None
    """The configuration file, in which choices are saved."""
    demo_model: str = "demo"
    """The model that “Try the demo” chooses."""
    alerts: Literal["off", "bell", "notify"] = "bell"
    """What happens when a run ends or needs the user while another window is in front."""
    auto_copy: bool = True
    compact_at: int = 0
    """Percent of the context at which a thread is summarized by itself; 0 never."""
    trash_days: int = 30
    """Days for which deleted threads stay in the trash; 0 deletes them at once."""
    sidebar: str = "auto"
    """`auto`, `shown`, `hidden`."""
    title: bool = True
    """Whether the terminal's title shows the open thread."""
    motion: str = "full"
    """`full` or `reduced`."""
    timestamps: bool = True
    """Whether messages show when they were written."""
    wrap: bool = True
    """Whether long lines of code and of outputs are folded."""
    is_plain: bool = False
    """Whether the screen has no colours, borders and motion."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The user's keys by a command's id."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """Settings that were given as flags, by dotted key."""
    failed: str = "The program could not start its engine"
    """The title of the card if connecting fails."""
    notes: tuple[str, ...] = field(default=())
    """Sentences to show once at the start, as warnings."""
    marks: ModelMarks | None = None
    """Recent models and favourites; None remembers none."""
    clock: Callable[[], float] | None = None
    """Returns Unix seconds; None is the machine's clock. Tests stop it."""
    key_times: KeyTimes = field(default_factory=KeyTimes)
    """When keys came: a question takes none while the user types. Tests give it a clock."""
    pictures: Literal["auto", "blocks", "off"] = "auto"
    """How pictures are drawn in threads."""
    hurry: Callable[[], None] = lambda: None
    """Has `connect` begin at once: it waits for a moment in which no key comes, unless something that was sent waits."""
