"""What every saved conversation comes down to, whichever program saved it. Plain frozen data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any, Literal, Protocol

from aimltui.common.dataclass import dataclass

Seconds = float
"""A point in time, in seconds since 1970."""
Role = Literal["user", "assistant"]
JSONObject = dict[str, Any]
JSONValue = Any
"""What `json` reads: a value whose shape is the other program's."""


class FileContent(Protocol):
    """The bytes of a file, which are read when they are needed."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def read(self) -> bytes:
        """All of them.

        Raises:
            UnreadableInput: They cannot be read, or there are more than was said.
        """
        ...


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes that stand in the conversation itself."""

    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def read(self) -> bytes:
        """All of them."""
        return self.data


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark in a text that stands for a file. Offsets count code points."""

    kind: Literal["file_citation", "file_path"]
    text: str
    start: int
    end: int
    file_id: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words of a person or of an answer."""

    value: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Thought:
    """What a model thought before it answered."""

    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message; without `content` only its name, id or address is known."""

    name: str | None = None
    content: FileContent | None = None
    media_type: str | None = None
    source_id: str | None = None
    """Its id in the program that saved it."""
    url: str | None = None
    member: str | None = None
    """The file of the input that holds the bytes."""
    description: str | None = None
    extracted: Inline | None = None
    """Its text, where that is all that was saved of it."""

    @property
    def label(self) -> str | None:
        """What a person may recognise it by."""
        return self.name or self.source_id or self.url


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Something that a model had done: a tool, code that was run, or a document that it wrote beside the talk."""

    kind: Literal["tool", "code", "canvas"]
    name: str | None = None
    input: JSONValue = None
    """As the source has it: JSON text or a value; for code, the code."""
    output: str | None = None
    """What came back; for a canvas, the document in its last state."""
    source_id: str | None = None
    files: tuple[Attachment, ...] = ()


CANVAS = "canvas"
"""The name under which a document beside the talk stands among an engine's tool calls."""
Part = Text | Thought | ToolCall | Attachment


@dataclass(frozen=True, slots=True)
class Source:
    """A page that an answer refers to."""

    title: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """What was said at one time by one side."""

    role: Role
    parts: tuple[Part, ...]
    at: Seconds | None = None
    model: str | None = None
    sources: tuple[Source, ...] = ()
    is_unfinished: bool = False
    """True if the answer was cut off."""
    is_error: bool = False
    """True if the text is an error's, not an answer's."""
    source_id: str | None = None

    @property
    def text(self) -> str:
        """All its words; parts are a blank line apart."""
        texts = (part.value.strip() for part in self.parts if isinstance(part, Text))
        return "\n\n".join(text for text in texts if text)

    @property
    def attachments(self) -> Iterator[Attachment]:
        """Its files, those of its tool calls included, each once."""
        seen = set[str]()
        for part in self.parts:
            found = (
                part.files if isinstance(part, ToolCall) else (part,) if isinstance(part, Attachment) else ()
            )
            for attachment in found:
                if attachment.source_id is None or attachment.source_id not in seen:
                    yield attachment
                if attachment.source_id is not None:
                    seen.add(attachment.source_id)

    @property
    def is_visible(self) -> bool:
        """True if there is anything that a person would see as a message."""
        return any(
            isinstance(part, Attachment) or (isinstance(part, Text) and part.value) for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """Another way that a conversation went, from its first message to its last one."""

    source_id: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation."""

    format: str
    """Id of the format that it was read from."""
    source_id: str
    """Its id in the program that saved it, or what tells it from others there."""
    messages: tuple[Message, ...]
    title: str | None = None
    created: Seconds | None = None
    updated: Seconds | None = None
    model: str | None = None
    instructions: str | None = None
    branches: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences on what could not come."""
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class Assistant:
    """An assistant as it was saved from a server of the Assistants API."""

    source_id: str
    settings: JSONObject = field(repr=False)
    """The API's own object."""

    @property
    def name(self) -> str | None:
        """What it is called."""
        found = self.settings.get("name")
        return found if isinstance(found, str) and found else None


@dataclass(frozen=True, slots=True)
class LooseFile:
    """A file that was saved from a server, and that no message in the input refers to."""

    source_id: str
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Skipped:
    """A conversation, a line or a file that could not be read."""

    source_id: str
    why: str
    title: str | None = None


Item = Thread | Assistant | LooseFile | Skipped
"""What comes out of an input."""


class UnreadableInput(Exception):
    """A file cannot be read, or not as what it seems to be. The text is a reason, for a sentence."""
