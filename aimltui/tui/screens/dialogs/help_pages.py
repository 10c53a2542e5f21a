"""What F1 says about each panel: a few sentences, and keys that its last line does not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aimltui.common.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class HelpPage:
    """The help of a panel."""

    text: str
    """What it is for; a blank line separates paragraphs."""
    keys: tuple[tuple[str, str], ...] = ()
    """Keys besides those in its last line, each with what it does."""


_MOVE: Final = (("↑ ↓", "Move in the list"), ("pgup pgdn", "Move by a page"))
_SCROLL: Final = (
    ("↑ ↓", "Scroll"),
    ("pgup pgdn", "Scroll by a page"),
    ("home end", "Go to the start or the end"),
)
_EDIT: Final = (
    ("ctrl+w ctrl+u ctrl+k", "Delete the word, to the start, to the end of the line"),
    ("ctrl+z ctrl+y", "Undo and redo"),
)

HELP_PAGES: Final[Mapping[str, HelpPage]] = {
    "AgainScreen": HelpPage(
        "Run the same question again with other settings: another model, other instructions, another temperature. The "
        "new answer comes into a branch of the thread, so that both can be compared. Nothing is replaced.",
        _EDIT,
    ),
    "AgreeQuestion": HelpPage(
        "No sandbox works on this machine, so a model's Python would run with your rights. If you allow it, each piece "
        "of code is shown before it runs, and only runs when you approve it. You can forbid it again in the palette: "
        "Code without a sandbox.",
        (("↑ ↓", "Choose an answer"), ("enter", "Answer")),
    ),
    "AssistantEditor": HelpPage(
        "An assistant is a name, instructions, a model, tools and files. Choose what it may use; everything left empty "
        "is the default.\n\nA change holds for the next runs of every thread that this assistant answers. What was said "
        "before stays as it is.",
        _EDIT,
    ),
    "AssistantsScreen": HelpPage(
        "The assistants that can answer in this thread. Enter uses one from the next message on. Ready-made ones are "
        "below: they are added when you use them.\n\nAn assistant in a TOML file can live in git; export writes one, and ctrl+o "
        "imports one.",
        _MOVE,
    ),
    "ThemeScreen": HelpPage(
        "Type a few letters to search, and go through the themes with the arrows: the page beside the list shows each at "
        "once. Escape goes back to the theme before.",
        _MOVE,
    ),
    "ChoiceScreen": HelpPage(
        "Type a few letters to search. Where a choice can be seen at once, as with themes, moving shows it, and escape "
        "returns to what was chosen before.",
        _MOVE,
    ),
    "ComparePicker": HelpPage(
        "Choose two or more models; the same message goes to each of them, so that you can compare the answers. Each answer "
        "costs what its model costs.",
        _MOVE,
    ),
    "CompareScreen": HelpPage(
        "The answers of several models to the same message, side by side while they are written. Keep the best one: the "
        "thread goes on with it, and the others stay as branches.",
        _SCROLL,
    ),
    "ConfirmScreen": HelpPage(
        "Read what will happen. Nothing is done before you choose.", (("↑ ↓", "Choose an answer"),)
    ),
    "ConnectFormScreen": HelpPage(
        "Where models answer, and with which key. The key is tested before anything is saved; it stays in an environment "
        "variable, in the system's keychain, or in a file that only you can read, and is sent to this address only.\n\n"
        "Servers on this machine or in your own network usually need no key.",
        (("↑ ↓", "Choose among the values of a field"), *_EDIT),
    ),
    "ConnectScreen": HelpPage(
        "Choose what you have: a key of a provider, a server on this machine, or another address. Looking around offline "
        "needs nothing: a scripted model answers, and nothing is contacted.",
        _MOVE,
    ),
    "ConnectionsScreen": HelpPage(
        "The endpoints that you have set up. New threads use the default one; a thread stays with the connection that it "
        "began with, until you choose another model there.\n\nA test sends one small request.",
        _MOVE,
    ),
    "CopyScreen": HelpPage(
        "Enter copies the whole message, one of its blocks of code without its fence, or one of its tables. TSV is what "
        "spreadsheets paste into their cells, CSV is for files; in both, cells have no marks of Markdown, and a cell that "
        "a spreadsheet would run as a formula begins with an apostrophe.",
        _MOVE,
    ),
    "FilesScreen": HelpPage(
        "The files of this thread, its assistant and its vector stores, with what became of each. A file that could not "
        "be read says why. Documents are searched by words; searching by meaning is offered here, too, and names host and "
        "price first.",
        _MOVE,
    ),
    "FormScreen": HelpPage(
        "A server of tools asks for these values. It gets them only when you send the form; escape sends nothing.",
        _EDIT,
    ),
    "ImportScreen": HelpPage(
        "Type the path of an export of ChatGPT, Claude, Open WebUI or another program, or of a folder. You see what would "
        "come before anything is imported, and what is known already is left out."
    ),
    "InspectorScreen": HelpPage(
        "What happened in a run: its timeline and steps, the requests as they were sent, the events, its settings, and what "
        "filled the context. A recorded run can be played with aimltui replay.",
        (*_SCROLL, ("shift+← shift+→", "Scroll sideways")),
    ),
    "KeyScreen": HelpPage(
        "Press the key that the command should have: one with ctrl or alt, or a function key. A key that types, edits or "
        "belongs to another command is refused with the reason."
    ),
    "McpServersScreen": HelpPage(
        "Servers that offer tools to models, as config.toml and mcp.json name them. A "
        "tool's call is shown to you before it runs. Below the list stands what is known of the server under the cursor: "
        "its tools, or why it does not run.",
        _MOVE,
    ),
    "ModelPicker": HelpPage(
        "Every model of every connection. Type letters of its name, a vendor, or an ability: vision, tools, reasoning, "
        "files. An id that is not in the list can be typed in full.\n\nEnter uses the model in this thread.",
        _MOVE,
    ),
    "PaletteScreen": HelpPage(
        "Every command, also those without a key. Type words of its name, and press enter. The right column shows its key, "
        "or the word that does the same when it is sent as a message.",
        _MOVE,
    ),
    "PassageViewer": HelpPage(
        "The passage that an answer cites, in its file, with the cited words marked.", _SCROLL
    ),
    "PictureViewer": HelpPage(
        "The picture, as well as the terminal can show it. Save or open it to see all of it."
    ),
    "QuitQuestion": HelpPage(
        "An answer is being written. You can stop it and keep its text, or let the program end when the answer is finished. "
        "Drafts and waiting messages are saved either way.",
        (("↑ ↓", "Choose an answer"),),
    ),
    "RenameScreen": HelpPage(
        "The title in the thread list. It changes nothing else; an empty one brings the first words back.",
        _EDIT,
    ),
    "PathScreen": HelpPage(
        "Type the path of a file of this machine, or drop the file on the terminal.",
        _EDIT,
    ),
    "RewindScreen": HelpPage(
        "Your messages in this thread, the newest first; type a few letters to search them. Enter puts one into the prompt: "
        "what you send then begins a branch of the conversation at its place. What followed it stays in the branch before, "
        "and ← on the message goes back there.",
        _MOVE,
    ),
    "RunOptionsScreen": HelpPage(
        "Settings for the next run alone, or for every run of this thread: instructions, model, temperature, limits. Empty "
        "fields leave the assistant's.",
        _EDIT,
    ),
    "SaveScreen": HelpPage(
        "Type a path; a folder keeps the name. A file of this name is replaced only after a second enter.",
        _EDIT,
    ),
    "SettingsScreen": HelpPage(
        "Every setting and every key. Under the list stands what it does, its name in the configuration file, and where its "
        "value comes from. A flag or an environment variable is stronger than the file.\n\nEnter changes it. Your comments in "
        "the file stay.",
        _MOVE,
    ),
    "SkillsScreen": HelpPage(
        "Skills tell an assistant how to do a kind of task. The model sees the names, and loads a skill when it needs it. "
        "Switch on those that this assistant should have.",
        _MOVE,
    ),
    "SummaryScreen": HelpPage(
        "A summary of the older part of this thread. If you use it, models get it in place of those messages, which leaves "
        "room for what comes next. The messages themselves stay in the thread.",
        _SCROLL,
    ),
    "TextEntry": HelpPage("Change the text; ctrl+s takes it, escape leaves everything as it was.", _EDIT),
    "TextViewer": HelpPage("The whole text. A search marks what it finds.", _SCROLL),
    "ThreadSearch": HelpPage(
        "Titles first, then every word ever said, code, outputs and file names. Filters narrow the search: assistant: "
        "model: has:file before:2026-11-01.\n\nEnter opens the thread at the place that was found.",
        _MOVE,
    ),
    "TrashScreen": HelpPage(
        "Deleted threads. They can be restored for 30 days, or for the days that the settings say.", _MOVE
    ),
    "UsageScreen": HelpPage(
        "What runs have used: tokens and cost by day, model and thread, deleted threads included. A sign ≈ marks a cost "
        "computed from list prices; – means that it is unknown.",
        _MOVE,
    ),
    "ValueScreen": HelpPage("Type the value and press enter. An empty line means the default.", _EDIT),
}
"""The pages by the names of the panels' classes."""
NO_PAGE: Final = HelpPage("What the keys do here:")
