"""ConfirmScreen: asks before something is done that cannot be undone. No answer is selected at first."""

from __future__ import annotations

from aimltui.common.sanitize import clean
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet

YES, NO = "yes", "no"


class ConfirmScreen(QuestionSheet):
    """Says what will happen, and asks. The result is `YES` if the user chose it, else `NO` or None.

    Args:
        title: The question.
        text: Sentences about what will happen.
        verb: A few words for yes.
        refusal: A few words for no.
    """

    def __init__(self, title: str, text: str, verb: str, refusal: str = "Cancel") -> None:
        options = (Option(YES, verb), Option(NO, refusal))
        super().__init__(title, (clean(text),), options, leave=refusal)
