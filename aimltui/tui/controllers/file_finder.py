"""FileFinder: finds files on this machine for the prompt, and says how they are attached. It never blocks the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import bytes_text
from aimltui.tui.state.addressee import Candidate, candidates, matching
from aimltui.tui.state.attached_files import GOAL_WORDS, AttachedFile, Goal, goal_of
from aimltui.tui.storage import local_files
from aimltui.tui.storage.local_files import LocalFile
from aimltui.tui.storage.pages import forget_page, page_name, save_page

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.resources import ServerResource
    from aimltui.local_tools.mcp.source import McpSource
    from aimltui.tui.controllers.workspace import Workspace

LARGEST = 512 * 1024 * 1024
"""Bytes; the API's limit for one file."""
_MOST = 20
"""Files of one message."""


class FileFinder:
    """Finds files, and turns them into attached ones.

    Args:
        workspace: Returns the workspace; None before there is a connection.
        start: The folder in which files are looked for.
    """

    def __init__(self, workspace: Callable[[], Workspace | None], start: Path | None = None) -> None:
        self._workspace = workspace
        self._start = start

    async def at(self, path: str) -> LocalFile | None:
        """The file of a path that the user wrote; None if there is none."""
        return await asyncio.to_thread(local_files.file_at, path, self._folder)

    async def offered(self, query: str) -> list[LocalFile]:
        """The files and folders for what is written after an `@`, the best first."""
        return await asyncio.to_thread(local_files.offered, query, self._folder)

    def addressees(self, query: str) -> list[Candidate]:
        """The assistants that a message may be addressed to, for what is written after an `@`.

        Not among them is the one that answers in the thread anyway.
        """
        workspace = self._workspace()
        if workspace is None:
            return []
        assistants = workspace.assistants
        answering = assistants.id_of(workspace.current)
        known = candidates((one.id, one.name or "", one.model) for one in assistants.all)
        return matching([one for one in known if one.assistant_id != answering], query)

    async def page(self, url: str, folder: Path) -> AttachedFile:
        """Read a web page, or a resource of an MCP server, and return its text as a file to attach.

        Args:
            url: Its address; `server:uri` for a resource.
            folder: Where the file is put until it is sent.

        Raises:
            AimltuiError: The page cannot be read, or the folder cannot be used.
            OSError: The file cannot be written.
        """
        workspace = self._workspace()
        resource = self.resource(url)
        if resource is not None:
            text = await resource[0].resource_text(resource[1])
            path = await asyncio.to_thread(save_page, folder, url, resource[1].name, text)
            size = len(text.encode("utf-8", "replace"))
            name = page_name(resource[1].uri, resource[1].name)
            return AttachedFile(str(path), name, size, "file_search", url=url)
        read = workspace.connected.read_page if workspace is not None else None
        if read is None:
            raise AimltuiError("Pages cannot be read yet: the program is still starting.")
        page = await read(url)
        path = await asyncio.to_thread(save_page, folder, page.url, page.title, page.text)
        size = len(page.text.encode("utf-8", "replace"))
        return AttachedFile(str(path), page_name(page.url, page.title), size, "file_search", url=page.url)

    def resources(self, query: str) -> list[ServerResource]:
        """The resources of MCP servers for what is written after an `@`."""
        from aimltui.local_tools.mcp.resources import matching  # not before the first frame

        servers = self._servers
        return matching(servers.resources, query)[:_MOST] if servers is not None else []

    def resource(self, word: str) -> tuple[McpSource, ServerResource] | None:
        """The resource of an MCP server that is written so, with its server; None if there is none."""
        servers = self._servers
        found = [one for one in servers.resources if one.word == word] if servers is not None else []
        return (servers, found[0]) if servers is not None and found else None

    @property
    def _servers(self) -> McpSource | None:
        workspace = self._workspace()
        tools = workspace.connected.local_tools if workspace is not None else None
        return tools.servers if tools is not None else None

    async def forget(self, file: AttachedFile) -> None:
        """Delete what only the draft needs of a file that was taken off it: a page's text, an upload that was not sent.

        A failure changes nothing for the user: the files screen lists what is left on the server.
        """
        from aimltui.client.errors import TransportError
        from aimltui.wire.errors import APIError

        if file.url:
            await asyncio.to_thread(forget_page, file.path)
        workspace = self._workspace()
        if file.file_id and workspace is not None:
            with suppress(APIError, TransportError):
                await workspace.client.files.delete(file.file_id)

    def attached(
        self, files: Iterable[LocalFile], before: Sequence[AttachedFile]
    ) -> tuple[list[AttachedFile], str]:
        """The files of a message with these added to those before.

        Returns:
            The files, and a sentence about those that cannot be attached; empty if there are none.
        """
        result, problem = list(before), ""
        known = {file.source for file in before}
        for file in files:
            name = clean_line(file.path.name) or "file"
            if str(file.path) in known:
                continue
            if file.size > LARGEST:
                problem = (
                    f"{name} has {bytes_text(file.size)}, and the limit for one file is 512 MB. Attach a "
                    "part of it."
                )
            elif not file.size:
                problem = f"{name} is empty, so it was not attached."
            elif len(result) >= _MOST:
                problem = f"A message takes at most {_MOST} files, so {name} was not attached."
            else:
                result.append(AttachedFile(str(file.path), name, file.size, self._goal(name)))
        return result, problem

    def about(self, file: LocalFile) -> str:
        """The size of a file and where it would go; empty for a folder."""
        if file.label.endswith("/"):
            return ""
        return f"{bytes_text(file.size)}, {GOAL_WORDS[self._goal(file.path.name)]}"

    def _goal(self, name: str) -> Goal:
        return goal_of(name, sees_pictures=self._sees_pictures())

    def _sees_pictures(self) -> bool:
        """Whether the model of the open thread takes pictures, as far as that is known."""
        workspace = self._workspace()
        if workspace is None or workspace.models.page is None:
            return True
        wanted = workspace.models.model_of(workspace.current)
        models = [model for model in workspace.models.page.data if model.id == wanted]
        known = [model for model in models if model.abilities is not None or model.inputs is not None]
        return not known or any(
            "vision" in (model.abilities or ()) or "image" in (model.inputs or ()) for model in known
        )

    @property
    def _folder(self) -> Path:
        return self._start or Path.cwd()
