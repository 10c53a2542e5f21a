"""MainScreen: the screen that holds everything. Its parts are in the modules beside it, one per subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.geometry import Size

from aimltui.tui.commands.derived import bindings
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.screens.main.allowing_code import CodeConsentPart
from aimltui.tui.screens.main.assistants import AssistantsPart
from aimltui.tui.screens.main.attaching import AttachingPart
from aimltui.tui.screens.main.blocks import BlocksPart
from aimltui.tui.screens.main.comparing import ComparingPart
from aimltui.tui.screens.main.composing import ComposingPart
from aimltui.tui.screens.main.connections import ConnectionsPart
from aimltui.tui.screens.main.context import ContextPart
from aimltui.tui.screens.main.copying import CopyingPart
from aimltui.tui.screens.main.correcting import CorrectingPart
from aimltui.tui.screens.main.drafts import DraftsPart
from aimltui.tui.screens.main.files import FilesPart
from aimltui.tui.screens.main.function_calls import FunctionCallsPart
from aimltui.tui.screens.main.inspecting import InspectingPart
from aimltui.tui.screens.main.interchange import InterchangePart
from aimltui.tui.screens.main.lifecycle import LifecyclePart
from aimltui.tui.screens.main.mcp_servers import McpServersPart
from aimltui.tui.screens.main.panels import PanelsPart
from aimltui.tui.screens.main.pickers import PickersPart
from aimltui.tui.screens.main.quitting import QuittingPart
from aimltui.tui.screens.main.reading import ReadingPart
from aimltui.tui.screens.main.search import SearchPart
from aimltui.tui.screens.main.sending import SendingPart
from aimltui.tui.screens.main.settings import SettingsPart
from aimltui.tui.screens.main.skills import SkillsPart
from aimltui.tui.screens.main.threads import ThreadsPart
from aimltui.tui.screens.main.trash import TrashPart
from aimltui.tui.screens.main.usage import UsagePart
from aimltui.tui.screens.main.view import ApplySetting, MainView, no_effect
from aimltui.tui.startup import Startup
from aimltui.tui.themes import ThemeChoice
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.room import Room
from aimltui.tui.widgets.status_line import StatusLine
from aimltui.tui.widgets.thread_list import ThreadList
from aimltui.tui.widgets.transcript import Transcript


class MainScreen(
    LifecyclePart,
    ReadingPart,
    BlocksPart,
    SearchPart,
    SettingsPart,
    ConnectionsPart,
    PanelsPart,
    UsagePart,
    InspectingPart,
    InterchangePart,
    CodeConsentPart,
    FunctionCallsPart,
    McpServersPart,
    SkillsPart,
    PickersPart,
    AssistantsPart,
    ThreadsPart,
    TrashPart,
    ComposingPart,
    ContextPart,
    CopyingPart,
    CorrectingPart,
    ComparingPart,
    AttachingPart,
    DraftsPart,
    FilesPart,
    QuittingPart,
    SendingPart,
    MainView,
):
    """Shows thread list, transcript and prompt, and sends keys to the right one of them.

    Args:
        startup: What the composition root handed over.
        themes: How the user chooses a theme.
        problems: Sentences to show once.
        apply: Shows the effect of a setting of the app.
    """

    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]
    REPEATED_LETTERS: ClassVar[str] = "np"
    """The next and the previous call."""

    def __init__(
        self,
        startup: Startup,
        themes: ThemeChoice,
        problems: Sequence[str] = (),
        apply: ApplySetting = no_effect,
    ) -> None:
        super().__init__(startup)
        self.apply_to_app = apply
        self.themes = themes
        self._problems = problems

    def compose(self) -> ComposeResult:
        """The widgets that every start shows, styled for the size at once; the others are `LateWidget`s."""
        self.update_classes(_size_classes(self.app.size), update=False)
        glyphs: Literal["unicode", "ascii"] = "ascii" if self.startup.glyphs == "ascii" else "unicode"
        with Horizontal(id="body"):
            yield ThreadList(glyphs=glyphs, id="threads")
            with Room(id="room"):
                yield HeaderBar(glyphs=glyphs, id="header")
                yield Transcript(clock=self.clock, glyphs=glyphs, id="transcript")
                yield StatusLine(glyphs=glyphs, id="status")
                yield PromptInput("Message", id="prompt")
        yield FooterBar(id="footer")

    def on_mount(self) -> None:
        """Connect after the first frame."""
        if self.startup.sidebar == "hidden":
            self.add_class("-sidebar-closed")
        self.transcript.has_times = self.startup.timestamps
        self.transcript.wraps = self.startup.wrap
        self.transcript.pictures = self.startup.pictures
        self.threads.set_rows((), empty="loading threads…")
        self.show_state()
        self.app.app_suspend_signal.subscribe(self, lambda _: self.window.lend(), immediate=True)
        self.app.app_resume_signal.subscribe(self, self._resumed)
        self.set_interval(1.0, self._tick)
        self.watch(self.transcript, "scroll_y", self.transcript_scrolled, init=False)
        self.call_after_refresh(self._start)

    def _resumed(self, _app: object) -> None:
        self.window.take_back()
        self.show_state()

    def _start(self) -> None:
        for problem in self._problems:
            self.show_notice(problem, is_warning=True)
        self.spawn(self.connect(), "connect")

    def _tick(self) -> None:
        workspace = self.workspace
        if workspace is not None and workspace.current.is_busy:
            self.transcript.tick()
            self.show_calls()
            self.show_state()

    def on_notice_posted(self, event: NoticePosted) -> None:
        """Show a notice of the workspace."""
        event.stop()
        self.show_notice(event.text, is_warning=event.is_warning)

    # Layout

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        self._lay_out(event.size)

    def on_screen_resume(self) -> None:
        """Choose the layout: the size may have changed while another screen was in front."""
        self._lay_out(self.app.size)

    def _lay_out(self, size: Size) -> None:
        """Choose the layout for a size; all classes at once, since each change would style all widgets again."""
        self.update_classes(_size_classes(size))
        self.show_state()

    # Keys

    @property
    def letters_act(self) -> bool:
        """Whether a letter would act on what is selected in the transcript, or select an answer to a call that asks."""
        card = self.card.mounted
        return self.letters.is_alive or (card is not None and card.is_alive)

    def on_footer_bar_clicked(self, event: FooterBar.Clicked) -> None:
        """Do what the clicked key does."""
        event.stop()
        self.call_later(self.run_action, event.item.action)

    def on_descendant_focus(self) -> None:
        """Update the footer: its keys depend on which widget has the focus."""
        if self.focused is not self.transcript:
            self.letters.hide()
            self.transcript.marking.clear()
        self.show_state()

    def on_key(self, event: events.Key) -> None:
        """Put what is typed anywhere into the prompt, except for the letters of a marked card.

        The prompt lets no letter through: with the focus there, this one was read while another widget had it.
        """
        if not (event.is_printable and event.character):
            return
        event.stop()
        if self.take_key(event.character):
            return
        self.set_focus(self.prompt)
        self.prompt.add_text(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Put what is pasted anywhere into the prompt."""
        if self.focused is not self.prompt:
            event.stop()
            self.set_focus(self.prompt)
            self.prompt.post_message(events.Paste(event.text))


def _size_classes(size: Size) -> dict[str, bool]:
    """Return the classes that `main.tcss` knows; several may hold at once, unlike with Textual's breakpoints."""
    return {
        "-narrow": size.width < 100,
        "-broad": size.width >= 160,
        "-tiny": size.height < 12,
        "-short": size.height < 20,
        "-roomy": size.height > 30,
    }
