"""Recognised files: the text of a scanned document, recognised through a connection, becomes a file that is searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aimltui.client.client import AssistantsClient
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.money import money_text
from aimltui.formatting.numbers import bytes_text, plural
from aimltui.tui.startup import Recognition, RecognitionPlace
from aimltui.tui.state.file_rows import FileRow
from aimltui.wire.binary import Blob
from aimltui.wire.files import CreateFile
from aimltui.wire.vector_stores import CreateVectorStoreFile

LARGEST: Final = 50_000_000
"""Bytes of a document that is sent."""


def question_about(row: FileRow, place: RecognitionPlace, price: float | None) -> str:
    """Return what the user should know before a document leaves this machine.

    Args:
        row: The document.
        place: Where it would go.
        price: Dollars for a page; None if unknown.
    """
    size = f" ({bytes_text(row.size)})" if row.size is not None else ""
    cost = (
        f"{place.connection} lists {money_text(price)} for a page."
        if price is not None
        else f"{place.connection} does not tell the price of a page; it is charged to your account there."
    )
    return (
        f"The whole file{size} leaves this machine: it is sent to {place.host}, where a model recognises the text of its "
        f"pages. {cost} The text becomes a new file, which takes the place of this one in the search."
    )


async def recognise(
    client: AssistantsClient, recognition: Recognition, place: RecognitionPlace, row: FileRow
) -> str:
    """Recognise the text of a document of a vector store, and let it be searched.

    Args:
        client: The server that has the file.
        recognition: Recognises the text.
        place: Where the user agreed to send it.
        row: The document.

    Returns:
        What was done, as a sentence.

    Raises:
        AimltuiError: The text was not recognised.
        APIError: The server refused.
        TransportError: The server did not answer.
    """
    if row.size is not None and row.size > LARGEST:
        raise AimltuiError(
            f"{row.name} has {bytes_text(row.size)}; text is recognised in files of up to {bytes_text(LARGEST)}. Split it, "
            "and add the parts."
        )
    assert row.use is not None
    content = (await client.files.content(row.file_id)).content
    pages = await recognition.read(place, content)
    blob = Blob(filename=_name_of(row.name), content=_written(pages).encode("utf-8", "replace"))
    made = await client.files.create(CreateFile(file=blob, purpose="assistants"))
    store = row.use.store_id
    await client.vector_stores.files.create(CreateVectorStoreFile(vector_store_id=store, file_id=made.id))
    await client.vector_stores.files.delete(store, row.file_id)
    return (
        f"{plural(len(pages), 'page')} recognised; the text is in {_name_of(row.name)} and may have errors."
    )


def _name_of(name: str) -> str:
    return f"{clean_line(name).removesuffix('.pdf').removesuffix('.PDF')} (recognised).md"


def _written(pages: Sequence[str]) -> str:
    """Return the pages as one text whose headings name them."""
    parts = [
        f"# Page {number}\n\n{clean(page).strip()}\n" for number, page in enumerate(pages, 1) if page.strip()
    ]
    return "\n".join(parts)
