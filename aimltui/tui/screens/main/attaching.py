"""The main screen's part for the list after an `@` and the chips: files that are attached, the assistant that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aimltui.common.errors import AimltuiError
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import Command
from aimltui.tui.commands.derived import slash_command
from aimltui.tui.controllers.file_finder import FileFinder
from aimltui.tui.controllers.messages import TextReturned
from aimltui.tui.screens.main.late_widgets import LateWidget, mention_list, over_prompt
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import AttachedFile, with_next_goal
from aimltui.tui.storage.local_files import LocalFile
from aimltui.tui.widgets.prompt_input import PromptInput

if TYPE_CHECKING:
    from aimltui.tui.widgets.attachment_bar import AttachmentBar
    from aimltui.tui.widgets.pick_list import PickRow

_MENTION: Final = pattern(r"(?:^|(?<=\s))@([^\s@]{0,300})$")
"""An `@` and what follows it, before the cursor."""
_NAME: Final = pattern(r"@([^@]{1,80})")
"""The same at the beginning of the prompt: an assistant's name may contain spaces."""
_NO_FILES: Final = ("MODEL", "MODEL MODEL", "NAME")
"""What commands take that is no file: an `@` names an assistant there."""
_PAGES: Final = ("http://", "https://")
_MOST_SHOWN: Final = 2_000_000
"""Bytes of a file that are shown before it is sent."""


class AttachingPart(ScreenPart):
    """Handles the files of the message that is being written."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._finder = FileFinder(lambda: self.workspace)
        self._asked = ""
        """What the list over the prompt was last filled for."""
        self._dismissed: tuple[int, int] | None = None
        """The place of the `@` for which the user closed the list."""
        self._wants_file = False
        """Whether the `@` is there to attach a file, so that no assistants are offered."""
        self.offer_mentions = self._offer_mentions
        self.take_mention = self._take_mention
        self.leave_mention = self._leave_mention
        self.mentions = LateWidget(
            lambda: over_prompt(mention_list(), self.prompt, self.room), lambda: self.room, after="#prompt"
        )

    # Files that come

    def on_prompt_input_files_pasted(self, event: PromptInput.FilesPasted) -> None:
        """Attach files that were pasted or dropped; the second paste of the same path inserts it as text."""
        event.stop()
        known = {file.source for file in self.prompt.files}
        if all(str(file.path) in known for file in event.files):
            self.prompt.add_text(event.text)
            return
        self._add_files(event.files)
        self.hint("Attached. Paste it again for its path as text.", seconds=4)

    def action_attach(self, path: str = "") -> None:
        """Attach the file at a path; without one begin an `@` in the prompt."""
        if path:
            self.spawn(self._attach_asked(path), "attach")
            return
        self.set_focus(self.prompt)
        before = self.prompt.document.get_line(self.prompt.cursor_location[0])[
            : self.prompt.cursor_location[1]
        ]
        self._wants_file = True
        self.prompt.add_text("@" if not before or before[-1].isspace() else " @")

    async def _attach_asked(self, path: str) -> None:
        conversation = self._open_conversation()
        if not await self._attach_path(path) and conversation is not None:
            self.post_message(TextReturned.of_command(conversation, "/attach", path))

    async def _attach_path(self, path: str) -> bool:
        """Attach a file or a page; returns whether there was one."""
        if path.startswith(_PAGES) or self._finder.resource(path) is not None:
            await self._attach_page(path)
            return True
        file = await self._finder.at(path)
        if file is None:
            self.show_notice(
                f"There is no file at {clean_line(path)}, or it cannot be read.", is_warning=True
            )
        else:
            self._add_files([file])
        return file is not None

    async def _attach_page(self, url: str) -> None:
        """Read a web page and attach its text; if that fails, its address is text in the prompt again."""
        visit = self.drafts.key
        self._show_chips(f"reading {clean_line(url)}…")
        try:
            file = await self._finder.page(url, self.startup.drafts.directory / "pages")
        except (AimltuiError, OSError) as error:
            self.show_notice(f"{clean_line(url)} was not attached. {error}", is_warning=True)
            if visit == self.drafts.key:
                self.prompt.add_text(url)
            return
        finally:
            self._show_chips()
        unneeded = [file]
        if visit == self.drafts.key:
            unneeded = [one for one in self.prompt.files if one.url == file.url]
            self.prompt.set_files([*(one for one in self.prompt.files if one.url != file.url), file])
            self.hint("Attached. Press backspace, then enter to see what was read.", seconds=4)
        for one in unneeded:
            await self._finder.forget(one)

    def _add_files(self, files: Sequence[LocalFile]) -> None:
        attached, problem = self._finder.attached(files, self.prompt.files)
        self.prompt.set_files(attached)
        if problem:
            self.show_notice(problem, is_warning=True)

    # The chips

    def on_prompt_input_files_changed(self, event: PromptInput.FilesChanged) -> None:
        """Show the chips, and save them with the draft."""
        event.stop()
        had_focus = self.attached.has_focus
        self._show_chips()
        has_any = bool(self.prompt.files or self.prompt.to)
        if had_focus and not has_any:
            self.set_focus(self.prompt)
        if has_any:
            self.forget_quit()
        self.drafts.note_change()
        self.show_state()

    def _show_chips(self, note: str = "") -> None:
        files, to = self.prompt.files, self.prompt.to
        bar = self.attached() if files or note or to is not None else self.attached.mounted
        if bar is not None:
            bar.show(files, note, to)

    def on_prompt_input_files_wanted(self, event: PromptInput.FilesWanted) -> None:
        """Mark the last chip."""
        event.stop()
        bar = self.attached()
        bar.mark_last()
        self.set_focus(bar)

    def on_attachment_bar_left(self, event: AttachmentBar.Left) -> None:
        """Go back to the prompt."""
        event.stop()
        self.set_focus(self.prompt)

    def action_attached(self, what: str) -> None:
        """Do something with the marked chip."""
        file = self.attached.mounted.marked if self.attached.mounted is not None else None
        if isinstance(file, Addressee):
            if what == "remove":
                self.prompt.address(None)
            return
        if file is None:
            return
        match what:
            case "change_goal":
                changed = with_next_goal(file)
                self.prompt.set_files([changed if one is file else one for one in self.prompt.files])
            case "remove":
                self.prompt.set_files([one for one in self.prompt.files if one is not file])
                self.spawn(self._finder.forget(file), "attach")
            case "view":
                self.spawn(self._view_attached(file), "file")

    async def _view_attached(self, file: AttachedFile) -> None:
        from aimltui.tui.screens.dialogs.viewer import TextViewer

        text = await asyncio.to_thread(partial(_text_of, Path(file.path)))
        if text is None:
            self.hint(f"{file.name} is not text that can be shown here.")
            return
        self.app.push_screen(TextViewer(file.name, text, can_save=False))

    # The list after an @

    def _offer_mentions(self) -> None:
        """Offer assistants and files for what is written after an `@`; without one before the cursor close the list."""
        written = self._written()
        if written is None:
            self._dismissed, self._wants_file = None, False
        if written is None or self._dismissed == written[0]:
            self._asked = ""
            self._close_mentions()
        else:
            self.spawn(self._fill_mentions(written[1]), "mention")

    def _written(self) -> tuple[tuple[int, int], str] | None:
        """The place of the `@` before the cursor, and what follows it; None if there is none."""
        asked = slash_command(self.prompt.text)
        if not self.prompt.selection.is_empty or (isinstance(asked, Command) and asked.takes in _NO_FILES):
            return None
        row, column = self.prompt.cursor_location
        before = self.prompt.document.get_line(row)[:column]
        found = _MENTION.search(before)
        if found is None and row == 0 and (named := _NAME.fullmatch(before)):
            found = named if self._finder.addressees(named[1]) else None
        return ((row, found.start()), found[1]) if found is not None else None

    async def _fill_mentions(self, query: str) -> None:
        from aimltui.tui.widgets.pick_list import PickRow

        self._asked = query
        if query.startswith(_PAGES):
            has_host = "." in query.partition("://")[2]
            rows = [PickRow(f"page:{query}", f"Read the page {query}", "enter")] if has_host else []
            self._show_mentions(rows, "")
            return
        assistants: list[PickRow] = []
        written = self._written()
        if written is not None and written[0] == (0, 0) and not self._wants_file:
            assistants += [
                PickRow(f"assistant:{one.assistant_id}", f"@{one.name}", one.model)
                for one in self._finder.addressees(query)
            ]
        resources = [
            PickRow(f"page:{one.word}", one.word, one.name or "resource")
            for one in self._finder.resources(query)
        ]
        files = [
            PickRow(
                f"{'folder' if file.label.endswith('/') else 'file'}:{file.label}",
                file.label,
                self._finder.about(file),
            )
            for file in await self._finder.offered(query)
        ]
        lines = grouped(("Assistants", assistants), ("Resources", resources), ("Files", files))
        if self._asked == query and self._written() is not None:
            self._show_mentions(lines, query.rpartition("/")[2])

    def _show_mentions(self, rows: Sequence[PickRow | str], part: str) -> None:
        if not rows:
            self._close_mentions()
            return
        mentions = self.mentions()
        mentions.set_lines(rows, query=part)
        mentions.open(self.prompt, self.attached())

    def _close_mentions(self) -> None:
        if self.mentions.mounted is not None:
            self.mentions.mounted.close()

    def _leave_mention(self) -> None:
        """Leave what is written as text."""
        written = self._written()
        self._dismissed = written[0] if written is not None else None

    def _take_mention(self, row: PickRow) -> None:
        """Put what was chosen in place of what is written: an assistant, a file, or the path of a folder."""
        written = self._written()
        if written is None:
            return
        kind, _, label = row.id.partition(":")
        start, end = written[0], self.prompt.cursor_location
        if kind == "folder":
            self.prompt.replace(f"@{label}", start, end, maintain_selection_offset=False)
            return
        self.prompt.replace("", start, end, maintain_selection_offset=False)
        self._close_mentions()
        self.set_focus(self.prompt)
        if kind == "assistant":
            self.prompt.address(Addressee(label, row.label.removeprefix("@")))
            return
        self.spawn(self._attach_path(label), "attach")


def grouped(*groups: tuple[str, Sequence[PickRow]]) -> list[PickRow | str]:
    """Return the rows of all groups, each under its heading; files alone need none."""
    filled = [(heading, rows) for heading, rows in groups if rows]
    if [heading for heading, _ in filled] == ["Files"]:
        return list(filled[0][1])
    lines: list[PickRow | str] = []
    for heading, rows in filled:
        lines += [heading, *rows]
    return lines


def _text_of(path: Path) -> str | None:
    """Return the beginning of a file as text; None if it is not text."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_SHOWN)
    except OSError:
        return None
    if b"\x00" in content[:4096]:
        return None
    return content.decode("utf-8-sig", "replace")
