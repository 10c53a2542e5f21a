"""What the user has typed and not sent, kept per thread, and which thread was open last.

Losing a draft is annoying; failing to keep one must not disturb the conversation. So nothing here raises: a
failure is a sentence that the caller may show.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from aimltui.common.disk import ensure_private_dir, write_private
from aimltui.common.errors import ConfigError

NEW_THREAD = "new"
"""The key of the draft that belongs to no thread yet."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LAST_THREAD = "last-thread"
_LIMIT_BYTES = 8_000_000


class DraftStore:
    """Drafts as small files in one directory, which is made at the first write.

    Args:
        directory: Where the files live; usually `state_dir() / "drafts"`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, thread_id: str) -> str:
        """The draft of a thread; empty if there is none or it cannot be read."""
        return self._read(self._draft_file(thread_id))

    def save(self, thread_id: str, text: str) -> str | None:
        """Keep the draft of a thread; an empty one is forgotten.

        Returns:
            A sentence that says why it was not kept, or None.
        """
        return self._write(self._draft_file(thread_id), text, "The draft")

    def forget(self, thread_id: str) -> str | None:
        """Drop the draft of a thread, as when the thread is gone for good."""
        return self.save(thread_id, "")

    def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return self._read(self.directory / _LAST_THREAD).strip() or None

    def note_last_thread(self, thread_id: str | None) -> str | None:
        """Remember the open thread for the next start; answers like `save`."""
        return self._write(self.directory / _LAST_THREAD, thread_id or "", "The open thread")

    def _draft_file(self, thread_id: str) -> Path:
        if _PLAIN_NAME.fullmatch(thread_id):
            return self.directory / f"{thread_id}.draft"
        # Ids of foreign servers may hold anything, also a path.
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
            return f"{what} could not be kept. {error}"
        except OSError as error:
            return f"{what} could not be kept in {self.directory}: {error.strerror or error}."
        return None
