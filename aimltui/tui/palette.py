"""The command palette's view of the command table. Imported when the palette opens, not before."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from aimltui.tui.commands import Command, State, key_label, palette_commands


@runtime_checkable
class HasCommandState(Protocol):
    """A screen that can say which commands make sense now."""

    def command_state(self) -> State:
        """The words of `commands.STATE_WORDS` that are true."""
        ...


class CommandProvider(Provider):
    """Offers the commands of the table, each with its key."""

    async def discover(self) -> Hits:
        """All commands that make sense now, before anything is typed."""
        for command in self._commands():
            display = _with_key(Content(command.title), command)
            yield DiscoveryHit(display, self._run(command), text=command.title, help=command.help)

    async def search(self, query: str) -> Hits:
        """The commands whose title matches what was typed."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title)
            if score > 0:
                display = _with_key(matcher.highlight(command.title), command)
                yield Hit(score, display, self._run(command), text=command.title, help=command.help)

    def _commands(self) -> list[Command]:
        screen = self.screen
        if not isinstance(screen, HasCommandState):
            return []
        return palette_commands(screen.command_state())

    def _run(self, command: Command) -> Callable[[], Coroutine[Any, Any, None]]:
        return partial(self.screen.run_action, command.action)


def _with_key(title: Content, command: Command) -> Content:
    if not command.keys:
        return title
    return Content.assemble(title, "  ", (key_label(command.keys[0]), "$text-muted"))
