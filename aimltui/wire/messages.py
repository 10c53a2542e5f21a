"""Messages and their content."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, Tag

from aimltui.wire.base import ListParams, Metadata, Params, Timestamp, Wire, empty_list, extension
from aimltui.wire.tools import Unknown, tagged

SUMMARY = "aimltui.summary"
"""Metadata key of a message: with any value it is a summary, which a run gets instead of all messages before it. They stay
in the thread. Deleting the summary undoes it. An extension of the API."""

PINNED = "aimltui.pinned"
"""Metadata key of a message: if it is `true`, runs always get the message whole, and a summary does not stand for it. An
extension of the API."""


class FileCitation(Wire):
    """The file that a passage is from."""

    file_id: str
    quote: str | None = extension()
    place: str | None = extension()
    """Where in the file the quote is, such as `page 3`. An extension of the API."""


class FileCitationAnnotation(Wire):
    """A mark for a source. Indices count code points; `text == value[start_index:end_index]`."""

    type: str = "file_citation"
    text: str = ""
    file_citation: FileCitation
    start_index: int = 0
    end_index: int = 0


class FilePath(Wire):
    """A file that the code interpreter made."""

    file_id: str


class FilePathAnnotation(Wire):
    """A `sandbox:/mnt/data/...` link to a file."""

    type: str = "file_path"
    text: str = ""
    file_path: FilePath
    start_index: int = 0
    end_index: int = 0


Annotation = Annotated[
    Annotated[FileCitationAnnotation, Tag("file_citation")]
    | Annotated[FilePathAnnotation, Tag("file_path")]
    | Annotated[Unknown, Tag("?")],
    tagged("file_citation", "file_path"),
]


class Text(Wire):
    """Text with its annotations."""

    value: str = ""
    annotations: list[Annotation] = Field(default_factory=empty_list)


class TextContent(Wire):
    """A text part of a message."""

    type: str = "text"
    text: Text


class ImageFile(Wire):
    """An uploaded or generated image."""

    file_id: str
    detail: str | None = extension()


class ImageFileContent(Wire):
    """An image part."""

    type: str = "image_file"
    image_file: ImageFile


class ImageURL(Wire):
    """An image at a URL."""

    url: str
    detail: str | None = extension()


class ImageURLContent(Wire):
    """An image part with a URL."""

    type: str = "image_url"
    image_url: ImageURL


class RefusalContent(Wire):
    """The model's refusal."""

    type: str = "refusal"
    refusal: str = ""


Content = Annotated[
    Annotated[TextContent, Tag("text")]
    | Annotated[ImageFileContent, Tag("image_file")]
    | Annotated[ImageURLContent, Tag("image_url")]
    | Annotated[RefusalContent, Tag("refusal")]
    | Annotated[Unknown, Tag("?")],
    tagged("text", "image_file", "image_url", "refusal"),
]


class AttachmentTool(Wire):
    """A tool that may use an attached file."""

    type: str


class MessageAttachment(Wire):
    """A file attached to a message."""

    file_id: str | None = None
    tools: list[AttachmentTool] | None = None


class IncompleteDetails(Wire):
    """Why something is incomplete."""

    reason: str | None = None


class Message(Wire):
    """A message of the user or of an assistant."""

    id: str
    object: str = "thread.message"
    created_at: Timestamp = 0
    thread_id: str = ""
    status: str = "completed"
    """in_progress, incomplete, completed."""
    incomplete_details: IncompleteDetails | None = None
    """content_filter, max_tokens, run_cancelled, run_expired, run_failed."""
    completed_at: Timestamp | None = None
    incomplete_at: Timestamp | None = None
    role: str = "user"
    content: list[Content] = Field(default_factory=empty_list)
    assistant_id: str | None = None
    run_id: str | None = None
    attachments: list[MessageAttachment] | None = Field(default_factory=empty_list)
    metadata: Metadata | None = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """All text parts in order, joined by empty lines."""
        return "\n\n".join(part.text.value for part in self.content if isinstance(part, TextContent))

    @property
    def is_pinned(self) -> bool:
        """Whether every run gets it whole."""
        return (self.metadata or {}).get(PINNED) == "true"


def file_ids(message: Message) -> Iterator[str]:
    """Yield the ids of the files of a message: its images, those its text links to, and its attachments."""
    for part in message.content:
        if isinstance(part, ImageFileContent):
            yield part.image_file.file_id
        elif isinstance(part, TextContent):
            for mark in part.text.annotations:
                if isinstance(mark, FilePathAnnotation):
                    yield mark.file_path.file_id
    yield from (attachment.file_id for attachment in message.attachments or () if attachment.file_id)


class NewTextContent(Wire):
    """A text part of a request: a plain string, unlike in an answer."""

    type: str = "text"
    text: str


NewContent = Annotated[
    Annotated[NewTextContent, Tag("text")]
    | Annotated[ImageFileContent, Tag("image_file")]
    | Annotated[ImageURLContent, Tag("image_url")]
    | Annotated[Unknown, Tag("?")],
    tagged("text", "image_file", "image_url"),
]


class NewMessage(Params):
    """A new message inside another request."""

    role: str
    content: str | Annotated[list[NewContent], Field(min_length=1)]
    attachments: list[MessageAttachment] | None = None
    metadata: Metadata | None = None


class CreateMessage(NewMessage):
    """POST /threads/{thread_id}/messages."""

    thread_id: str


class ModifyMessage(Params):
    """POST /threads/{thread_id}/messages/{message_id}: metadata only."""

    thread_id: str
    message_id: str
    metadata: Metadata | None = None


class MessageParams(Params):
    """One message, by id."""

    thread_id: str
    message_id: str


class ListMessages(ListParams):
    """GET /threads/{thread_id}/messages."""

    thread_id: str
    run_id: str | None = None


class TextDelta(Wire):
    """New characters of a text; only the first delta has `annotations`."""

    value: str | None = extension()
    annotations: list[dict[str, object]] | None = extension()


class ContentDelta(Wire):
    """A change of one part; `index` is its position in the message's content."""

    index: int
    type: str = "text"
    text: TextDelta | None = extension()
    refusal: str | None = extension()
    image_file: ImageFile | None = extension()
    image_url: ImageURL | None = extension()


class MessageDeltaBody(Wire):
    """The changed parts of a message."""

    role: str | None = extension()
    content: list[ContentDelta] | None = extension()


class MessageDelta(Wire):
    """The data of `thread.message.delta`."""

    id: str
    object: str = "thread.message.delta"
    delta: MessageDeltaBody
