"""The saved prompts of the user: Markdown files in the folder `prompts` beside the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MOST_FILES: Final = 500
_MOST_BYTES: Final = 200_000


def prompt_files(folder: Path) -> list[tuple[str, str]]:
    """Return the names of the files, without their ending, and their texts; those that cannot be read are left out."""
    try:
        files = sorted(folder.glob("*.md"))[:_MOST_FILES]
    except OSError:
        return []
    found: list[tuple[str, str]] = []
    for file in files:
        try:
            with file.open("rb") as stream:
                found.append((file.stem, stream.read(_MOST_BYTES).decode("utf-8-sig", "replace")))
        except OSError:
            continue
    return found
