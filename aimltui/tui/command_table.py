"""The command table: every command once, with its keys. What follows from it is in `commands.py`.

`when` holds words of the screen's state that must be true for a command to make sense; with a `!` before it a
word must be false. The words are in `STATE_WORDS`.
"""

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


COMMANDS: tuple[Command, ...] = (
    # Writing
    Command(
        "send",
        "Send",
        "Send the message; while an answer is being written it waits in the queue.",
        ("enter",),
        "",
        WRITING,
        scope="prompt",
    ),
    Command(
        "newline",
        "New line",
        "Start a new line in the message; a backslash before enter does the same.",
        ("ctrl+j", "shift+enter", "alt+enter"),
        "",
        WRITING,
        scope="prompt",
    ),
    Command(
        "edit_queued",
        "Edit the queued message",
        "At the beginning of the prompt: go to the transcript; in an empty one, first take the last queued message back.",
        ("up",),
        "",
        WRITING,
        scope="prompt",
    ),
    Command(
        "stop",
        "Stop",
        "Close what is open; else stop the answer that is being written and keep its text.",
        ("escape",),
        "stop",
        WRITING,
        footer=True,
        when=("running", "!list"),
        slash="/stop",
    ),
    Command(
        "send_again",
        "Send the last message again",
        "Let it be answered once more where it got no whole answer; it stands in the thread once.",
        (),
        "send_again",
        WRITING,
        when=("unanswered",),
        slash="/retry",
    ),
    Command(
        "copy_or_clear",
        "Copy, clear, quit",
        "Copy the selection; else clear the prompt; pressed twice, quit.",
        ("ctrl+c",),
        "copy_or_clear",
        WRITING,
        palette=False,
    ),
    # Threads: the list's own keys
    Command(
        "open_thread",
        "Open the thread",
        "In the thread list: open the thread under the cursor. Typing there narrows the list.",
        ("enter",),
        "",
        THREADS,
        scope="list",
        footer=True,
        when=("list",),
        label="Open",
    ),
    Command(
        "rename_thread",
        "Rename the thread",
        "Give the thread another title; the thread under the cursor, or the open one from the palette.",
        ("ctrl+r",),
        "rename_thread",
        THREADS,
        scope="list",
        footer=True,
        when=("thread",),
        label="Rename",
        slash="/title",
    ),
    Command(
        "delete_thread",
        "Delete the thread",
        "Remove the thread; it can be brought back for a while.",
        ("delete", "ctrl+d"),
        "delete_thread",
        THREADS,
        scope="list",
        footer=True,
        when=("thread",),
        label="Delete",
    ),
    Command(
        "undo_delete",
        "Bring the deleted thread back",
        "Undo the last deletion of a thread.",
        ("ctrl+u",),
        "undo_delete",
        THREADS,
        scope="list",
        footer=True,
        when=("undo",),
        label="Undo",
    ),
    Command(
        "pin_thread",
        "Pin or unpin the thread",
        "Keep the thread at the top of the list, or let it go.",
        ("ctrl+f",),
        "pin_thread",
        THREADS,
        scope="list",
        footer=True,
        when=("thread",),
        label="Pin",
    ),
    Command(
        "leave_list",
        "Back to the prompt",
        "In the thread list: drop the search, then go back to the prompt.",
        ("escape",),
        "",
        THREADS,
        scope="list",
        footer=True,
        when=("list",),
        label="Back",
    ),
    # Threads
    Command(
        "new_thread",
        "New thread",
        "Start a new conversation.",
        ("ctrl+n",),
        "new_thread",
        THREADS,
        footer=True,
        when=("!list",),
        label="New",
        priority=True,
        slash="/new",
    ),
    Command(
        "threads",
        "Threads",
        "Go to the thread list; type there to search the titles.",
        ("ctrl+s",),
        "focus_threads",
        THREADS,
        footer=True,
        when=("!list",),
        priority=True,
        slash="/threads",
    ),
    Command(
        "toggle_sidebar",
        "Show or hide the thread list",
        "Give the transcript the whole width, or share it.",
        ("ctrl+b", "f3"),
        "toggle_sidebar",
        THREADS,
        priority=True,
    ),
    # Model and assistant
    Command(
        "model",
        "Choose the model",
        "Search the endpoint's models, or type an id; holds for this thread.",
        ("ctrl+l",),
        "pick_model",
        MODEL,
        footer=True,
        when=("!list",),
        label="Model",
        priority=True,
        slash="/model",
    ),
    Command(
        "assistant",
        "Choose the assistant",
        "Let another saved assistant answer in this thread.",
        ("f5",),
        "pick_assistant",
        MODEL,
        priority=True,
        slash="/assistant",
    ),
    Command(
        "connections",
        "Connections",
        "Where models come from: add an endpoint, change its key, test it, make it the default, remove it.",
        (),
        "connections",
        MODEL,
        when=("connections",),
        slash="/connect",
    ),
    # Reading
    Command(
        "end",
        "Go to the end",
        "Show the latest text and follow it; end alone does it while the prompt is empty.",
        ("end", "ctrl+end"),
        "scroll_to_end",
        READING,
        footer=True,
        when=("away", "!list"),
        label="Latest",
    ),
    Command(
        "top",
        "Go to the beginning",
        "Show the first message of the thread; home alone does it while the prompt is empty.",
        ("home", "ctrl+home"),
        "scroll_to_top",
        READING,
    ),
    Command(
        "page_up", "Page up", "Scroll the transcript up.", ("pageup",), "page_up", READING, palette=False
    ),
    Command(
        "page_down",
        "Page down",
        "Scroll the transcript down.",
        ("pagedown",),
        "page_down",
        READING,
        palette=False,
    ),
    Command(
        "choose",
        "Choose what is marked",
        "In the transcript, where ↑ and ↓ mark panels and starters: fold or unfold the panel, take the starter.",
        ("enter",),
        "",
        READING,
        scope="transcript",
        footer=True,
        when=("marked",),
        label="Choose",
    ),
    Command(
        "copy_code",
        "Copy the code",
        "In the transcript, on a panel: copy the code that was run, without line breaks of the screen.",
        ("c",),
        "screen.panel('copy_code')",
        READING,
        scope="transcript",
        footer=True,
        when=("panel",),
        label="Copy code",
        priority=True,
    ),
    Command(
        "copy_output",
        "Copy the output",
        "In the transcript, on a panel: copy what the code printed.",
        ("C",),
        "screen.panel('copy_output')",
        READING,
        scope="transcript",
        footer=True,
        when=("panel",),
        label="Copy output",
        priority=True,
    ),
    Command(
        "save",
        "Save",
        "In the transcript: save the marked panel's code, or the marked file; it asks where.",
        ("s",),
        "screen.panel('save')",
        READING,
        scope="transcript",
        footer=True,
        when=("kept",),
        label="Save",
        priority=True,
    ),
    Command(
        "open_file",
        "Open the file",
        "In the transcript: open the marked file in the program that the system has for it.",
        ("o",),
        "screen.panel('open_file')",
        READING,
        scope="transcript",
        footer=True,
        when=("file",),
        label="Open",
        priority=True,
    ),
    Command(
        "run_again",
        "Run the code again",
        "In the transcript, on a panel: run its code once more in the thread's interpreter; it asks first.",
        ("r",),
        "screen.panel('run_again')",
        READING,
        scope="transcript",
        footer=True,
        when=("panel", "runs"),
        label="Run again",
        priority=True,
    ),
    Command(
        "details",
        "Fold or unfold all details",
        "Open or close every run step in the transcript.",
        ("ctrl+o",),
        "toggle_details",
        READING,
        footer=True,
        when=("!list",),
        label="Details",
    ),
    Command(
        "thoughts",
        "Fold or unfold all thoughts",
        "Show or hide what the models thought before they answered, where their provider tells it.",
        ("ctrl+t",),
        "toggle_thoughts",
        READING,
    ),
    Command(
        "copy_answer",
        "Copy the last answer",
        "Copy the Markdown of the last answer.",
        (),
        "copy_answer",
        READING,
        when=("answer",),
        slash="/copy",
    ),
    # Program
    Command(
        "help",
        "Help",
        "Show all keys.",
        ("f1",),
        "show_help",
        PROGRAM,
        footer=True,
        priority=True,
        slash="/help",
    ),
    Command(
        "palette",
        "All commands",
        "Search every command by its name.",
        ("ctrl+p",),
        "show_palette",
        PROGRAM,
        footer=True,
        when=("!list",),
        label="Palette",
        palette=False,
        priority=True,
    ),
    Command(
        "theme",
        "Choose the theme",
        "Try the themes and keep one.",
        (),
        "pick_theme",
        PROGRAM,
        slash="/theme",
    ),
    Command(
        "code_consent",
        "Code without a sandbox",
        "Where no sandbox works: allow the code interpreter, with a question before each run, or take that back.",
        (),
        "code_consent",
        PROGRAM,
    ),
    Command(
        "usage",
        "Usage",
        "See what runs have used: tokens and cost by day, by model, by thread.",
        (),
        "show_usage",
        PROGRAM,
        slash="/usage",
    ),
    Command(
        "raise_budget",
        "Raise today's budget",
        "Let more be spent until midnight than the configuration allows for a day.",
        (),
        "raise_budget",
        PROGRAM,
    ),
    Command(
        "balance",
        "Balance",
        "Ask the AI/ML API what is left on the account; nobody is asked but on this request.",
        (),
        "show_balance",
        PROGRAM,
        slash="/balance",
    ),
    Command(
        "quit",
        "Quit",
        "End the program; drafts and conversations are kept.",
        ("ctrl+q",),
        "app.quit",
        PROGRAM,
        scope="app",
        priority=True,
        slash="/quit",
    ),
    Command(
        "quit_empty",
        "Quit from an empty prompt",
        "In an empty prompt: end the program.",
        ("ctrl+d",),
        "",
        PROGRAM,
        scope="prompt",
    ),
)
