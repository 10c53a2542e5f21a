"""Reads a file of an interpreter session by the way that the engine takes it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aimltui.engine.tools.code_interpreter.files import listing


def read_copy(directory: Path, name: str, most_bytes: int) -> bytes:
    """The bytes of a copy of the file."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "copy"
        listing.copy(directory, name, most_bytes, target)
        return target.read_bytes()
