"""What a command is, and what it may depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["app", "main", "prompt", "list", "transcript"]
"""Who answers the keys: the app, the main screen, or one of its widgets while that has the focus."""

State = frozenset[str]

STATE_WORDS = frozenset(
    {
        "running",  # the open thread has an active run
        "thread",  # a saved thread is open
        "answer",  # the open thread holds an answer
        "away",  # the transcript is not at its end
        "list",  # the thread list has the focus
        "marked",  # the keyboard has marked something in the transcript
        "panel",  # the same, and it is a panel of code
        "file",  # the same, and it is a file
        "kept",  # the same, and it is something that can be saved
        "runs",  # code can be run again here
        "undo",  # a deleted thread can be brought back
        "unanswered",  # the last message of the open thread has no whole answer
        "connections",  # the program has connections of its own
    }
)

WRITING = "Writing"
READING = "Reading"
THREADS = "Threads"
MODEL = "Model and assistant"
PROGRAM = "Program"
GROUPS = (WRITING, READING, THREADS, MODEL, PROGRAM)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can do."""

    id: str
    title: str
    """A few words, for palette and help."""
    help: str
    """One sentence."""
    keys: tuple[str, ...]
    """Textual's names of the keys, the best one first."""
    action: str
    """The Textual action on the screen; empty if the widget with the focus does it itself."""
    group: str
    scope: Scope = "main"
    footer: bool = False
    when: tuple[str, ...] = ()
    label: str = ""
    """One word for the footer; the title if empty."""
    priority: bool = False
    """The key reaches the command before the focused widget: what is typed right after it goes where it leads."""
    palette: bool = True
    slash: str = ""
    """The word that does it when it is sent as a message, with its slash."""

    def is_available(self, state: State) -> bool:
        """Whether the command makes sense in this state of the screen."""
        return all(word[1:] not in state if word.startswith("!") else word in state for word in self.when)


@dataclass(frozen=True, slots=True)
class FooterItem:
    """A key and a word, for the footer."""

    key: str
    label: str
    action: str
