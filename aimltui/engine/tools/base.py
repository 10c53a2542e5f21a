"""The interface to tools that the engine executes: their definition for a model, calls and outputs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.wire.runs import Run


class ToolError(Exception):
    """A call failed; the text is the answer for the model and the output in the run step."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of a model."""

    id: str
    arguments: str
    """The arguments as the model wrote them, which may be invalid JSON."""
    input: str = ""
    """The input that `ArgumentsReader` read from them, as shown in the run step."""
    problem: str | None = None
    """Why the arguments are unusable, for the model; the tool is not called then."""


@dataclass(frozen=True, slots=True)
class ProvidedFile:
    """A file that a tool may read."""

    file_id: str
    name: str
    """A plain file name, unique among the files of a call."""
    source: Path
    """The engine's file with the content: a tool copies it and never hands it out."""
    size: int
    """Bytes."""


class OutputStore(Protocol):
    """Keeps what a tool has made."""

    async def __call__(self, name: str, content: bytes | Path) -> str:
        """Store a file with the purpose `assistants_output`; its id.

        Args:
            name: A plain file name.
            content: Its bytes, or a copy of them on this machine that nobody else writes to.

        Raises:
            ToolError: It cannot be kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage of a file that a search found."""

    file_id: str
    filename: str
    text: str
    """As it is in the file's extracted text."""
    score: float = 0.0
    """From 0 to 1."""
    place: str = ""
    """Where in the file it is, e.g. `page 3`; empty if that is unknown."""
    places: Sequence[tuple[int, str]] = ()
    """If it stands on several pages: the offsets at which they begin, with their places."""

    def place_of(self, quote: str) -> str:
        """Return where the page of a quote is; that of the passage if the quote is not in it."""
        at = self.text.find(quote) if quote else -1
        begun = [place for offset, place in self.places if offset <= at]
        return (begun[-1] if begun else "") or self.place


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The passages that a search found, best first."""

    passages: Sequence[FoundPassage] = ()
    files: int = 0
    """How many files were searched."""
    notes: Sequence[str] = ()
    """Sentences about files that could not be searched."""


class PassageSearch(Protocol):
    """Searches the vector stores of a run."""

    async def __call__(self, queries: Sequence[str], limit: int, threshold: float) -> SearchOutcome:
        """Search.

        Args:
            queries: What is searched for; the best passages of all of them are returned.
            limit: Passages at most.
            threshold: The lowest score, from 0 to 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The run and the files of a call."""

    run: Run
    files: Sequence[ProvidedFile] = ()
    """The files of the assistant and the thread for this tool, and those that earlier calls in the thread made."""
    keep: OutputStore | None = None
    late: Callable[[MadeFile], None] | None = None
    """Takes files that are saved after the call was stopped, when it yields no more events."""
    has_run_code: bool = False
    """Whether an earlier run of the thread has run code, so that the model may expect its variables and files."""
    search: PassageSearch | None = None
    """Searches the vector stores of the assistant and the thread."""
    searches: int = 0
    """How many searches the run made before this call."""
    room: int = 0
    """Tokens that the answers of all calls of this turn may have."""


@dataclass(frozen=True, slots=True)
class PrintedText:
    """Text output."""

    text: str


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """A picture as output, already saved as a file."""

    file_id: str
    path: str = ""
    """Its path inside the tool, such as `/mnt/data/figure.png`; empty if it is not a file there."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """Another file as output, already saved."""

    file_id: str
    path: str
    """Its path inside the tool."""


@dataclass(frozen=True, slots=True)
class CallDetail:
    """Further fields of the call in the run step, set at its end."""

    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """The answer for the model, the last event of a call."""

    text: str


ToolEvent = PrintedText | DrawnImage | MadeFile | CallDetail | ToolAnswer


class ArgumentsReader(Protocol):
    """Reads the input of a call from its arguments while they arrive."""

    def feed(self, fragment: str) -> str:
        """The part of the input in this fragment of the arguments."""
        ...

    def finish(self) -> tuple[str, str | None]:
        """The rest of the input, and a sentence for the model if the arguments are unusable."""
        ...


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of a tool for a model."""

    name: str
    """The name of the function for a chat model."""
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema."""
    aliases: frozenset[str] = frozenset()
    """Other names under which models call it."""

    def chat(self) -> Mapping[str, Any]:
        """The definition in the format of `/chat/completions`."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


class Tool(Protocol):
    """A tool that the engine executes."""

    @property
    def type(self) -> str:
        """Its type in the API."""
        ...

    def definition(self, files: Sequence[ProvidedFile]) -> Definition:
        """The definition for a model.

        Args:
            files: The files that the tool will have; see `ToolContext`.
        """
        ...

    def reader(self) -> ArgumentsReader | None:
        """A reader for one call; None if the arguments are not shown while they arrive."""
        ...

    def run(self, call: ToolCall, context: ToolContext) -> AsyncGenerator[ToolEvent, None]:
        """Execute a call and yield its events. Consume it under `aclosing`: closing it early stops the call at once.

        Raises:
            ToolError: The call failed.
        """
        ...

    async def clean_up(self) -> None:
        """Remove what killed engines left behind; called once, soon after the start."""
        ...

    async def forget(self, thread_id: str) -> None:
        """Release what belongs to a deleted thread."""
        ...

    async def aclose(self) -> None:
        """Release everything."""
        ...
