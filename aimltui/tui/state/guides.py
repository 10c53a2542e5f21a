"""What stands in a thread in which nothing was said yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.tui.guides_ids import LOOK_AROUND, SET_UP, STARTER
from aimltui.tui.state.entries import GuideEntry, GuideOption

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.workspace import Desk
    from aimltui.tui.startup import Startup


NOT_CONNECTED = """\
# Nothing is connected yet

Threads and runs are kept on this machine; only a **model** is missing. Nothing but the endpoint that you choose
is ever contacted. Choose by ↑ and enter, or with a click:
"""


def guides_for(desk: Desk, conversation: Conversation, startup: Startup) -> tuple[GuideEntry, ...]:
    """What stands in an empty conversation: what to set up, or whom one talks to and how to begin."""
    model = desk.choices.model_of(conversation)
    if model is None and not desk.choices.is_set_up:
        ways = [
            GuideOption(LOOK_AROUND, "Look around offline", "a scripted model answers; nothing is contacted")
        ]
        if desk.connected.connections is not None:
            hint = "AI/ML API, OpenAI, a server on this machine, any URL"
            ways.insert(0, GuideOption(SET_UP, "Connect a model", hint))
        return (GuideEntry("guide:connect", NOT_CONNECTED, tuple(ways)),)
    name = desk.choices.assistant_name(conversation)
    # The starters are about the program, and only the scripted model knows it.
    starters = desk.connected.starters if model == startup.demo_model else ()
    choices = tuple(GuideOption(f"{STARTER}{i}", label) for i, (label, _) in enumerate(starters))
    whom = f"**{name}** answers with `{model}`." if model else f"**{name}** answers."
    way = (
        "Write a message below, or begin with one of these (↑ and enter, or a click):"
        if choices
        else "Write a message below."
    )
    text = f"# New thread\n\n{whom} {way}"
    lacks = "\n".join(f"- {note}" for note in desk.connected.notes)
    if lacks:
        text += f"\n\n{lacks}"
    return (GuideEntry(f"guide:{model}:{name}", text, choices),)


def chosen_message(desk: Desk, choice_id: str) -> str | None:
    """The message that a choice sends; None if the choice is none of the starters."""
    if not choice_id.startswith(STARTER):
        return None
    number = int(choice_id.removeprefix(STARTER))
    starters = desk.connected.starters
    return starters[number][1] if number < len(starters) else None
