"""What the composition root hands to the app: plain values, and one function that connects.

Nothing here may be dear to import: the first frame comes before the client, the wire models and the engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.connections.types import Connections
    from aimltui.tui.code_consent import Consent
    from aimltui.tui.storage.drafts import DraftStore
    from aimltui.tui.storage.model_marks import ModelMarks


@dataclass(frozen=True)
class Ran:
    """What came of code that the user ran again."""

    text: str
    """What it printed, as it printed it, with remarks; or the sentence why it did not run."""
    ok: bool
    seconds: float = 0.0


@dataclass(frozen=True)
class Connected:
    """A server that answers, and what the screen wants to know about it."""

    client: AssistantsClient
    endpoint: str
    """What the endpoint is called on the screen: `AI/ML API`, a host, `demo`."""
    default_model: str | None
    """The model of new threads; None if nothing is configured, and then the guide is shown."""
    starters: tuple[tuple[str, str], ...] = ()
    """What an empty thread offers: the line shown, and the message that choosing it sends."""
    default_tools: Callable[[], Awaitable[tuple[str, ...]]] | None = None
    """Tells which tools the program's own assistant may have here, e.g. `code_interpreter` where a sandbox holds.

    Asked once, when that assistant is first needed; None leaves it as it is.
    """
    notes: tuple[str, ...] = ()
    """What the server cannot do, a sentence each; stands in every new thread."""
    connections: Connections | None = None
    """What the Connect screen works with; None where the models come from nowhere but a server of assistants."""
    consent: Consent | None = None
    """What may be done where no sandbox keeps code in; None where code is not run on this machine."""
    run_code: Callable[[str, str], Awaitable[Ran]] | None = None
    """Runs code in a thread's interpreter, for the user and not for the model: thread id, code. None: there is none.

    Cancelling it stops the code.
    """
    warm_up: Callable[[], None] | None = None
    """Imports that will be needed. It blocks, so it is called in a worker thread, after the first frame."""

    def connection_names(self) -> list[str]:
        """The connections, the default one first."""
        rows = self.connections.rows() if self.connections is not None else ()
        return [row.name for row in sorted(rows, key=lambda row: not row.is_default)] or [self.endpoint]


@dataclass(frozen=True)
class Startup:
    """Everything the app is made with."""

    connect: Callable[[], Awaitable[Connected]]
    """Called once, after the first frame. What it raises becomes a card; the program stays usable.

    Of an exception's attributes `message`, `remedy` and `request_id` are shown if it has them, else its text.
    """
    drafts: DraftStore
    theme: str = "auto"
    glyphs: str = "unicode"
    thread_id: str | None = None
    """The thread to open; None opens the last one."""
    new: bool = False
    """Open a new thread instead of the last one."""
    model: str | None = None
    """The model asked for on the command line, for threads without a choice of their own."""
    themes_dir: Path | None = None
    """Where the user's own themes are."""
    config_path: Path | None = None
    """The configuration file, to be named on the screen."""
    demo_model: str = "demo"
    """The model that "look around offline" chooses."""
    auto_copy: bool = True
    sidebar: str = "auto"
    """`auto`, `shown`, `hidden`."""
    failed: str = "The program could not start its engine"
    """What the card says if there is no connection."""
    notes: tuple[str, ...] = field(default=())
    """Sentences to show once at the start, as warnings."""
    marks: ModelMarks | None = None
    """Recent models and favourites; None remembers none."""
    clock: Callable[[], float] | None = None
    """Unix seconds; None is the machine's. Tests and pictures stop it."""
