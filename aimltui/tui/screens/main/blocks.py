"""The main screen's part for the block that is marked in the transcript: letters copy, save, show and run it."""

from __future__ import annotations

from functools import partial
from typing import Final

from aimltui.common.sanitize import clean
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.derived import command
from aimltui.tui.controllers.block_objects import object_text
from aimltui.tui.controllers.file_actions import FileActions
from aimltui.tui.screens.main.file_dialogs import FileDialogs
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.blocks import Block
from aimltui.tui.state.entries import ToolCallEntry
from aimltui.tui.state.file_facts import Repeat
from aimltui.tui.widgets.transcript import Transcript

_AGAIN: Final = "again"
"""The group of workers that run code again."""


class BlocksPart(ScreenPart):
    """Marks blocks and does what letters stand for on them.

    What a letter does is in `block_actions`, by the id of its command; when it can be used is in the command table.
    """

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._code = FileActions(lambda: self.workspace)
        self._texts = FileDialogs(self, self._code)
        self.block_actions |= {
            "copy_block": lambda block: self.copy(block.text),
            "copy_id": lambda block: self.copy(block.object_id),
            "save": self._save_block,
            "open_file": lambda block: self.spawn(self._texts.fetch_and_open(block.file_id), "file"),
            "view_block": self._view_block,
            "open_in_editor": lambda block: self.spawn(self._open_in_editor(block), "editor"),
            "show_raw": lambda block: self.spawn(self._show_raw(block), "file"),
            "run_again": self._run,
        }

    # The mark

    def action_block(self, step: int) -> None:
        """Mark the next block in the transcript; letters act on it until the focus goes elsewhere."""
        has_mark = self.transcript.mark is not None
        self.set_focus(self.transcript)
        if self.letters.is_shown or not has_mark:
            self.transcript.action_step(step)
        if not self.letters.is_shown:
            self.letters.show()
        self.show_state()

    def on_transcript_marked(self, event: Transcript.Marked) -> None:
        """Show in the footer what the keys do with what is marked; letters act on what was clicked, too."""
        event.stop()
        if event.by_mouse and self.transcript.mark is not None and not self.letters.is_shown:
            self.letters.show()
        self.show_state()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let keys act only where they mean something; letters are typed into the prompt elsewhere."""
        if action == "block_action":
            return self.letters.is_alive and command(str(parameters[0])).is_available(self.command_state())
        if action == "find":
            # in the list the same key pins a thread
            return self.focused is not self.threads
        return super().check_action(action, parameters)

    def action_block_action(self, command_id: str) -> None:
        """Do something with the marked block."""
        block = self.transcript.block
        if block is not None:
            self.block_actions[command_id](block)

    # Copying, saving, showing

    def on_transcript_copy_chosen(self, event: Transcript.CopyChosen) -> None:
        """Copy a block of code whose word was clicked."""
        event.stop()
        self.copy(event.code)

    def on_transcript_block_chosen(self, event: Transcript.BlockChosen) -> None:
        """Show the whole message or code that is marked."""
        event.stop()
        self._view_block(event.block)

    def _save_block(self, block: Block) -> None:
        if block.file_id:
            self.spawn(self._texts.fetch_and_save(block.file_id), "file")
        else:
            self._texts.save(block.file_name, block.text.encode("utf-8", "replace") + b"\n")

    def _view_block(self, block: Block) -> None:
        title = {"message": "message", "code": block.language or "code"}.get(block.kind, block.file_name)
        self._texts.view_text(clean(title), block.text, block.file_name)

    async def _open_in_editor(self, block: Block) -> None:
        from aimltui.tui.external_editor import EditorFailed, edit

        if {"own", "said"} <= block.words:
            await self.run_action(f"edit_message({block.entry.id!r}, True)")
            return
        try:
            edited = await edit(self.app, block.text, name=block.file_name)
        except EditorFailed as error:
            self.show_notice(str(error), is_warning=True)
            return
        if edited != block.text:
            self.prompt.add_text(edited)
            self.set_focus(self.prompt)

    async def _show_raw(self, block: Block) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        thread_id = workspace.current.thread_id if workspace is not None else None
        if workspace is None or thread_id is None:
            return
        try:
            text = await object_text(workspace.client, thread_id, block)
        except (APIError, TransportError) as error:
            self.show_notice(f"The object could not be read. {error}", is_warning=True)
            return
        self._texts.view_text(block.object_id, text, f"{block.object_id}.json")

    # Running

    def _run(self, block: Block) -> None:
        if block.call is not None:
            self._ask_to_run(block.call)
        else:
            self._ask_to_run_code(block.text)

    def _ask_to_run_code(self, code: str) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        workspace = self.workspace
        if workspace is None:
            return
        conversation = workspace.current
        if conversation.is_busy:
            self.hint("An answer is being written. The code can run after it.")
            return

        def answered(answer: str | None) -> None:
            if answer == YES and workspace.current is conversation:
                self.set_focus(self.prompt)
                self.transcript.scroll_to_tail()
                workspace.run_code(code)

        self.app.push_screen(
            ConfirmScreen(
                "Run this code?",
                f"{plural(code.count(chr(10)) + 1, 'line')} of Python will run in this thread's interpreter, as a step of "
                "the thread. The model sees the code and its output with your next message.",
                "Run",
            ),
            answered,
        )

    def _ask_to_run(self, call: ToolCallEntry) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        lines = plural(call.input.strip("\n").count("\n") + 1, "line")

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._code.run_again(call, partial(self._show_repeat, call.id)), _AGAIN)

        self.app.push_screen(
            ConfirmScreen(
                "Run this code again?",
                f"{lines} of Python will run in this thread's interpreter, and may change its variables and files. The "
                "panel shows the output until the program ends. The model does not see it.",
                "Run again",
            ),
            answered,
        )

    def _show_repeat(self, call_id: str, repeat: Repeat) -> None:
        if not self.is_attached:
            return
        self.transcript.learn(repeats={call_id: repeat})
        if repeat.running:
            self.transcript.unfold_call(call_id)

    def before_stop(self) -> bool:
        """Stop code that the user runs again, end finding, or close what stands beside; False if there is none of them."""
        is_running = any(worker.group == _AGAIN and not worker.is_finished for worker in self.workers)
        if is_running:
            self.workers.cancel_group(self, _AGAIN)
            return True
        bar = self.find_bar.mounted
        if bar is not None and bar.display:
            bar.action_leave()
            return True
        for pane in (self.side_document.mounted, self.run_pane.mounted):
            had_focus = pane is not None and pane.has_focus_within
            if pane is not None and pane.close():
                if had_focus:
                    self.set_focus(self.prompt)
                return True
        return False
