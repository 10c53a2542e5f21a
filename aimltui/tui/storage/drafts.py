"""DraftStore: the text that the user has typed and not sent, one draft per thread, and which thread was open last.

A failure must not disturb the conversation, so nothing here raises: a failure is a sentence for the user.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from aimltui.common.disk import ensure_private_dir, write_private
from aimltui.common.errors import ConfigError

NEW_THREAD = "new"
"""The key of the draft for a new thread."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LAST_THREAD = "last-thread"
_LIMIT_BYTES = 8_000_000


class DraftStore:
    """Saves drafts as small files in a directory, which is created at the first write.

    Args:
        directory: The directory; usually `state_dir() / "drafts"`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, thread_id: str) -> str:
        """The draft of a thread; empty if there is none or it cannot be read."""
        return self._read(self._draft_file(thread_id))

    def save(self, thread_id: str, text: str) -> str | None:
        """Save the draft of a thread; an empty one is deleted.

        Returns:
            Why it was not saved, as a sentence; None if it was.
        """
        return self._write(self._draft_file(thread_id), text, "The draft")

    def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return self._read(self.directory / _LAST_THREAD).strip() or None

    def note_last_thread(self, thread_id: str | None) -> str | None:
        """Remember the open thread for the next start; returns the same as `save`."""
        return self._write(self.directory / _LAST_THREAD, thread_id or "", "The open thread")

    def _draft_file(self, thread_id: str) -> Path:
        if _PLAIN_NAME.fullmatch(thread_id):
            return self.directory / f"{thread_id}.draft"
        # the ids of other servers may contain anything, also a path
        digest = hashlib.sha256(thread_id.encode("utf-8", "surrogatepass")).hexdigest()
        return self.directory / f"x-{digest}.draft"

    def _read(self, file: Path) -> str:
        try:
            with file.open("rb") as stream:
                return stream.read(_LIMIT_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def _write(self, file: Path, text: str, what: str) -> str | None:
        try:
            if not text:
                file.unlink(missing_ok=True)
                return None
            ensure_private_dir(self.directory)
            write_private(file, text.encode("utf-8", "replace"))
        except ConfigError as error:
            return f"{what} could not be saved. {error}"
        except OSError as error:
            return f"{what} could not be saved in {self.directory}: {error.strerror or error}."
        return None
