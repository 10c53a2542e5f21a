"""DraftStore: what the user has typed and not sent, by thread and window, and which thread was open last.

Each window saves its draft and its queue of a thread in files with its name. When the window leaves the thread or ends,
however it ends, the draft may be opened by any window: the newest one opens with the thread, and the others are offered.

A failure must not disturb the conversation, so nothing here raises: a failure is a sentence for the user.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import ensure_private_dir, exclusive, random_name, write_private
from aimltui.common.errors import ConfigError
from aimltui.common.patterns import pattern
from aimltui.common.temporary import is_temporary
from aimltui.tui.storage.windows import Window

NEW_THREAD = "new"
"""The key of the draft for a new thread."""

_PLAIN_NAME = pattern(r"[A-Za-z0-9_-]{1,100}")
_LAST_THREAD = "last-thread"
_DRAFT, _QUEUE, _OPTIONS = ".draft", ".queue", ".options"
_LIMIT_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class OtherDraft:
    """A draft of a thread that is not the one in this window's prompt."""

    name: str
    """The name of the window that wrote it, or a name made up for it."""
    text: str
    """The messages that waited in the window's queue, and the draft."""
    saved_at: float
    """Unix seconds."""
    is_elsewhere: bool
    """Whether it is in the prompt of a window that runs."""


class DraftStore:
    """Saves drafts as small files in a directory, which is created at the first write.

    Args:
        directory: The directory; usually `state_dir() / "drafts"`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._window = Window(directory / "windows")
        self._unsaved: dict[str, str] = {}
        """What belongs to temporary threads, by the name of the file that it would be in."""

    # This window's draft and queue

    def save(self, thread_id: str, text: str) -> str | None:
        """Save this window's draft of a thread; an empty one is deleted.

        Returns:
            Why it was not saved, as a sentence; None if it was.
        """
        return self._write(self._own(thread_id, _DRAFT), text, "The draft")

    def save_queue(self, thread_id: str, messages: Sequence[str]) -> str | None:
        """Save the messages of this window that wait for a thread's run to end; none deletes them.

        Returns:
            The same as `save`.
        """
        return self._write(self._own(thread_id, _QUEUE), joined(messages), "The queue")

    def open(self, thread_id: str) -> str:
        """The draft with which a thread opens, from now on this window's: its own, else the newest that no window has.

        The messages that an ended window left in its queue come before its draft, so that they are sent only when the
        user sends them.
        """
        own = self._read(self._own(thread_id, _DRAFT))
        if own or not self._files(thread_id):
            return own
        with self._alone():
            for other in self.others(thread_id):
                if not other.is_elsewhere:
                    self._adopt(thread_id, other)
                    return other.text
        return ""

    def release(self, thread_id: str) -> str | None:
        """Let any window open this window's draft of a thread: this one leaves the thread.

        Returns:
            The same as `save`.
        """
        own = self._own(thread_id, _DRAFT)
        if not own.exists():
            return None

        def move() -> None:
            try:
                # unlike a rename, this never takes the place of what another window has left in the meantime
                os.link(own, self.directory / f"{_stem(thread_id)}{_DRAFT}")
            except (AttributeError, OSError):  # Python for Android has no links
                own.rename(self._file(thread_id, random_name(6), _DRAFT))
            else:
                own.unlink()

        return self._changed(move, "The draft")

    def add(self, thread_id: str, *, before: str = "", behind: str = "") -> str | None:
        """Put text before or behind the draft of a thread that is not open here.

        Returns:
            The same as `save`.
        """
        problem = self.save(thread_id, joined((before, self.open(thread_id), behind)))
        return problem or self.release(thread_id)

    def end(self) -> str | None:
        """The window ends: what is left of its files belongs to the next one that opens them.

        Returns:
            The same as `save`.
        """
        return self._changed(self._window.end, "The end of this window")

    def save_options(self, thread_id: str, text: str) -> str | None:
        """Save this window's options for a thread's next run; an empty text deletes them.

        Returns:
            The same as `save`.
        """
        return self._write(self._own(thread_id, _OPTIONS), text, "The options for the next run")

    def options(self, thread_id: str) -> str:
        """The options for a thread's next run: this window's, else the newest of a window that has ended, which move here."""
        own = self._read(self._own(thread_id, _OPTIONS))
        left = self._left_options(thread_id)
        if own or not left:
            return own
        with self._alone():
            for file in left:
                if (text := self._read(file)) and self.save_options(thread_id, text) is None:
                    self._write(file, "", "The options for the next run")
                    return text
        return ""

    def _left_options(self, thread_id: str) -> list[Path]:
        """The files of windows that have ended, the newest first."""
        stem = _stem(thread_id)
        files = [
            file
            for file in self.directory.glob(f"{stem}.*{_OPTIONS}")
            if not self._window.is_running(file.name[len(stem) + 1 :].removesuffix(_OPTIONS))
        ]
        return sorted(files, key=_modified, reverse=True)

    # Other drafts

    def others(self, thread_id: str) -> list[OtherDraft]:
        """The drafts of a thread besides this window's, the newest first."""
        found: dict[str, dict[str, Path]] = {}
        for file in self._files(thread_id):
            name = file.name[len(_stem(thread_id)) :].removesuffix(file.suffix).strip(".")
            if name != self._window.name:
                found.setdefault(name, {})[file.suffix] = file
        drafts = [self._other(name, files) for name, files in found.items()]
        return sorted((draft for draft in drafts if draft.text), key=lambda draft: -draft.saved_at)

    def take(self, thread_id: str, name: str) -> str | None:
        """Make another draft this window's, and let any window open the one that it had.

        Returns:
            Its text; None if it is gone.
        """
        with self._alone():
            other = next((other for other in self.others(thread_id) if other.name == name), None)
            if other is not None:
                self.release(thread_id)
                self._adopt(thread_id, other)
        return other.text if other is not None else None

    def forget(self, thread_id: str) -> str | None:
        """Delete the drafts of a thread that was deleted, except those in the prompts of other windows."""
        for other in self.others(thread_id):
            if not other.is_elsewhere:
                self._remove(thread_id, other)
        for file in self._left_options(thread_id):
            self._write(file, "", "The options for the next run")
        return self.save_options(thread_id, "") or self.save(thread_id, "")

    # The thread that was open last

    def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return self._read(self.directory / _LAST_THREAD).strip() or None

    def note_last_thread(self, thread_id: str | None) -> str | None:
        """Remember the open thread for the next start, unless it is temporary; returns the same as `save`."""
        if is_temporary(thread_id):
            return None
        return self._write(self.directory / _LAST_THREAD, thread_id or "", "The open thread")

    # Files

    def _own(self, thread_id: str, suffix: str) -> Path:
        return self._file(thread_id, self._window.name, suffix)

    def _file(self, thread_id: str, name: str, suffix: str) -> Path:
        return self.directory / f"{_stem(thread_id)}{f'.{name}' if name else ''}{suffix}"

    def _files(self, thread_id: str) -> list[Path]:
        stem = _stem(thread_id)
        try:
            found = [*self.directory.glob(f"{stem}.*{_DRAFT}"), *self.directory.glob(f"{stem}.*{_QUEUE}")]
        except OSError:
            return []
        free = self.directory / f"{stem}{_DRAFT}"
        return [*found, free] if free.exists() else found

    def _other(self, name: str, files: dict[str, Path]) -> OtherDraft:
        is_elsewhere = self._window.is_running(name)
        parts = [files[suffix] for suffix in (_QUEUE, _DRAFT) if suffix in files]
        if is_elsewhere:
            # the other window sends its queue itself
            parts = [file for file in parts if file.suffix == _DRAFT]
        times = [_modified(file) for file in parts]
        return OtherDraft(name, joined(map(self._read, parts)), max(times, default=0.0), is_elsewhere)

    def _adopt(self, thread_id: str, other: OtherDraft) -> None:
        """Save another draft as this window's; unless it stays in another window, its files are removed then."""
        if self.save(thread_id, other.text) is None and not other.is_elsewhere:
            self._remove(thread_id, other)

    def _remove(self, thread_id: str, other: OtherDraft) -> None:
        for suffix in (_DRAFT, _QUEUE):
            self._write(self._file(thread_id, other.name, suffix), "", "The draft")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other windows from opening the same draft; without the lock rather than not at all."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                stack.enter_context(exclusive(self.directory))
            yield

    def _read(self, file: Path) -> str:
        if is_temporary(file.name):
            return self._unsaved.get(file.name, "")
        try:
            with file.open("rb") as stream:
                return stream.read(_LIMIT_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def _write(self, file: Path, text: str, what: str) -> str | None:
        if is_temporary(file.name):
            self._unsaved[file.name] = text
            return None
        if not text:
            return self._changed(lambda: file.unlink(missing_ok=True), what)

        def write() -> None:
            ensure_private_dir(self.directory)
            self._window.announce()
            write_private(file, text.encode("utf-8", "replace"))

        return self._changed(write, what)

    def _changed(self, change: Callable[[], object], what: str) -> str | None:
        """Change files; return a sentence if that failed."""
        try:
            change()
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
    import hashlib

    # the ids of other servers may contain anything, also a path
    return f"x-{hashlib.sha256(thread_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
