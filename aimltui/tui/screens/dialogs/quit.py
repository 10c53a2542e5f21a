"""QuitQuestion: asks before an answer is cut off by quitting. No answer is selected at first."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet

STOP, LATER, STAY = "stop", "later", "stay"
_MOST_TITLES = 3


class QuitQuestion(QuestionSheet):
    """Says which answers are being written, and asks. The result is `STOP`, `LATER`, `STAY`, or None for escape.

    Once all of them are finished, `settle` closes it.

    Args:
        titles: The threads in which an answer is being written.
        queued: How many messages wait behind these answers.
    """

    def __init__(self, titles: Sequence[str], queued: int = 0) -> None:
        named = ", ".join(f"“{clean_line(title)}”" for title in titles[:_MOST_TITLES])
        more = (
            f" and {plural(len(titles) - _MOST_TITLES, 'more thread')}" if len(titles) > _MOST_TITLES else ""
        )
        text = f"An answer is being written in {named}{more}."
        if queued:
            text += f" {plural(queued, 'message')} in the queue."
        options = (
            Option(STOP, "Stop and quit", "what is written so far stays in the thread"),
            Option(LATER, "Quit when it is finished", "the program stays open until then"),
            Option(STAY, "Stay"),
        )
        super().__init__("Quit now?", (text,), options, leave="Stay")

    def settle(self) -> None:
        """Close, since no answer is being written: quit as the user wanted, but not with “Stay” selected."""
        self.dismiss(STAY if self.chosen_id == STAY else LATER)
