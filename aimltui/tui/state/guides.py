"""The guide in a thread without messages: what to set up, or which assistant answers and how to start. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.tui.state.entries import GuideEntry, GuideOption

SET_UP = "set-up"
"""The option that opens the Connect screen."""
TRY_THE_DEMO = "demo"
"""The option that chooses the demo model."""
TRY_DEMO, DEMO_HINT = "Try the demo", "offline: a scripted model answers"
"""How the demo is offered, here and in the Connect screen."""
STARTER = "starter:"
"""Options that send a message start with this; the starter's number follows."""

NOT_CONNECTED = """\
**Nothing is connected yet**

Threads and runs are saved on this machine; only a **model** is missing. Only the endpoint that you choose is
contacted. Press ↑ then Enter, or click:
"""

Starters = Sequence[tuple[str, str]]
"""The line shown, and the message that choosing it sends; one that ends with a colon goes to the prompt to be finished."""

GENERAL: Starters = (
    ("Explain something in plain words", "Explain in a few plain sentences:"),
    ("Improve a text", "Correct and improve this text, and say what you changed:"),
    ("Make a plan", "Make a short plan, step by step, for this:"),
)
"""What any model can be asked: nothing is sent until the user has written the rest."""


def guides_for(
    model: str | None,
    assistant: str,
    *,
    is_set_up: bool,
    may_connect: bool,
    starters: Starters = (),
    notes: Sequence[str] = (),
) -> tuple[GuideEntry, ...]:
    """The guides of an empty conversation.

    Args:
        model: The model that answers; None if it is not known.
        assistant: The name of the assistant that answers.
        is_set_up: Whether a model is configured, or can be looked for.
        may_connect: Whether the program has connections that can be set up.
        starters: Messages to start with.
        notes: Sentences about what the server cannot do.
    """
    if model is None and not is_set_up:
        return (_not_connected(may_connect=may_connect),)
    options = tuple(GuideOption(f"{STARTER}{i}", label) for i, (label, _) in enumerate(starters))
    who = f"**{assistant}** answers with `{model}`." if model else f"**{assistant}**"
    way = "Write a message below, or press ↑ then Enter:" if options else "Write a message below."
    text = f"{who}\n\n{way}"
    if notes:
        text += "\n\n" + "\n".join(f"- {note}" for note in notes)
    return (GuideEntry(f"guide:{model}:{assistant}", text, options, is_page=True),)


def _not_connected(*, may_connect: bool) -> GuideEntry:
    options = [GuideOption(TRY_THE_DEMO, TRY_DEMO, DEMO_HINT)]
    if may_connect:
        hint = "AI/ML API, OpenAI, a server on this machine, any URL"
        options.insert(0, GuideOption(SET_UP, "Connect a model", hint))
    return GuideEntry("guide:connect", NOT_CONNECTED, tuple(options))


def chosen_message(starters: Starters, option_id: str) -> str | None:
    """The message that an option sends; None if the option is no starter."""
    if not option_id.startswith(STARTER):
        return None
    number = int(option_id.removeprefix(STARTER))
    return starters[number][1] if number < len(starters) else None
