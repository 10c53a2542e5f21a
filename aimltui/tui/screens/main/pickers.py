"""The main screen's part for the pickers of models, themes and commands, and for the help.

The modal screens are imported when they are opened: the first frame does not need them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.commands.derived import command
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.widgets.header import HeaderBar

if TYPE_CHECKING:
    from aimltui.tui.controllers.settings_writer import MarkKeeper
    from aimltui.tui.controllers.workspace import Workspace
    from aimltui.tui.screens.dialogs.model_picker import ModelChoice, ModelPicker

_SWITCHES = {
    "auto": "on, unless the model is small or calls no tools",
    "on": "it may run code and search files",
    "off": "it only writes",
}
_WEB = {"on": "it may search and read pages", "off": "it uses what it knows"}
_ALL = "all:"


class PickersPart(ScreenPart):
    """Opens the pickers and the help."""

    def on_header_bar_model_clicked(self, event: HeaderBar.ModelClicked) -> None:
        """Choose the open thread's model."""
        event.stop()
        self.open_model_picker()

    def action_pick_model(self, word: str = "") -> None:
        """Use the model with this id in the open thread; without one, or if none has it, let the user choose."""
        workspace = self.workspace
        page = workspace.models.page if workspace is not None and word else None
        found = [model for model in page.data if model.id == word] if page is not None else []
        if workspace is None or not found:
            self.open_model_picker(search=word)
            return
        here = workspace.models.answering(workspace.current)
        model = next((one for one in found if one.connection in (None, here)), found[0])
        act = workspace.selections.choose_model(workspace.current, model.id, model.connection or "")
        self.spawn(act, "choice")

    def open_model_picker(
        self, chosen: Callable[[str, str], object] | None = None, *, search: str = ""
    ) -> None:
        """Let the user choose the open thread's model; with `chosen` it gets the model and its connection instead."""
        from aimltui.tui.screens.dialogs.model_picker import ModelPicker
        from aimltui.tui.state.model_offer import offer_of

        workspace = self.workspace
        if self.waits_for_start("pick_model") or workspace is None:
            return
        models, conversation, marks = workspace.models, workspace.current, self.marks

        def took(choice: ModelChoice) -> None:
            if marks is not None:
                marks.note_use((choice.connection, choice.id))
            if chosen is not None:
                chosen(choice.id, choice.connection)
                return
            selections = workspace.selections
            act = selections.make_default if choice.scope == "assistant" else selections.choose_model
            self.spawn(act(workspace.current, choice.id, choice.connection), "choice")

        def ask() -> None:
            self.spawn(self._fill(picker, refresh=True), "models")

        connections = models.connections()
        here = models.connection_of(conversation) or (connections[0] if connections else "")
        picker = ModelPicker(
            ask,
            took,
            offer=offer_of(models.page),
            current=(here, models.model_of(conversation) or ""),
            marks=marks,
            connections=list(dict.fromkeys([here, *connections])),
            assistant=workspace.assistants.name_of(conversation) if chosen is None else "",
            clock=self.clock,
            is_asked=True,
        )
        picker.search_box.value = search
        self.app.push_screen(picker)
        self.spawn(self._fill(picker, refresh=False), "models")
        if marks is not None:
            self.spawn(self._fill_marks(picker, marks), "marks")

    async def _fill_marks(self, picker: ModelPicker, marks: MarkKeeper) -> None:
        """Show the marks that another window has made."""
        before = marks.recent, marks.favourites
        await marks.load()
        if picker.is_attached and before != (marks.recent, marks.favourites):
            picker.show_marks()

    async def _fill(self, picker: ModelPicker, *, refresh: bool) -> None:
        """Show the server's models; if the list is old, let the server ask the endpoints and show the new list."""
        from aimltui.tui.state.model_offer import ModelOffer, is_old, offer_of
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            page = await workspace.models.list_models(refresh=refresh)
            if picker.is_attached:
                picker.show_offer(offer_of(page))
            if not refresh and is_old(page, self.clock()):
                picker.note_asking()
                page = await workspace.models.list_models(refresh=True)
                if picker.is_attached:
                    picker.show_offer(offer_of(page))
        except (APIError, TransportError) as error:
            if picker.is_attached:
                text = f"The list of models could not be read. {error} You can type a model's id."
                picker.show_offer(ModelOffer(problem=text))

    def action_switch_tools(self, word: str = "") -> None:
        """Switch the hosted tools in the open thread; without a word let the user choose."""
        if self.waits_for_start(f"switch_tools({word!r})") or self.workspace is None:
            return
        word = word.strip().lower()
        if word in _SWITCHES:
            self.spawn(self.workspace.tools.choose(self.workspace.current, word), "choice")
        elif word:
            self.hint("Tools are on, off or auto.")
        else:
            self._pick_tools(self.workspace)

    def _pick_tools(self, workspace: Workspace) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen

        conversation, tools = workspace.current, workspace.tools
        name = workspace.assistants.name_of(conversation)
        rows = [ChoiceRow(word, word, hint) for word, hint in _SWITCHES.items()]
        rows += [ChoiceRow(f"{_ALL}{word}", f"{word} in every thread of {name}") for word in _SWITCHES]

        def picked(choice: str | None) -> None:
            if choice is None:
                return
            act = tools.choose_for_assistant if choice.startswith(_ALL) else tools.choose
            self.spawn(act(conversation, choice.removeprefix(_ALL)), "choice")

        title = "Tools in this thread"
        screen = ChoiceScreen(title, rows, current=tools.of(conversation), describes=True)
        self.app.push_screen(screen, picked)

    def action_switch_web(self, word: str = "") -> None:
        """Switch the web in the open thread; without a word let the user choose."""
        if self.waits_for_start(f"switch_web({word!r})") or self.workspace is None:
            return
        word = word.strip().lower()
        if word in _WEB:
            self.spawn(self.workspace.web.choose(self.workspace.current, word), "choice")
        elif word:
            self.hint("The web is on or off.")
        else:
            self._pick_web(self.workspace)

    def _pick_web(self, workspace: Workspace) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen

        conversation, web = workspace.current, workspace.web
        name = workspace.assistants.name_of(conversation)
        rows = [ChoiceRow(word, word, hint) for word, hint in _WEB.items()]
        rows += [ChoiceRow(f"{_ALL}{word}", f"{word} in every thread of {name}") for word in _WEB]

        def picked(choice: str | None) -> None:
            if choice is not None:
                act = web.choose_for_assistant if choice.startswith(_ALL) else web.choose
                self.spawn(act(conversation, choice.removeprefix(_ALL)), "choice")

        title = "Web in this thread"
        current = "on" if web.is_on(conversation) else "off"
        self.app.push_screen(ChoiceScreen(title, rows, current=current, describes=True), picked)

    def action_pick_theme(self, wanted: str = "") -> None:
        """Use the theme of this name; without one, try the themes and keep one."""
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ThemeScreen

        choose, before = self.themes.choose, self.themes.current()
        names = sorted(self.app.available_themes, key=lambda name: (not name.startswith("aimltui"), name))
        rows = [ChoiceRow("auto", "auto", "like the terminal")]
        rows += [ChoiceRow(name, name) for name in names]

        def picked(name: str | None) -> None:
            choose(name or before)
            if name:
                self.settings.save({"ui.theme": name}, "The theme holds until the program ends.")

        if wanted in ("auto", *names):
            picked(wanted)
            return
        if wanted:
            self.hint("There is no theme of this name.")
        self.app.push_screen(ThemeScreen("Theme", rows, current=before, preview=choose), picked)

    def action_show_palette(self) -> None:
        """Show all commands that are available."""
        from aimltui.tui.screens.dialogs.palette import PaletteScreen

        def picked(command_id: str | None) -> None:
            if command_id:
                self.call_later(self.run_action, command(command_id).action)

        self.app.push_screen(PaletteScreen(self.command_state() - {"list"}), picked)

    def action_show_help(self) -> None:
        """Show all keys, first those of the part with the focus."""
        from aimltui.tui.screens.dialogs.help import HelpScreen

        state = self.command_state()
        places = {"list": "list", "attached": "files", "letters": "transcript"}
        here = next((scope for word, scope in places.items() if word in state), "")
        self.app.push_screen(HelpScreen(here=here))
