"""DraftStore: what the user has typed and not sent, one draft and one queue per thread, and which thread was open last.

A failure must not disturb the conversation, so nothing here raises: a failure is a sentence for the user.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
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
        self._own_queues: set[Path] = set()
        """Written by this process: a file with its number may be left of an earlier one, as in a container."""

    def load(self, thread_id: str) -> str:
        """The draft of a thread; empty if there is none or it cannot be read."""
        return self._read(self._draft_file(thread_id))

    def save(self, thread_id: str, text: str) -> str | None:
        """Save the draft of a thread; an empty one is deleted.

        Returns:
            Why it was not saved, as a sentence; None if it was.
        """
        return self._write(self._draft_file(thread_id), text, "The draft")

    def save_queue(self, thread_id: str, messages: Sequence[str]) -> str | None:
        """Save the messages of this process that wait for a thread's run to end; none deletes them.

        Returns:
            The same as `save`.
        """
        file = self._queue_file(thread_id)
        self._own_queues.add(file)
        return self._write(file, joined(messages), "The queue")

    def load_with_queue(self, thread_id: str) -> str:
        """The draft of a thread behind the messages that processes which have ended left in its queue.

        These become part of the draft, on the disk too, so that they are sent only when the user sends them.
        """
        left = [file for file in self._queue_files(thread_id) if self._is_left(file)]
        draft = self.load(thread_id)
        if not left:
            return draft
        text = joined([*(self._read(file) for file in left), draft])
        if self.save(thread_id, text) is None:
            for file in left:
                self._write(file, "", "The queue")
        return text

    def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return self._read(self.directory / _LAST_THREAD).strip() or None

    def note_last_thread(self, thread_id: str | None) -> str | None:
        """Remember the open thread for the next start; returns the same as `save`."""
        return self._write(self.directory / _LAST_THREAD, thread_id or "", "The open thread")

    def _draft_file(self, thread_id: str) -> Path:
        return self.directory / f"{_stem(thread_id)}.draft"

    def _queue_file(self, thread_id: str) -> Path:
        return self.directory / f"{_stem(thread_id)}.{os.getpid()}.queue"

    def _is_left(self, file: Path) -> bool:
        pid = _pid_of(file)
        return not _is_running(pid) or (pid == os.getpid() and file not in self._own_queues)

    def _queue_files(self, thread_id: str) -> list[Path]:
        try:
            return sorted(self.directory.glob(f"{_stem(thread_id)}.*.queue"))
        except OSError:
            return []

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


def joined(parts: Iterable[str]) -> str:
    """Texts with an empty line between them, without those that are blank."""
    return "\n\n".join(part for part in parts if part.strip())


def _stem(thread_id: str) -> str:
    if _PLAIN_NAME.fullmatch(thread_id):
        return thread_id
    # the ids of other servers may contain anything, also a path
    return f"x-{hashlib.sha256(thread_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _pid_of(file: Path) -> int:
    number = file.name.split(".")[-2]
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def _is_running(pid: int) -> bool:
    """Whether a process with this number runs; its queue is its own then."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
