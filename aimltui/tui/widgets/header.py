"""The line at the top: the assistant, the thread and the model."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from aimltui.common.sanitize import clean_line
from aimltui.tui.state.bars import HeaderTexts, fit_header

_SIGNS = {"unicode": ("≡", " ▸ ", "▾", " · "), "ascii": ("=", " > ", "v", " - ")}
_TEMPORARY = "Temporary"
"""What stands before the title of a thread that is not saved."""


class HeaderBar(Widget):
    """`≡ Assistant ▸ Title` at the left, `model · endpoint` at the right; what does not fit is left out.

    Args:
        glyphs: The set of glyphs.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    HeaderBar {
        height: 1;
        padding: 0 1;
        background: $surface;
        color: $foreground;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    assistant: reactive[str] = reactive("")
    """The assistant's name."""
    thread_title: reactive[str] = reactive("")
    """The thread's title; empty for a new one."""
    model: reactive[str] = reactive("")
    """The model's id."""
    endpoint: reactive[str] = reactive("")
    """The endpoint's name."""
    is_temporary: reactive[bool] = reactive(default=False)
    """Whether the thread is not saved."""

    class ModelClicked(Message):
        """The user clicked the model."""

    class MenuClicked(Message):
        """The user clicked the menu at the left."""

    class TitleClicked(Message):
        """The user clicked the assistant's name or the thread's title."""

    def __init__(self, *, glyphs: Literal["unicode", "ascii"] = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._signs = _SIGNS[glyphs]
        self._model_from = 0

    def set_glyphs(self, glyphs: Literal["unicode", "ascii"]) -> None:
        """Draw with another set of glyphs."""
        self._signs = _SIGNS[glyphs]
        self.refresh()

    def render(self) -> Content:
        """Return the line for the current width."""
        menu, arrow, down, dot = self._signs
        width = self.content_size.width
        title = clean_line(self.thread_title) or ("new thread" if self.is_temporary else "New thread")
        whole = HeaderTexts(
            clean_line(self.assistant),
            f"{_TEMPORARY}{dot}{title}" if self.is_temporary else title,
            clean_line(self.model) or "choose a model",
            clean_line(self.endpoint),
        )
        shown = fit_header(whole, width, left_extra=2, separator=3, right_extra=2)
        left = Content.assemble((menu, "$text-muted"), " ")
        if shown.assistant:
            left += Content.assemble((shown.assistant, "$primary"), (arrow, "$text-muted"))
        if self.is_temporary:
            left += Content.styled(shown.title[: len(_TEMPORARY)], "bold $text-warning")
            left += Content.styled(shown.title[len(_TEMPORARY) :], "bold")
        else:
            left += Content.styled(shown.title, "bold")
        right = Content("")
        if shown.model:
            right = Content(shown.model)
            if shown.endpoint:
                right += Content.styled(dot + shown.endpoint, "$text-muted")
            right += Content.styled(f" {down}", "$text-muted")
        self._model_from = width - right.cell_length if shown.model else width + 1
        return left + Content(" " * max(0, width - left.cell_length - right.cell_length)) + right

    def on_click(self, event: events.Click) -> None:
        """Post the message of the part under the mouse."""
        column = event.x - self.styles.padding.left
        if column >= self._model_from:
            self.post_message(self.ModelClicked())
        elif column <= 1:
            self.post_message(self.MenuClicked())
        else:
            self.post_message(self.TitleClicked())
