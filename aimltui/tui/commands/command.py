"""Command: one row of the command table, and the words for the states in which it is available."""

from __future__ import annotations

from typing import Literal

from aimltui.common.dataclass import dataclass

Scope = Literal["app", "main", "prompt", "list", "transcript", "files"]
"""What handles the keys: the app, the main screen, or one of its widgets while it has the focus."""

State = frozenset[str]

STATE_WORDS = frozenset(
    {
        "running",  # the open thread has an active run
        "thread",  # a saved thread is open
        "answer",  # the open thread holds an answer
        "typed",  # the prompt has text, in which home and end move the cursor
        "away",  # the transcript is not at its end
        "list",  # the thread list has the focus
        "marked",  # something is selected in the transcript with the keyboard
        "letters",  # letters act on what is selected in the transcript
        "text",  # the marked block has a text, and letters act on it; so with the words down to "reply"
        "saves",  # the marked block can be saved
        "parts",  # the marked block is a panel, with an output, or a message, with code and tables
        "file",  # the marked block is a file
        "id",  # the marked block has an id
        "object",  # the server has an object behind the marked block
        "runnable",  # the marked block is Python, in a panel or in a message
        "said",  # the marked block is a message that the server has
        "siblings",  # the marked message begins one of several branches
        "own",  # the marked block is a message of the user
        "reply",  # the marked block is a message of an assistant
        "runs",  # code can be run again here
        "temporary",  # the open thread is not saved
        "memory",  # threads can be opened that are not saved
        "undo",  # a deleted thread can be restored
        "unanswered",  # the last message of the open thread has no complete answer
        "cut",  # the last answer of the open thread is not complete
        "branches",  # the open conversation has several branches
        "call",  # a function call needs a decision
        "card",  # the card about it has the focus
        "connections",  # the user can set up connections
        "attached",  # the attached files have the focus
    }
)

STOP = "stop"
"""The action of the command that stops an answer."""

WRITING = "Writing"
READING = "Reading"
THREADS = "Threads"
MODEL = "Model and assistant"
PROGRAM = "Program"
GROUPS = (WRITING, READING, THREADS, MODEL, PROGRAM)


@dataclass(frozen=True, slots=True)
class Command:
    """A thing the user can do."""

    id: str
    title: str
    """A few words, for palette and help."""
    help: str
    """One sentence."""
    keys: tuple[str, ...]
    """Textual's names of the keys, the main one first."""
    action: str
    """The Textual action on the screen; empty if the widget with the focus handles the key itself."""
    group: str
    scope: Scope = "main"
    footer: bool = False
    when: tuple[str, ...] = ()
    label: str = ""
    """The word in the footer; empty shows the title."""
    priority: bool = False
    """Whether the key reaches the command before the focused widget, so that what is typed next goes where it leads."""
    palette: bool = True
    slash: str = ""
    """The word, with its slash, that runs the command when it is sent as a message."""
    also: str = ""
    """Other words by which the palette finds it."""
    takes: str = ""
    """What may stand after that word, such as `PATH`; the action gets it as its argument."""

    def is_available(self, state: State) -> bool:
        """Whether the command is available in this state of the screen."""
        return all(word[1:] not in state if word.startswith("!") else word in state for word in self.when)


@dataclass(frozen=True, slots=True)
class FooterItem:
    """A key, a word and an action in the footer."""

    key: str
    label: str
    action: str
