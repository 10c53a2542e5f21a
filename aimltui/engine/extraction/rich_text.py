"""Reads RTF."""

from __future__ import annotations

from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_MAX_BYTES: Final = 50 * 1024 * 1024
"""The limit for the file without its pictures, in bytes."""
_PICTURE = pattern(rb"\\bin\d{1,9} ?|[0-9a-fA-F\r\n]{2000,}")

_NOTE = pattern(rb"\\footnote\b(?:\\ftnalt\b)?")
_DELETED = pattern(rb"\\deleted(?![0-9a-z])")


def read_rich_text(source: Source) -> None:
    """Write the text of an RTF file."""
    from striprtf.striprtf import rtf_to_text  # a reading process needs it for RTF alone

    source.file.seek(0)
    content = _PICTURE.sub(b"", source.file.read())
    if len(content) > _MAX_BYTES:
        raise Unreadable(
            INVALID_FILE, f"The file has more than {_MAX_BYTES:,} bytes. Split it, and add the parts."
        )
    # the library leaves notes out, which are text, and reads deletions, which are none once they are accepted
    content = _DELETED.sub(rb"\\*\\deleted", _NOTE.sub(b" [footnote] ", content))
    source.spend.check()
    # the bytes beyond ASCII are those of the code page that the file names
    source.writer.write(rtf_to_text(content.decode("latin-1"), errors="replace"))
