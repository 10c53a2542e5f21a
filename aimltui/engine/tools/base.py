"""The seam to tools that the engine carries out itself: what a model is told of one, what happens when it is called."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aimltui.wire.runs import Run


class ToolError(Exception):
    """A call that came to nothing; its text is what the model is told, and what the step shows."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks for."""

    id: str
    arguments: str
    """As the model wrote them: JSON, or what it takes for JSON."""
    input: str = ""
    """What `ArgumentsReader` made of them; it is what the step shows."""
    problem: str | None = None
    """Why the arguments cannot be used, for the model; then the tool is not called."""


@dataclass(frozen=True, slots=True)
class ProvidedFile:
    """A file that a tool may read."""

    file_id: str
    name: str
    """A plain file name; no two files of a call have the same."""
    source: Path
    """Where the engine keeps its bytes: to be copied, never to be handed out."""
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
class ToolContext:
    """Where a call happens."""

    run: Run
    files: Sequence[ProvidedFile] = ()
    """What the assistant and the thread have for this tool, and what was made in the thread before."""
    keep: OutputStore | None = None
    late: Callable[[MadeFile], None] | None = None
    """Takes files that are kept when the call was stopped already and can tell nothing any more."""
    has_run_code: bool = False
    """Whether an earlier run of the thread has run code: its model may count on what that left."""


@dataclass(frozen=True, slots=True)
class PrintedText:
    """Text that came out."""

    text: str


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """A picture that came out; it is a file already."""

    file_id: str
    path: str = ""
    """Where the tool's own world has it, e.g. `/mnt/data/figure.png`; empty if it is not a file there."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """Another file that came out."""

    file_id: str
    path: str
    """Where the tool's own world has it."""


@dataclass(frozen=True, slots=True)
class CallDetail:
    """What the step shows of the call beside its input and outputs, once it is over."""

    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What the model is told; the last event of a call."""

    text: str


ToolEvent = PrintedText | DrawnImage | MadeFile | CallDetail | ToolAnswer


class ArgumentsReader(Protocol):
    """Makes a call's input out of its arguments while they come."""

    def feed(self, fragment: str) -> str:
        """The part of the input that this fragment of the arguments brings."""
        ...

    def finish(self) -> tuple[str, str | None]:
        """The rest of the input, and why the arguments cannot be used, if they cannot: a sentence for the model."""
        ...


@dataclass(frozen=True, slots=True)
class Definition:
    """What a model is told of a tool."""

    name: str
    """The function's name in a chat model's eyes."""
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema."""
    aliases: frozenset[str] = frozenset()
    """Other names under which models call it all the same."""

    def chat(self) -> Mapping[str, Any]:
        """The shape of `/chat/completions`."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


class Tool(Protocol):
    """A tool that the engine carries out."""

    @property
    def type(self) -> str:
        """The API's word for it."""
        ...

    def definition(self, files: Sequence[ProvidedFile]) -> Definition:
        """What the model is told.

        Args:
            files: What it will find; see `ToolContext`.
        """
        ...

    def reader(self) -> ArgumentsReader | None:
        """For one call; None if nothing of the arguments is shown while they come."""
        ...

    def run(self, call: ToolCall, context: ToolContext) -> AsyncGenerator[ToolEvent, None]:
        """Carry out a call. To be consumed under `aclosing`: closing it early stops what it does at once.

        Raises:
            ToolError: It came to nothing.
        """
        ...

    async def forget(self, thread_id: str) -> None:
        """The thread is gone: let go of what was kept for it."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...
