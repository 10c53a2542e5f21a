"""The yardstick for the start: a bare Textual app with as many widgets as our main screen has."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.scroll_view import ScrollView
from textual.widgets import Footer, OptionList, Static, TextArea


class BareApp(App[None]):
    """A list, a pane, an input, a line above and below."""

    CSS = "OptionList { width: 28; } TextArea { height: 3; } Static { height: 1; }"

    def compose(self) -> ComposeResult:
        yield Static("bare")
        with Horizontal():
            yield OptionList("one", "two")
            with Vertical():
                yield ScrollView()
                yield Static("status")
                yield TextArea(placeholder="Message")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()


if __name__ == "__main__":
    BareApp().run()
