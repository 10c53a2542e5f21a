"""Makes of a message what the operation takes that writes conversations down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from aimltui.formatting.links import source_list
from aimltui.interchange.records import (
    CANVAS,
    Annotation,
    Attachment,
    Message,
    Part,
    Text,
    Thought,
    ToolCall,
)
from aimltui.interchange.writing import as_json
from aimltui.wire.imports import (
    CODE,
    COMPLETED,
    FAILED,
    FUNCTION,
    INCOMPLETE,
    ImportedCall,
    ImportedMessage,
    ImportedStep,
)
from aimltui.wire.messages import Annotation as WireAnnotation
from aimltui.wire.messages import (
    Content,
    FileCitation,
    FileCitationAnnotation,
    FilePath,
    FilePathAnnotation,
    ImageFile,
    ImageFileContent,
    ImageURL,
    ImageURLContent,
    MessageAttachment,
    TextContent,
)
from aimltui.wire.messages import Text as WireText

MAX_OUTPUT = 100_000
"""Characters of what a tool was given or answered; coding agents print whole files again and again."""


_LOST = "[Not in the saved conversation: "


class SentFiles(Protocol):
    """The files of a conversation that the server has by now."""

    def id_of(self, attachment: Attachment) -> str | None:
        """The id of a file; None if its bytes are not known."""
        ...

    def new_id(self, source_id: str) -> str:
        """The id that stands for the one of the other program; the same one if there is none."""
        ...


def imported_messages(message: Message, files: SentFiles) -> Iterator[ImportedMessage]:
    """One message, or several where tools were called in between.

    Args:
        message: What was said.
        files: The files that were sent.
    """
    pieces = list(_pieces(message.parts))
    for number, (steps, shown) in enumerate(pieces):
        is_last = number == len(pieces) - 1
        content, attachments = _content(shown, files)
        if is_last:
            content = _with_sources(content, message)
        yield ImportedMessage(
            role=message.role,
            content=content,
            created_at=int(message.at or 0),
            attachments=attachments,
            status=FAILED
            if message.is_error
            else INCOMPLETE
            if message.is_unfinished and is_last
            else COMPLETED,
            model=message.model,
            steps=list(_steps(steps, files)) or None,
        )


def _pieces(parts: Sequence[Part]) -> Iterator[tuple[list[Part], list[Part]]]:
    """What was done, and what was said then; again and again."""
    done: list[Part] = []
    said: list[Part] = []
    for part in parts:
        if isinstance(part, Text | Attachment):
            said.append(part)
            continue
        if said:
            yield done, said
            done, said = [], []
        done.append(part)
    if done or said:
        yield done, said


def _content(parts: Sequence[Part], files: SentFiles) -> tuple[list[Content], list[MessageAttachment] | None]:
    content: list[Content] = []
    attachments: list[MessageAttachment] = []
    missing: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            if part.value:
                content.append(_text(part, files))
        elif isinstance(part, Attachment):
            sent = files.id_of(part)
            if sent is None:
                missing.append(part.label or "a picture")
            elif is_picture(part):
                content.append(ImageFileContent(type="image_file", image_file=ImageFile(file_id=sent)))
            else:
                attachments.append(MessageAttachment(file_id=sent))
    linked = [part for part in parts if isinstance(part, Attachment) and _is_linked(part)]
    content += [ImageURLContent(type="image_url", image_url=ImageURL(url=part.url or "")) for part in linked]
    told = "\n".join(part.value for part in parts if isinstance(part, Text) and _LOST in part.value)
    lost = [name for name in missing if name not in {part.url for part in linked} and name not in told]
    if lost:
        content.append(TextContent(type="text", text=WireText(value=_lost(lost))))
    return content, attachments or None


def is_picture(attachment: Attachment) -> bool:
    """True if it is shown as a picture, not attached as a file."""
    return (attachment.media_type or "") in ("image/png", "image/jpeg", "image/gif", "image/webp")


def _is_linked(attachment: Attachment) -> bool:
    return attachment.content is None and (attachment.url or "").startswith(("https://", "http://"))


def _lost(names: Sequence[str]) -> str:
    return f"{_LOST}{', '.join(names)}]"


# a type is always given: what is left to its default does not travel to another server


def _text(part: Text, files: SentFiles) -> TextContent:
    annotations = [
        _annotation(annotation, files.new_id(annotation.file_id)) for annotation in part.annotations
    ]
    return TextContent(type="text", text=WireText(value=part.value, annotations=annotations))


def _annotation(annotation: Annotation, file_id: str) -> WireAnnotation:
    place: dict[str, Any] = {
        "text": annotation.text,
        "start_index": annotation.start,
        "end_index": annotation.end,
    }
    if annotation.kind == "file_path":
        return FilePathAnnotation(type="file_path", file_path=FilePath(file_id=file_id), **place)
    return FileCitationAnnotation(type="file_citation", file_citation=FileCitation(file_id=file_id), **place)


def _with_sources(content: list[Content], message: Message) -> list[Content]:
    words = source_list({page.url: page.title or "" for page in message.sources}, message.text)
    if not words:
        return content
    return [*content, TextContent(type="text", text=WireText(value=words))]


def _steps(parts: Sequence[Part], files: SentFiles) -> Iterator[ImportedStep]:
    """Thoughts and calls in order; calls side by side are one step."""
    calls: list[ImportedCall] = []
    for part in parts:
        if isinstance(part, Thought):
            if calls:
                yield ImportedStep(calls=calls)
                calls = []
            yield ImportedStep(reasoning=part.value)
        elif isinstance(part, ToolCall):
            calls.append(_call(part, files))
    if calls:
        yield ImportedStep(calls=calls)


def _call(call: ToolCall, files: SentFiles) -> ImportedCall:
    output = _clipped(call.output) if call.output is not None else None
    if call.kind == "code":
        images = [sent for attachment in call.files if (sent := files.id_of(attachment)) is not None]
        lost = [
            attachment.label or "a picture" for attachment in call.files if files.id_of(attachment) is None
        ]
        if lost:
            output = "\n".join(filter(None, (output, _lost(lost))))
        code = call.input if isinstance(call.input, str) else as_json(call.input)
        return ImportedCall(
            kind=CODE, name=CODE, arguments=_clipped(code), output=output, images=images or None
        )
    if call.kind == "canvas":
        return ImportedCall(name=CANVAS, arguments=as_json({"title": call.name or ""}), output=call.output)
    return ImportedCall(
        kind=FUNCTION, name=call.name or "a tool", arguments=_clipped(as_json(call.input)), output=output
    )


def _clipped(text: str) -> str:
    if len(text) <= MAX_OUTPUT:
        return text
    return f"{text[:MAX_OUTPUT]}\n[{len(text) - MAX_OUTPUT:,} more characters are left out]"
