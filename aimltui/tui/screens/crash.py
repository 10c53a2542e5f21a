"""What stands on the terminal after a mistake of the program: no locals, no secrets, no control characters.

Textual's own crash report prints the values of local variables, among which a key or a conversation may be.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from aimltui import __version__
from aimltui.common.redaction import Redact, redact_patterns
from aimltui.common.sanitize import clean

if TYPE_CHECKING:
    from textual.app import App

    _App = App[object]
else:
    _App = object

_FRAMES = 12
_LINE_LIMIT = 300
_TEXT_LIMIT = 8_000


def crash_text(error: BaseException, redact: Redact = redact_patterns) -> str:
    """An exception as text for the terminal and for a report: what, where, and nothing private.

    Args:
        error: The exception, with its causes.
        redact: Takes known secrets out.
    """
    report = traceback.TracebackException.from_exception(
        error, limit=-_FRAMES, capture_locals=False, compact=True
    )
    # Redaction comes first: half a key would not be found any more.
    whole = clean(redact_patterns(redact("".join(report.format()))))
    home = str(Path.home())
    shown = "\n".join(line[:_LINE_LIMIT].replace(home, "~") for line in whole.splitlines())
    if len(shown) > _TEXT_LIMIT:
        shown = shown[: _TEXT_LIMIT // 2] + "\n  …\n" + shown[-_TEXT_LIMIT // 2 :]
    # The sentence comes last: it stands above the shell's prompt, whatever has scrolled away.
    return (
        f"{shown}\n\n"
        f"aimltui {__version__} stopped because of a mistake of its own. Your threads and drafts are saved.\n"
        "Start it again to go on. If it happens again, report the text above; it holds no keys.\n"
    )


class CrashReport(_App):
    """Mixed into an app before `App`: its crash report is `crash_text` instead of Textual's."""

    redact: Redact = staticmethod(redact_patterns)
    """Set this to a function that knows the keys in use."""

    def _fatal_error(self) -> None:
        error = self._exception or RuntimeError("unknown")
        # Text and not a string: Rich would take brackets in it for markup.
        self._exit_renderables.append(Text(crash_text(error, self.redact), no_wrap=False))
        self._close_messages_no_wait()
