"""The main screen's part for comparing: several models or assistants answer one message side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean_line
from aimltui.tui.controllers.messages import BranchChosen, ComparisonStarted, TextReturned
from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.state.answerers import Answerer

_HOW_MANY = (
    "Name two to four models, as in /compare gpt-5 claude-sonnet, or assistants: /compare @Editor @Critic."
)
_HINT_S = 4.0


class ComparingPart(ScreenPart):
    """Chooses the models or assistants that answer the next message, and shows their answers."""

    def action_compare(self, words: str = "") -> None:
        """Let several models or assistants answer the next message.

        Args:
            words: Their names, those of assistants with an `@`; empty to choose models from the list.
        """
        if self.waits_for_start(f"compare({words!r})") or self.workspace is None:
            return
        conversation = self.workspace.current
        if conversation.is_busy:
            self.hint("The answer is still being written. Stop it first (esc).")
            self.post_message(TextReturned.of_command(conversation, "/compare", words))
        else:
            conversation.choice = object()
            self.spawn(self._compare(conversation, words.split(), conversation.choice), "choice")

    async def _compare(self, conversation: Conversation, words: Sequence[str], choice: object) -> None:
        by_assistants = _names_assistants(words)
        models = await (self._assistants() if by_assistants else self._models_to_compare(conversation))
        if conversation.choice is not choice:
            return
        if words and (models or by_assistants):
            self._compare_named(conversation, words, models)
        elif len(models) > 1:
            self._pick_compared(conversation, models)
            return
        elif models:
            self.hint("There is only one model here. Connect others first (/connect).", _HINT_S)
        self._end_choosing(conversation)

    def _end_choosing(self, conversation: Conversation) -> None:
        """Send the messages that waited for the choice of models; without a choice return them to the prompt."""
        conversation.choice = None
        if not conversation.compared:
            self.post_message(TextReturned(conversation, conversation.dequeue_all()))
        elif (draft := conversation.dequeue()) is not None and self.workspace is not None:
            self.workspace.send(draft, conversation)

    async def _assistants(self) -> Sequence[Answerer]:
        from aimltui.tui.state.answerers import Answerer
        from aimltui.wire.errors import APIError

        assert self.workspace is not None
        try:
            listed = await self.workspace.assistants.read()
        except (APIError, TransportError) as error:
            self.show_notice(f"The assistants could not be read. {error}", is_warning=True)
            return ()
        return [Answerer(one.id, one.name or one.id, is_assistant=True) for one in listed]

    async def _models_to_compare(self, conversation: Conversation) -> Sequence[Answerer]:
        from aimltui.tui.state.answerers import Answerer, with_current
        from aimltui.wire.errors import APIError

        assert self.workspace is not None
        models = self.workspace.models
        try:
            page = models.page or await models.list_models()
        except (APIError, TransportError) as error:
            self.show_notice(f"The models could not be read. {error}", is_warning=True)
            return ()
        if not page.data:
            self.hint("There is no list of models here.", _HINT_S)
            return ()
        listed = [Answerer(model.id, model.id, model.connection or "") for model in page.data]
        return with_current(listed, models.model_of(conversation), models.connection_of(conversation))

    def _compare_named(
        self, conversation: Conversation, words: Sequence[str], offered: Sequence[Answerer]
    ) -> None:
        from aimltui.tui.controllers.comparison import FEWEST, MOST
        from aimltui.tui.state.answerers import named, parted_names

        assert self.workspace is not None
        here = self.workspace.models.connection_of(conversation) or ""
        by_assistants = _names_assistants(words)
        assistants = [one for one in offered if one.is_assistant]
        models = [one for one in offered if not one.is_assistant]
        found = [(name, named(name, models, assistants, here)) for name in parted_names(words, assistants)]
        unknown = [name for name, one in found if one is None or (by_assistants and not name.startswith("@"))]
        if unknown:
            kind = "assistant" if by_assistants else "model"
            lists = "/assistant lists them; each takes an @" if by_assistants else "ctrl+l lists them"
            self.hint(f"No {kind} matches “{clean_line(unknown[0])[:60]}”. {lists}.", _HINT_S)
            self._return_command(conversation, words)
        elif not FEWEST <= len(found) <= MOST:
            self.hint(_HOW_MANY, _HINT_S)
            self._return_command(conversation, words)
        else:
            self._let_answer(conversation, [one for _, one in found if one is not None])

    def _return_command(self, conversation: Conversation, words: Sequence[str]) -> None:
        """Put the command into the prompt again, unless a message that waited for it comes back."""
        if not conversation.queue:
            self.post_message(TextReturned.of_command(conversation, "/compare", " ".join(words)))

    def _pick_compared(self, conversation: Conversation, models: Sequence[Answerer]) -> None:
        from aimltui.tui.screens.dialogs.compare_picker import ComparePicker

        assert self.workspace is not None
        here = (
            self.workspace.models.model_of(conversation),
            self.workspace.models.connection_of(conversation),
        )
        current = [model for model in models if (model.id, model.connection or None) == here]

        def picked(chosen: Sequence[Answerer] | None) -> None:
            if chosen:
                self._let_answer(conversation, chosen)
            self._end_choosing(conversation)

        self.app.push_screen(ComparePicker(models, current[:1]), picked)

    def _let_answer(self, conversation: Conversation, models: Sequence[Answerer]) -> None:
        conversation.compared = tuple(models)
        self.set_focus(self.prompt)
        self.show_state()

    def on_comparison_started(self, event: ComparisonStarted) -> None:
        """Show the answers side by side."""
        from aimltui.tui.screens.dialogs.compare import CompareHost, CompareScreen

        event.stop()
        workspace = self.workspace
        assert workspace is not None

        def closed(thread_id: str | None) -> None:
            for column in event.comparison.columns:
                if column.conversation is not None:
                    column.conversation.shown_beside = None
                    column.conversation.buffer.share_frames(1)
            if thread_id is not None:
                self.post_message(BranchChosen(thread_id))

        glyphs: Literal["unicode", "ascii"] = "ascii" if self.startup.glyphs == "ascii" else "unicode"
        host = CompareHost(
            stop=workspace.stop,
            copy=self.copy if self.startup.auto_copy else lambda text: None,
            learn=workspace.files.learn,
            pass_on=self.post_message,
        )
        pictures = self.startup.pictures
        sheet = CompareScreen(event.comparison, host, self.clock, glyphs=glyphs, pictures=pictures)
        self.app.push_screen(sheet, closed)


def _names_assistants(words: Sequence[str]) -> bool:
    return any(word.startswith("@") for word in words)
