"""`aimltui threads show` and `aimltui threads delete`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from aimltui.cli.deleting import add_forever, delete_or_trash
from aimltui.cli.finding import find_one
from aimltui.cli.objects import add_action, say, say_json

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.threads import ThreadSummary

NAMED = "an id, the beginning of one, or a title; see aimltui threads list"


def add_thread_actions(actions: Any) -> None:
    """Add both actions to `aimltui threads`."""
    parser = add_action(actions, "show", "show a thread as Markdown", _show)
    parser.add_argument("thread", metavar="THREAD", help=NAMED)
    parser = add_action(actions, "delete", "move threads to the trash", _delete)
    parser.add_argument("threads", nargs="+", metavar="THREAD", help=NAMED)
    add_forever(parser)


async def every_thread(client: AssistantsClient) -> list[ThreadSummary]:
    """Return all threads that are not in the trash, the newest first."""
    from aimltui.client.client import every
    from aimltui.wire.threads import ListThreads

    return [thread async for thread in every(client.threads.list, ListThreads(limit=100))]


def find_thread(threads: list[ThreadSummary], wanted: str) -> ThreadSummary:
    """Return the thread that is meant.

    Raises:
        ConfigError: None is meant, or several could be.
    """
    return find_one(threads, wanted, "thread", listed_by="aimltui threads list", name_of=title_of)


def title_of(thread: ThreadSummary) -> str:
    """Return a thread's title, or the beginning of its first message."""
    return (thread.metadata or {}).get("title") or thread.preview or "untitled"


async def _show(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.client.client import every
    from aimltui.interchange.exporting import Exporter, each
    from aimltui.wire.messages import ListMessages

    thread = find_thread(await every_thread(client), options.thread)
    if options.json:
        params = ListMessages(thread_id=thread.id, order="asc", limit=100)
        messages = [message.to_json() async for message in every(client.messages.list, params)]
        say_json({**thread.to_json(), "messages": messages})
        return 0
    pieces: list[str] = []
    await Exporter(client).write(each([thread.id]), "markdown", pieces.append)
    say("".join(pieces).rstrip("\n"))
    return 0


async def _delete(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.wire.threads import ModifyThread

    threads = await every_thread(client)
    chosen = [find_thread(threads, wanted) for wanted in options.threads]
    return await delete_or_trash(
        [thread.id for thread in chosen],
        f"{len(chosen)} {'thread' if len(chosen) == 1 else 'threads'}",
        options,
        delete=client.threads.delete,
        mark=lambda id_, mark: client.threads.modify(ModifyThread(thread_id=id_, metadata=mark)),
        restores="/trash on the screen",
    )
