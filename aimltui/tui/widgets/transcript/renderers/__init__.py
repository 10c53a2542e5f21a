"""The renderers, which are imported when the first entry is drawn: the first frame has none.

Until then, other modules name them as attributes of this package. After the first frame, a worker thread imports
`every`, so that the first entry does not wait for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aimltui.tui.widgets.transcript.renderers.every import ACTIVE as ACTIVE
    from aimltui.tui.widgets.transcript.renderers.every import LIVE_TAIL as LIVE_TAIL
    from aimltui.tui.widgets.transcript.renderers.every import Memo as Memo
    from aimltui.tui.widgets.transcript.renderers.every import MessageDrawing as MessageDrawing
    from aimltui.tui.widgets.transcript.renderers.every import clean_message as clean_message
    from aimltui.tui.widgets.transcript.renderers.every import draw_entry as draw_entry
    from aimltui.tui.widgets.transcript.renderers.every import draw_step as draw_step
    from aimltui.tui.widgets.transcript.renderers.every import estimated_rows as estimated_rows
    from aimltui.tui.widgets.transcript.renderers.every import message_source as message_source
    from aimltui.tui.widgets.transcript.renderers.every import plain_text as plain_text
    from aimltui.tui.widgets.transcript.renderers.every import step_opens as step_opens
    from aimltui.tui.widgets.transcript.renderers.every import with_text as with_text
    from aimltui.tui.widgets.transcript.renderers.every import without_text as without_text


def __getattr__(name: str) -> Any:
    """Import the renderers for the first use of one of them."""
    if name.startswith("__"):
        raise AttributeError(name)
    every = importlib.import_module(f"{__name__}.every")
    try:
        found = globals()[name] = getattr(every, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return found
