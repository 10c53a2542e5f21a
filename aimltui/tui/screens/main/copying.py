"""The main screen's part for the clipboard; ctrl+c also clears the prompt and quits."""

from __future__ import annotations

from textual import events

from aimltui.common.sanitize import clean
from aimltui.formatting.numbers import plural
from aimltui.tui import clipboard
from aimltui.tui.controllers.pressed_twice import PressedTwice
from aimltui.tui.screens.main.view import HINT_S, ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.blocks import Block
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.transcript import Transcript

_PART = "part"
"""The word after `/copy` that offers the parts of the last answer."""
_RESULT_S = 3.0
"""How long the result of copying stands."""


class CopyingPart(ScreenPart):
    """Handles copying, and the keys that quit."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.block_actions |= {"copy_part": self._copy_part}
        self._asks_to_quit = PressedTwice(startup.key_times, HINT_S)

    def copy(self, text: str) -> None:
        """Copy text to every clipboard within reach, and say who took it."""
        lines = text.count("\n") + 1
        what = f"{lines} lines" if lines > 1 else plural(len(text), "character")
        self.spawn(self._copy(clipboard.send_to_terminal(self.app, text), what), "copy")

    async def _copy(self, text: str, what: str) -> None:
        result = await clipboard.copy_with_tools(text)
        self.hint(result.sentence(what), _RESULT_S)

    def on_transcript_link_chosen(self, event: Transcript.LinkChosen) -> None:
        """Copy the link's address: no link is opened without a question."""
        event.stop()
        self.spawn(self._copy_address(clipboard.send_to_terminal(self.app, event.href)), "copy")

    async def _copy_address(self, address: str) -> None:
        result = await clipboard.copy_with_tools(address)
        self.show_notice(f"{result.sentence('the address of the link')}: {address[:200]}")

    def on_text_selected(self, event: events.TextSelected) -> None:
        """Copy what the mouse has selected."""
        if self.startup.auto_copy and (selected := self.get_selected_text()):
            self.copy(selected)

    def on_prompt_input_selected(self, event: PromptInput.Selected) -> None:
        """Copy what the mouse has selected in the prompt."""
        event.stop()
        if self.startup.auto_copy:
            self.copy(event.text)

    def on_prompt_input_copied(self, event: PromptInput.Copied) -> None:
        """Copy what is selected in the prompt."""
        event.stop()
        self.copy(event.text)

    def action_copy_answer(self, what: str = "") -> None:
        """Copy the Markdown of the last answer, or what the words after `/copy` ask for."""
        from aimltui.tui.widgets.transcript.copied_text import text_to_copy

        if what.strip().lower() == _PART:
            self.action_copy_part()
            return
        entries = self.workspace.current.view.entries if self.workspace is not None else ()
        text = text_to_copy(entries, what)
        if text:
            self.copy(clean(text))
        elif text is None:
            self.hint(
                "/copy takes nothing, a number, code or table with a number, tsv, csv or markdown behind a table, part, or all.",
                _RESULT_S,
            )
        else:
            self.hint("Nothing matches that, so nothing was copied.")

    def action_copy_part(self) -> None:
        """Let the user choose a block of code or a table of the last answer to copy."""
        self._offer_parts(self.workspace.current.view.facts.last_answer if self.workspace is not None else "")

    def _copy_part(self, block: Block) -> None:
        """Copy what the marked code printed, or a part of the marked message."""
        from aimltui.tui.state.terminal_output import settled

        if block.call is None:
            self._offer_parts(block.text)
        elif text := clean(settled(block.call.logs)).strip("\n"):
            self.copy(text)
        else:
            self.hint("The code printed nothing.")

    def _offer_parts(self, markdown: str) -> None:
        from aimltui.tui.screens.dialogs.copying import CopyScreen, rows_of
        from aimltui.tui.widgets.transcript.parts import parts_of

        parts = parts_of(markdown)
        if not parts:
            self.hint(
                "There is no code and no table in this message." if markdown else "There is no answer yet."
            )
            return
        rows = rows_of(markdown, parts)

        def picked(row_id: str | None) -> None:
            if row_id is not None:
                self.copy(clean(rows[int(row_id)].text()))

        self.app.push_screen(CopyScreen(rows), picked)

    def action_copy_or_clear(self) -> None:
        """Copy a selection; without one clear the prompt; pressed twice in an empty prompt, quit."""
        if selected := self.get_selected_text():
            self.copy(selected)
            self.clear_selection()
            return
        if self.prompt.clear_undoable():
            self.forget_quit()
            self.hint("Cleared. ctrl+z brings it back.")
        elif self.prompt.files:
            self.forget_quit()
            self.prompt.set_files(())
            self.hint("The files are no longer attached.")
        elif self._asks_to_quit.again():
            self.app.call_later(self.app.run_action, "quit")
        else:
            is_busy = self.workspace is not None and self.workspace.current.is_busy
            self.hint(
                "Press esc to stop the answer, ctrl+c again to quit."
                if is_busy
                else "Press ctrl+c again to quit."
            )

    def forget_quit(self) -> None:
        """Count the next ctrl+c as the first one."""
        self._asks_to_quit.forget()

    def on_prompt_input_quit_requested(self, event: PromptInput.QuitRequested) -> None:
        """Quit."""
        event.stop()
        self.app.call_later(self.app.run_action, "quit")
