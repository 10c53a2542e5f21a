"""The main screen's part for writing: the list after a `/`, saved prompts, what was said before, the editor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.derived import COMMANDS
from aimltui.tui.controllers.messages import SavedPromptWanted
from aimltui.tui.screens.main.late_widgets import LateWidget, over_prompt, slash_list
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.attached_files import parted, with_files
from aimltui.tui.state.saved_prompts import SavedPrompt, saved_prompts
from aimltui.tui.storage.drafts import joined
from aimltui.tui.storage.prompt_files import prompt_files
from aimltui.tui.widgets.prompt_input import PromptInput

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from aimltui.tui.widgets.mention_list import MentionList
    from aimltui.tui.widgets.pick_list import PickList, PickRow
    from aimltui.tui.widgets.slash_list import SlashList

_WORD: Final = pattern(r"/[A-Za-z0-9_-]*")
_ARGUMENT: Final = pattern(r"(/[A-Za-z]+)[ \t]++([^\n]*)")
_MOST_ROWS: Final = 50
_LEAST_OTHER: Final = len("/abc")
"""From this length on, a word is also looked for among a command's other words."""


class ComposingPart(ScreenPart):
    """Handles what helps to write a message."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._left_word = ""
        """The word for which the user closed the list."""
        self._offered_for = ""
        """What the list was last filled for."""
        self.slashes = LateWidget(
            lambda: over_prompt(
                slash_list(lambda: self._offered_for == self.prompt.text), self.prompt, self.room
            ),
            lambda: self.room,
        )

    # The list after a /

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """Offer commands or arguments after a slash at the beginning of the prompt, files and assistants after an `@`."""
        event.stop()
        self._offer_commands()
        self.offer_mentions()

    def _offer_commands(self) -> None:
        text = self.prompt.text
        at_end = self.prompt.selection.is_empty and self.prompt.cursor_location == self.prompt.document.end
        word = next(iter(text.split(maxsplit=1)), "")
        if word != self._left_word:
            self._left_word = ""
        is_asked = text.startswith("/") and at_end and "\n" not in text and not self._left_word
        if text == "/" and is_asked:
            self.spawn(self._read_prompts(), "prompts")
        rows = self._rows(text) if is_asked else []
        self._offered_for = text
        if not rows:
            if self.slashes.mounted is not None:
                self.slashes.mounted.close()
            return
        slashes = self.slashes()
        slashes.set_lines(rows, query=text.split()[-1].lstrip("/@") if text[-1:].strip() else "")
        slashes.open(self.prompt, self.attached())

    def _rows(self, text: str) -> list[PickRow]:
        if _WORD.fullmatch(text):
            return self._commands(text.lower())
        match = _ARGUMENT.fullmatch(text)
        if match is None:
            return []
        from aimltui.tui.state.fuzzy import rank
        from aimltui.tui.widgets.pick_list import PickRow

        values = self._arguments(match[1].lower())
        found = rank(match[2].lstrip("@"), [value.lstrip("@") for value, _ in values])
        return [PickRow(f"{match[1]} {values[i][0]}", values[i][0], values[i][1]) for i in found][:_MOST_ROWS]

    def _commands(self, word: str) -> list[PickRow]:
        from aimltui.tui.state.fuzzy import rank
        from aimltui.tui.widgets.pick_list import PickRow

        state = self.command_state() - {"list"}
        available = [item for item in COMMANDS if item.slash and item.is_available(state)]
        offered = [(item.slash, f"{item.slash} {item.takes}".rstrip(), item.title) for item in available]
        others = {item.slash: item.also.split() for item in available}
        offered += [(f"/{one.name}", f"/{one.name}", one.first_words) for one in self.saved_prompts]
        begun = [one for one in offered if one[0].startswith(word)]
        rest = [one for one in offered if one not in begun]
        found = [rest[index] for index in rank(word[1:], [one[0] for one in rest])] if word != "/" else []
        begun.sort(key=lambda one: one[0] != word)
        if len(word) >= _LEAST_OTHER:
            meant = [
                one for one in rest if any(f"/{other}".startswith(word) for other in others.get(one[0], ()))
            ]
            found = [*meant, *(one for one in found if one not in meant)]
        return [PickRow(slash, label, hint) for slash, label, hint in [*begun, *found]][:_MOST_ROWS]

    def _arguments(self, word: str) -> list[tuple[str, str]]:
        """What may stand behind a command: values, each with a few words about it."""
        workspace = self.workspace
        if word == "/theme":
            return [(name, "") for name in ["auto", *sorted(self.app.available_themes)]]
        if word == "/tools":
            return [(value, "") for value in ("on", "off", "auto")]
        if word == "/web":
            return [(value, "") for value in ("on", "off")]
        if workspace is None or word not in ("/model", "/retry", "/assistant"):
            return []
        mark = "@" if word == "/retry" else ""
        names = [(f"{mark}{name}", "assistant") for name in workspace.assistants.names.values() if name]
        page = workspace.models.page
        models = [(model.id, model.owned_by or "") for model in page.data] if page is not None else []
        return {"/model": models, "/assistant": names}.get(word, [*models, *names])

    def on_slash_list_chosen(self, event: SlashList.Chosen) -> None:
        """Run the chosen command, or write it into the prompt."""
        event.stop()
        # a word that only resembles what was written is shown before it runs
        is_start = " " in event.row.id or event.row.id.startswith(self.prompt.text.lower())
        self._take(event.row.id, runs=event.runs and is_start)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Write the clicked command, or what was chosen after an `@`, into the prompt."""
        event.stop()
        if event.row.id.startswith("/"):
            self._take(event.row.id, runs=False)
        else:
            self.take_mention(event.row)

    def _take(self, text: str, *, runs: bool) -> None:
        self.slashes().close()
        takes_more = not runs and " " not in text
        end = self.prompt.document.end
        self.prompt.replace(f"{text} " if takes_more else text, (0, 0), end, maintain_selection_offset=False)
        self.set_focus(self.prompt)
        if runs:
            self.prompt.submit()

    def on_mention_list_dismissed(self, event: MentionList.Dismissed) -> None:
        """The list stays closed for this word."""
        event.stop()
        self.leave_mention()
        text = self.prompt.text
        self._left_word = text.split(maxsplit=1)[0] if text.startswith("/") else ""

    # Saved prompts

    async def _read_prompts(self) -> None:
        path = self.startup.config_path
        if path is None:
            return
        self.saved_prompts = saved_prompts(await asyncio.to_thread(prompt_files, path.parent / "prompts"))

    def on_saved_prompt_wanted(self, event: SavedPromptWanted) -> None:
        """Put a saved prompt into the prompt, once its blanks are filled."""
        event.stop()
        prompt, blanks = event.prompt, event.prompt.blanks
        if len(blanks) == 1 and event.rest:
            self.prompt.add_text(prompt.filled({blanks[0]: event.rest}))
        elif not blanks:
            self.prompt.add_text(joined((prompt.text, event.rest)))
        else:
            self._ask_blanks(prompt, event.rest)

    def _ask_blanks(self, prompt: SavedPrompt, rest: str) -> None:
        from aimltui.local_tools.mcp.forms import Form, FormField, Value
        from aimltui.tui.screens.dialogs.form import FormScreen

        first = prompt.blanks[0]
        fields = tuple(
            FormField(name, clean_line(name), "string", default=rest if name == first else "")
            for name in prompt.blanks
        )

        def filled(values: dict[str, Value] | None) -> None:
            if values is None:
                self.prompt.add_text(f"/{prompt.name} {rest}".rstrip())
            else:
                self.prompt.add_text(prompt.filled({name: str(value) for name, value in values.items()}))

        form = Form(f"/{prompt.name}", prompt.first_words, fields)
        self.app.push_screen(FormScreen(form, submit="Insert"), filled)

    # What was said before

    def on_prompt_input_down_at_end(self, event: PromptInput.DownAtEnd) -> None:
        """Go to the next newer message, or back to the empty prompt."""
        event.stop()
        self.prompt.recall(self.history.newer())

    def action_search_history(self) -> None:
        """Search what was said before, and put it into the prompt."""
        self.spawn(self._search_history(), "history")

    async def _search_history(self) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen

        await self.history.load()
        items = self.history.items()
        if not items:
            self.hint("There are no messages yet.")
            return
        rows = [ChoiceRow(str(index), " ".join(text.split())[:300]) for index, text in enumerate(items)]

        def picked(row: str | None) -> None:
            if row is not None:
                self.prompt.add_text(items[int(row)])

        self.app.push_screen(ChoiceScreen("What you said before", rows, verb="Insert"), picked)

    # The editor

    def action_edit_outside(self) -> None:
        """Write the message in the user's editor."""
        self.spawn(self._edit_outside(), "editor")

    async def _edit_outside(self) -> None:
        from aimltui.tui.external_editor import EditorFailed, edit

        prompt, key = self.prompt, self.drafts.key
        before = prompt.draft
        text, files = parted(before)
        self.drafts.save_now()
        try:
            edited = await edit(self.app, text, name="message.md")
        except EditorFailed as error:
            self.show_notice(str(error), is_warning=True)
            return
        if self.drafts.key != key:
            self.drafts.join(key, before=edited)
        elif edited != text:
            came = parted(prompt.draft)[0] if prompt.draft != before else ""
            prompt.exchange_draft(with_files(joined((edited, came)) if came else edited, files, prompt.to))
        self.set_focus(prompt)
