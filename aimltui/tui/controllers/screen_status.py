"""What footer, header and status line of the main screen show, computed from the state of the workspace. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut
from aimltui.formatting.money import context_text
from aimltui.tui.state.status import Status

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.workspace import Workspace

_NAME_CELLS = 40
_RUN_WORDS = {
    "queued": "queued",
    "in_progress": "running",
    "requires_action": "waiting for a function",
    "cancelling": "stopping",
}


@dataclass(frozen=True, slots=True)
class ScreenFacts:
    """What only the widgets know."""

    hint: str = ""
    list_has_focus: bool = False
    files_have_focus: bool = False
    card_has_focus: bool = False
    has_mark: bool = False
    """Whether the keyboard has marked something in the transcript."""
    letters_act: bool = False
    """Whether letters act on what is marked."""
    block: frozenset[str] = frozenset()
    """What is true of the marked block; see `Block.words`."""
    is_following: bool = True
    """Whether the transcript shows its end and follows it."""
    new_lines: int = 0
    """Lines that came in below the view."""
    is_narrow: bool = False
    is_short: bool = False
    quits_when_finished: bool = False
    is_editing: bool = False
    """Whether an earlier message is edited in the prompt."""
    has_text: bool = False
    """Whether there is text in the prompt."""


def command_words(facts: ScreenFacts, workspace: Workspace | None) -> frozenset[str]:
    """The words of `commands.STATE_WORDS` that are true."""
    words = {
        "list": facts.list_has_focus,
        "attached": facts.files_have_focus,
        "card": facts.card_has_focus,
        "marked": facts.has_mark,
        "letters": facts.letters_act and facts.has_mark,
        "away": not facts.is_following,
        "typed": facts.has_text,
        # before the start has ended it waits: what follows it must not be written to disk
        "memory": workspace is None or workspace.connected.has_temporary,
    }
    if workspace is not None:
        conversation = workspace.current
        words |= {
            "runs": workspace.connected.run_code is not None and not conversation.is_temporary,
            "temporary": conversation.is_temporary,
            "running": conversation.is_busy,
            "thread": conversation.thread_id is not None,
            "answer": conversation.view.facts.has_answer,
            "undo": bool(workspace.trash.threads),
            "call": bool(workspace.decisions.in_thread(conversation.thread_id)),
            "connections": workspace.connected.connections is not None,
            "unanswered": can_send_again(conversation),
            "cut": conversation.view.facts.is_cut and not conversation.is_busy,
            "branches": conversation.view.branches.last is not None,
        }
    found = frozenset(word for word, is_true in words.items() if is_true)
    return found | facts.block if facts.letters_act else found


def can_send_again(conversation: Conversation) -> bool:
    """Whether the last message has no complete answer, so that a new run can answer it."""
    run = conversation.run
    return run is not None and not conversation.is_busy and run.status in ("failed", "cancelled", "expired")


def model_text(workspace: Workspace) -> str:
    """The model that answers in the open conversation; `…` while it is being looked for."""
    looking = "…" if workspace.models.is_set_up and not workspace.models.is_settled else ""
    return workspace.models.model_of(workspace.current) or looking


_OFFLINE = "offline"


def endpoint_text(workspace: Workspace, demo_model: str) -> str:
    """The connection that answers in the open conversation; the demo model has none."""
    name = workspace.models.connection_of(workspace.current)
    is_demo = not name and workspace.current.selection.model == demo_model
    has_any = workspace.connected.connections is not None
    if name and has_any and name not in workspace.models.connections():
        return f"{name}, removed"
    web = " + web" if workspace.web.is_on(workspace.current) else ""
    return f"{name or (_OFFLINE if is_demo else workspace.endpoint)}{web}"


def placeholder(assistant: str, *, is_narrow: bool) -> str:
    """What an empty prompt says."""
    keys = "" if is_narrow else "    enter sends, ctrl+j new line"
    return f"Message {cut(clean_line(assistant), _NAME_CELLS).removesuffix('…')}…{keys}"


def status_of(facts: ScreenFacts, workspace: Workspace | None, now: float) -> Status:
    """What the line over the prompt says.

    Args:
        facts: The state of the widgets.
        workspace: The workspace; None before there is a connection.
        now: Unix seconds.
    """
    if workspace is None:
        return Status(hint=facts.hint, is_away=not facts.is_following, new_lines=facts.new_lines)
    conversation = workspace.current
    run, seconds = _run_text(conversation, now, is_away=not facts.is_following)
    # the figures of a single run stand in its receipt already
    used = conversation.view.runs.usage if conversation.view.runs.counted > 1 else None
    return Status(
        hint=facts.hint or _standing_hint(facts, conversation),
        is_away=not facts.is_following,
        has_text=facts.has_text,
        new_lines=facts.new_lines,
        title=workspace.threads.title(conversation.thread_id) if facts.is_short else "",
        run=run,
        seconds=seconds,
        options=conversation.options.told,
        queued=len(conversation.queue),
        tokens_in=used.prompt_tokens if used else 0,
        tokens_out=used.completion_tokens if used else 0,
        cost_usd=used.cost_usd if used else None,
        cost_is_computed=bool(used and used.cost_is_computed),
        cost_is_partial=bool(used and used.cost_is_partial),
        context=context_text(used.context_tokens, used.context_length) if used else "",
        today=workspace.usage.today if used else "",
    )


def _standing_hint(facts: ScreenFacts, conversation: Conversation) -> str:
    """What is said as long as it is so."""
    if facts.is_editing:
        return "editing an earlier message · enter sends it as a new branch · esc leaves it"
    if conversation.compared:
        names = " · ".join(clean_line(one.name) for one in conversation.compared)
        return f"esc leaves comparing · enter sends your next message to {names}"
    return "quits when the answer is finished" if facts.quits_when_finished else ""


def _run_text(conversation: Conversation, now: float, *, is_away: bool) -> tuple[str, int | None]:
    """The active run in a word, and its seconds; nothing where its own line at the end of the transcript is in view."""
    run = conversation.view.runs.active
    if not conversation.is_busy or not (is_away or run is None or conversation.is_stopping):
        return "", None
    word = "stopping" if conversation.is_stopping else "sending"
    if run is None:
        return word, None
    if not conversation.is_stopping:
        word = _RUN_WORDS.get(run.status, run.status)
    return word, int(max(0.0, now - (run.started_at or run.created_at)))
