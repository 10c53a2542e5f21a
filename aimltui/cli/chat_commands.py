"""ChatCommands: the slash commands of `aimltui chat`, such as /threads, /open and /model."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aimltui.cli.addressing import named_assistants
from aimltui.cli.answer_printer import ASSISTANT as ANSWERER
from aimltui.cli.finding import find_one
from aimltui.cli.thread_actions import every_thread, title_of
from aimltui.client.errors import TransportError
from aimltui.common.errors import AimltuiError
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean, clean_line
from aimltui.wire.assistants import CHAT_NAME
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.messages import ListMessages, Message, TextContent
from aimltui.wire.threads import ASSISTANT, CreateThread, ModifyThread

if TYPE_CHECKING:
    from aimltui.cli.answers import Write
    from aimltui.cli.conversation import Conversation
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.models import Model
    from aimltui.wire.threads import Thread, ThreadSummary

_COMMAND = pattern(r"/([a-z]*)(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
"""A path such as /etc/hosts is no command."""
_MOST_LISTED = 20
_MOST_REPEATED = 2_000
"""Characters of a message that are repeated when a thread is opened."""
HELP = """
/new            begin a new thread
/threads WORDS  list saved threads, the newest first; with words, those with the words in their titles
/open THREAD    go on in a thread: its number in the last list, its title or its id
/title TITLE    name this thread
/last           show the last answer again
/assistants     list assistants; “@NAME TEXT” lets another one answer a message
/models WORDS   list models; with words, those whose ids have them
/model MODEL    let another model answer: its number in the last list or its id
/tools on|off|auto   switch the model's tools
/web on|off     let the model read the web, or not
/help           show this list
exit            leave; Ctrl+C stops an answer
Put a space before a slash to send it as text.
"""


class ChatCommands:
    """Runs what the user types behind a slash.

    Args:
        client: The engine or server.
        conversation: The conversation.
        write: Writes text to the terminal.
        marks: Metadata of a new thread, which names the chat's model.
    """

    def __init__(
        self, client: AssistantsClient, conversation: Conversation, write: Write, marks: Mapping[str, str]
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._write = write
        self._marks = dict(marks)
        self._threads: Sequence[ThreadSummary] = ()
        """The threads that were listed last."""
        self._models: Sequence[Model] = ()
        self._actions: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
            "assistants": self._list_assistants,
            "help": self._help,
            "last": self._last,
            "model": self._model,
            "models": self._list_models,
            "new": self._new,
            "open": self._open,
            "threads": self._list_threads,
            "title": self._title,
            "tools": lambda words: conversation.switch_tools(words.lower()),
            "web": lambda words: conversation.switch_web(words.lower()),
        }

    def find(self, text: str) -> Coroutine[Any, Any, None] | None:
        """Return the work of a command, or None if the text is a message."""
        found = _COMMAND.fullmatch(text.rstrip())
        if found is None:
            return None
        name, words = found[1].lower(), (found[2] or "").strip()
        action = self._actions.get(name)
        return self._guarded(action(words)) if action is not None else self._unknown(name)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (APIError, TransportError) as error:
            self._write(f"⚠ {clean(error.message)}\n")
        except AimltuiError as error:
            self._write(f"⚠ {clean(str(error))}\n")

    async def _unknown(self, name: str) -> None:
        self._write(f"⚠ Unknown command /{name}. “/help” lists them. Put a space first to send it as text.\n")

    async def _help(self, _words: str) -> None:
        self._write(HELP)

    async def _new(self, _words: str) -> None:
        self._conversation.go_to(await self._client.threads.create(CreateThread(metadata=self._marks)))
        self._write("\nNew thread.\n")

    async def _list_threads(self, words: str) -> None:
        wanted = words.casefold().split()
        found = [
            thread
            for thread in await every_thread(self._client)
            if all(word in title_of(thread).casefold() for word in wanted)
        ]
        self._threads = found[:_MOST_LISTED]
        self._list([clean_line(title_of(thread)) for thread in self._threads], len(found), "thread", "/open")

    async def _open(self, words: str) -> None:
        if not words:
            self._write("⚠ Say which thread: its number in “/threads”, its title or its id.\n")
            return
        thread = _numbered(self._threads, words) or find_one(
            await every_thread(self._client), words, "thread", listed_by="/threads", name_of=title_of
        )
        self._conversation.go_to(await self._with_assistant(thread))
        self._write(f"\nThread “{clean_line(title_of(thread))}”.\n")
        params = ListMessages(thread_id=thread.id, order="desc", limit=2)
        for message in reversed((await self._client.messages.list(params)).data):
            await self._repeat(message)

    async def _with_assistant(self, thread: Thread) -> Thread:
        """The thread; without the assistant that it names if that was deleted."""
        marks = thread.metadata or {}
        if not marks.get(ASSISTANT):
            return thread
        try:
            await self._client.assistants.get(marks[ASSISTANT])
        except NotFound:
            self._write("… The assistant of this thread was deleted; the one of this chat goes on.\n")
            return thread.model_copy(update={"metadata": {**marks, ASSISTANT: ""}})
        return thread

    async def _title(self, words: str) -> None:
        if not words:
            self._write("⚠ Write the title after “/title”.\n")
            return
        thread_id = self._conversation.thread_id
        await self._client.threads.modify(ModifyThread(thread_id=thread_id, metadata={"title": words[:512]}))
        self._write(f"\nThis thread is called “{clean_line(words[:512])}”.\n")

    async def _last(self, _words: str) -> None:
        params = ListMessages(thread_id=self._conversation.thread_id, order="desc", limit=20)
        answers = [one for one in (await self._client.messages.list(params)).data if one.role == "assistant"]
        if not answers:
            self._write("⚠ There is no answer in this thread yet.\n")
            return
        await self._repeat(answers[0], most=None)

    async def _list_models(self, words: str) -> None:
        wanted = words.casefold().split()
        page = await self._client.list_models()
        found = [model for model in page.data if all(word in model.id.casefold() for word in wanted)]
        self._models = found[:_MOST_LISTED]
        self._list([clean_line(model.id) for model in self._models], len(found), "model", "/model")

    async def _list_assistants(self, words: str) -> None:
        wanted = words.casefold().split()
        found = [
            f"@{clean_line(one.name)}"
            for one in await named_assistants(self._client)
            if all(word in one.name.casefold() for word in wanted)
        ]
        if not found:
            self._write("\nNo assistant found. The full-screen program makes them.\n")
            return
        more = f"{len(found) - _MOST_LISTED:,} more: add words. " if len(found) > _MOST_LISTED else ""
        lines = "".join(f"  {name}\n" for name in found[:_MOST_LISTED])
        self._write(f"\n{lines}{more}Begin a message with such a name, and that assistant answers it.\n")

    async def _model(self, words: str) -> None:
        if not words:
            self._write("⚠ Say which model: its number in “/models” or its id.\n")
            return
        model = _numbered(self._models, words)
        if model is None:
            models = (await self._client.list_models()).data
            model = find_one(models, words, "model", listed_by="/models WORDS")
        await self._conversation.switch_model(model.id, model.connection)

    def _list(self, names: Sequence[str], count: int, kind: str, command: str) -> None:
        if not names:
            self._write(f"\nNo {kind} found.\n")
            return
        lines = "".join(f"{number:>3}  {name}\n" for number, name in enumerate(names, 1))
        more = f"{count - len(names):,} more: add words. " if count > len(names) else ""
        self._write(f"\n{lines}{more}Choose with “{command} NUMBER”.\n")

    async def _repeat(self, message: Message, most: int | None = _MOST_REPEATED) -> None:
        parts = [part.text.value for part in message.content if isinstance(part, TextContent)]
        text = clean("\n\n".join(parts)).strip() or "(no text)"
        shown = text if most is None or len(text) <= most else f"{text[:most].rstrip()} …"
        speaker = "You" if message.role == "user" else await self._speaker(message)
        self._write(f"\n{speaker} > {shown}\n")

    async def _speaker(self, message: Message) -> str:
        """Return who wrote an answer, if it was another assistant than the one of the thread."""
        if message.assistant_id in (None, self._conversation.assistant_id):
            return ANSWERER
        try:
            name = (await self._client.assistants.get(message.assistant_id or "")).name
        except NotFound:
            name = None
        return ANSWERER if name in (None, "", CHAT_NAME) else clean_line(name or "")


def _numbered(listed: Sequence[Any], words: str) -> Any | None:
    """Return what has a number in the last list."""
    number = int(words) if words.isascii() and words.isdecimal() and len(words) < 4 else 0
    return listed[number - 1] if 1 <= number <= len(listed) else None
