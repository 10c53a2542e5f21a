"""Asks before a form is closed whose typed values would be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aimltui.tui.screens.dialogs.question import Option, QuestionSheet
from aimltui.tui.screens.dialogs.sheet import Sheet

_DONE, _DISCARD, _GO_ON = "done", "discard", "go-on"


def ask_before_discard(form: Sheet[Any], done: str, submit: Callable[[], None]) -> None:
    """Ask what becomes of typed values; the form closes without a result if they are discarded.

    Args:
        form: The form.
        done: A few words for what `submit` does.
        submit: Closes the form with its values, unless one is wrong.
    """

    def answered(answer: str | None) -> None:
        # the question has left the screen only after this
        if answer == _DONE:
            form.call_later(submit)
        elif answer == _DISCARD:
            form.call_later(form.dismiss, None)

    options = (Option(_DONE, done), Option(_DISCARD, "Discard it"), Option(_GO_ON, "Keep editing"))
    question = QuestionSheet("Discard what you have typed?", (), options, leave="Keep editing")
    form.app.push_screen(question, answered)
