"""The file that a reader reads, and where its text goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from aimltui.common.dataclass import dataclass
from aimltui.engine.extraction.document import Writer
from aimltui.engine.extraction.limits import Budget


@dataclass(frozen=True, slots=True)
class Source:
    """An untrusted file."""

    file: BinaryIO
    """Opened for reading; it can seek."""
    suffix: str
    """The suffix of its name in small letters, without the dot; it need not be true."""
    size: int
    """Bytes."""
    spend: Budget
    writer: Writer
    encoding: str = ""
    """The encoding of a text; empty to recognise it."""


Reader = Callable[[Source], None]
"""Writes the text of a file; raises `Unreadable` if it cannot."""
