"""FileActions: fetches, saves and opens files that a thread names, and runs code of a thread again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from aimltui.client.errors import TransportError
from aimltui.common.dataclass import dataclass
from aimltui.tui.state.file_facts import Repeat, is_picture_name
from aimltui.tui.storage import saving

if TYPE_CHECKING:
    from aimltui.tui.controllers.passage_reader import Passage
    from aimltui.tui.controllers.workspace import Workspace
    from aimltui.tui.state.entries import Source, ToolCallEntry
    from aimltui.tui.state.file_facts import FileFact, Picture

_MAX_TEXT: Final = 20_000_000
"""Bytes of a file that is shown as text."""


class FetchError(Exception):
    """A file could not be fetched; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file with its bytes."""

    name: str
    content: bytes
    picture: Picture | None = None
    """The decoded picture, if it was asked for and is one."""

    @property
    def text(self) -> str | None:
        """The file as text; None if it is too large or no text."""
        if len(self.content) > _MAX_TEXT or b"\x00" in self.content[:4096]:
            return None
        with suppress(UnicodeDecodeError):
            return self.content.decode("utf-8-sig")
        return None


class FileActions:
    """What the user does with files and code of the open thread.

    Args:
        workspace: Returns the workspace; None before there is a connection.
    """

    def __init__(self, workspace: Callable[[], Workspace | None]) -> None:
        self._workspace = workspace

    async def learn(self, wanted: dict[str, bool]) -> dict[str, FileFact]:
        """What is known of files; each id comes with whether its picture is drawn."""
        workspace = self._workspace()
        return await workspace.files.learn(wanted.items()) if workspace is not None else {}

    async def fetch(self, file_id: str, *, as_picture: bool = False) -> FetchedFile | None:
        """Fetch a file.

        Args:
            file_id: Its id.
            as_picture: Whether to decode it too, if its name is a picture's.

        Returns:
            The file; None when there is no connection.

        Raises:
            FetchError: The server did not give it.
        """
        from aimltui.wire.errors import APIError

        workspace = self._workspace()
        if workspace is None:
            return None
        fact = (await workspace.files.learn([(file_id, False)]))[file_id]
        try:
            content = await workspace.files.content(file_id)
        except (APIError, TransportError) as error:
            raise FetchError(f"{fact.name} could not be fetched. {error}") from error
        if as_picture and is_picture_name(fact.name):
            fact = (await workspace.files.learn([(file_id, True)]))[file_id]
        return FetchedFile(fact.name, content, fact.picture)

    async def read_passage(self, source: Source, quotes: Sequence[str]) -> Passage | None:
        """Read a passage of the open thread with its surroundings; see `PassageReader.read`."""
        from aimltui.tui.controllers.passage_reader import PassageReader

        workspace = self._workspace()
        thread_id = workspace.current.thread_id if workspace is not None else None
        if workspace is None or thread_id is None:
            return None
        assistant_id = workspace.assistants.id_of(workspace.current)
        return await PassageReader(workspace.client).read(thread_id, assistant_id, source, quotes)

    @staticmethod
    def suggested_path(name: str) -> str:
        """Where a file of this name would be saved, as people write a path."""
        return saving.short_path(saving.free_path(saving.default_directory(), name))

    @staticmethod
    async def save(path: Path, content: bytes, may_replace: bool) -> None:
        """Write a file; see `saving.write`."""
        await asyncio.to_thread(saving.write, path, content, replace=may_replace)

    @staticmethod
    async def open(name: str, content: bytes, opening: Callable[[str], None]) -> None:
        """Open a copy of a file in the system's program for it.

        Args:
            name: The file's name.
            content: Its bytes.
            opening: Called with the copy's name before the program starts.

        Raises:
            SaveError: There is no such program, or it did not start.
        """
        program = saving.opener()
        path = await asyncio.to_thread(saving.write_temporary, name, content)
        opening(path.name)
        await saving.open_file(program, path)

    async def run_again(self, call: ToolCallEntry, show: Callable[[Repeat], None]) -> None:
        """Run a call's code again in the thread's interpreter.

        Args:
            call: The call.
            show: Called when the code starts and when it has ended, also if it was stopped.
        """
        workspace = self._workspace()
        if workspace is None or workspace.connected.run_code is None or workspace.current.thread_id is None:
            return
        show(Repeat(running=True))
        started = monotonic()
        outcome = Repeat(text="It was stopped.", ok=False)
        try:
            ran = await workspace.connected.run_code(workspace.current.thread_id, call.input)
            outcome = Repeat(text=ran.text, ok=ran.ok, seconds=ran.seconds)
        finally:
            show(outcome if outcome.seconds else replace(outcome, seconds=monotonic() - started))
