"""Decides who answers a question of the command line, and sends it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aimltui.bootstrap.source import DEMO_MODEL, Source
from aimltui.cli.answers import AnswerWriter
from aimltui.cli.finding import find_one, first_model
from aimltui.client.client import AssistantsClient, every
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.state.attached_files import AttachedFile, tools_of
from aimltui.wire import events
from aimltui.wire.assistants import Assistant
from aimltui.wire.messages import CreateMessage
from aimltui.wire.runs import CreateRun
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TOOLS, WEB, CreateThread, ListThreads, Thread
from aimltui.wire.tools import TruncationStrategy

if TYPE_CHECKING:
    from aimltui.cli.local_functions import LocalFunctions
    from aimltui.wire.tools import Tool

_RUN_OPTIONS = "run_options_"
"""Metadata keys of a thread's options begin with this; see `state.run_options`."""


class _Choice(NamedTuple):
    """A model, and its connection if it is not the default one."""

    model: str | None
    """None: the assistant's."""
    connection: str | None = None


class Question:
    """Sends a question as the flags of `aimltui ask` say.

    Args:
        client: The engine.
        directory: The assistants.
        source: The connections.
        options: The flags.
        functions: The tools of this machine; None for none.
    """

    def __init__(
        self,
        client: AssistantsClient,
        directory: AssistantDirectory,
        source: Source,
        options: argparse.Namespace,
        functions: LocalFunctions | None = None,
    ) -> None:
        self._client = client
        self._directory = directory
        self._source = source
        self._options = options
        self._functions = functions

    async def send(self, text: str, files: Sequence[AttachedFile], writer: AnswerWriter) -> CreateRun:
        """Add the message to its thread, which is made if none is named.

        Args:
            text: The question.
            files: Files on this machine.
            writer: Is told of a new thread.

        Returns:
            The parameters of the run that answers.

        Raises:
            ConfigError: The flags name something that does not exist.
            AimltuiError: No model can be found, or a file cannot be uploaded.
        """
        thread = await self._thread()
        assistants = await self._directory.read()
        assistant = self._assistant(assistants, thread)
        choice = await self._choice(thread, assistant)
        assistant_id = assistant.id if assistant is not None else await self._own_assistant(choice)
        sent = await self._uploaded(files)
        if thread is None:
            thread = await self._client.threads.create(CreateThread(metadata=self._marks(choice, assistant)))
            writer.take(events.StreamEvent(events.THREAD_CREATED, thread))
        await self._client.messages.create(_message(thread.id, text, sent))
        needs = tools_of(sent)
        tools = await self._directory.tools_with(assistant_id, needs) if needs else None
        return await self._with_functions(
            thread, assistant_id, self._run(thread, assistant_id, choice, tools)
        )

    async def plan(self, thread: Thread) -> CreateRun:
        """Return the parameters of a run in a thread.

        Args:
            thread: The thread.

        Raises:
            ConfigError: The flags name something that does not exist.
            AimltuiError: No model can be found.
        """
        assistant = self._assistant(await self._directory.read(), thread)
        choice = await self._choice(thread, assistant)
        assistant_id = assistant.id if assistant is not None else await self._own_assistant(choice)
        return await self._with_functions(thread, assistant_id, self._run(thread, assistant_id, choice, None))

    async def _with_functions(self, thread: Thread, assistant_id: str, wanted: CreateRun) -> CreateRun:
        assistant = self._directory.find(assistant_id)
        if self._functions is None or assistant is None:
            return wanted
        from aimltui.cli.local_functions import RunOf

        web = (thread.metadata or {}).get(WEB, "")
        about = RunOf(assistant, self._directory.is_default(assistant_id), web)
        return await self._functions.added(wanted, about)

    def _run(self, thread: Thread, assistant_id: str, choice: _Choice, tools: list[Tool] | None) -> CreateRun:
        given: dict[str, Any] = {name: value for name, value in choice._asdict().items() if value}
        if tools is not None:
            given["tools"] = tools
        options = self._thread_options(thread)
        if self._options.model or self._options.demo:
            options = {name: value for name, value in options.items() if name not in ("model", "connection")}
        switch = (thread.metadata or {}).get(TOOLS) or "auto"
        usual = {"hosted_tools": switch, "truncation_strategy": TruncationStrategy(type="auto", shorten=True)}
        return CreateRun(thread_id=thread.id, assistant_id=assistant_id, **{**usual, **given, **options})

    def _thread_options(self, thread: Thread) -> dict[str, Any]:
        """The options that the user has set for all runs of the thread on the screen."""
        metadata = thread.metadata or {}
        if not any(name.startswith(_RUN_OPTIONS) for name in metadata):
            return {}
        from aimltui.tui.state.run_options import from_metadata, params_of

        return params_of(from_metadata(metadata))

    async def marks(self) -> dict[str, str]:
        """Return the metadata of a new thread, from which the screen goes on with the same model and assistant.

        Raises:
            ConfigError: The flags name something that does not exist.
            AimltuiError: No model can be found.
        """
        assistant = self._assistant(await self._directory.read(), None)
        return self._marks(await self._choice(None, assistant), assistant)

    async def _thread(self) -> Thread | None:
        """The thread that the flags name; None for a new one."""
        if self._options.goes_on:
            page = await self._client.threads.list(ListThreads(limit=1, order_by="last_active_at"))
            if not page.data:
                raise ConfigError("There is no thread yet to go on in. Ask without --continue.")
            return page.data[0]
        if self._options.thread is None:
            return None
        threads = [thread async for thread in every(self._client.threads.list, ListThreads(limit=100))]
        return find_one(threads, self._options.thread, "thread", listed_by="aimltui threads list")

    def _assistant(self, assistants: Sequence[Assistant], thread: Thread | None) -> Assistant | None:
        """The assistant that the flags or the thread name; None for the program's own."""
        wanted = self._options.assistant
        if wanted is None:
            # a thread may name an assistant that was deleted
            chosen = ((thread.metadata if thread is not None else None) or {}).get(ASSISTANT)
            found = next((one for one in assistants if one.id == chosen), None)
        else:
            found = find_one(
                assistants,
                wanted,
                "assistant",
                listed_by="aimltui assistants list",
                name_of=lambda one: one.name or "",
            )
        return None if found is None or self._directory.is_default(found.id) else found

    async def _choice(self, thread: Thread | None, assistant: Assistant | None) -> _Choice:
        if self._options.demo:
            return _Choice(DEMO_MODEL)
        if self._options.model:
            return _Choice(self._options.model)
        chosen = (thread.metadata if thread is not None else None) or {}
        if chosen.get(MODEL):
            return _Choice(chosen[MODEL], chosen.get(CONNECTION))
        if assistant is not None:
            return _Choice(None, (assistant.metadata or {}).get(CONNECTION))
        return self._default() or _Choice(self._source.model or await first_model(self._client))

    def _default(self) -> _Choice | None:
        """The model that the user has made the default on the screen, if its connection still exists."""
        mine, connection = self._directory.default, self._source.connection
        if mine is None or connection is None:
            return None
        marks = mine.metadata or {}
        if not marks.get(CONNECTION):
            return None
        from aimltui.tui.controllers.model_selection import BESIDE_MARK, MODEL_MARK

        known = {connection.name, *(other.name for other in self._source.others)}
        is_same = marks.get(BESIDE_MARK) == connection.name and marks.get(CONNECTION) in known
        return (
            _Choice(mine.model, marks[CONNECTION])
            if is_same and marks.get(MODEL_MARK) == mine.model
            else None
        )

    async def _uploaded(self, files: Sequence[AttachedFile]) -> Sequence[AttachedFile]:
        if not files:
            return ()
        from aimltui.tui.controllers.file_uploads import UploadFailed, upload

        try:
            return await upload(self._client, files, lambda _files, _sent: None)
        except UploadFailed as error:
            raise AimltuiError(f"{error.title}. {error.detail}") from error

    async def _own_assistant(self, choice: _Choice) -> str:
        if self._directory.default is not None:
            # the screen gives it the tools that work here; testing them would take a moment
            self._directory.tools_changed(None)
        return await self._directory.need_default(choice.model or "")

    def _marks(self, choice: _Choice, assistant: Assistant | None) -> dict[str, str]:
        """What the screen reads from a thread to go on with the same model and assistant."""
        marks = {ASSISTANT: assistant.id} if assistant is not None else {}
        connection = self._source.connection
        if choice.model and connection is not None and (choice.connection or connection.is_own):
            marks |= {MODEL: choice.model, CONNECTION: choice.connection or connection.name}
        return marks


def _message(thread_id: str, text: str, files: Sequence[AttachedFile]) -> CreateMessage:
    if not files:
        return CreateMessage(thread_id=thread_id, role="user", content=text)
    from aimltui.tui.controllers.file_uploads import message_of

    return message_of(thread_id, text, files)
