"""The crash report on the terminal: without local variables, secrets and control characters.

Textual's crash report prints the values of local variables, which may be keys or conversations.
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
    """An exception as text for the terminal, without anything private.

    Args:
        error: The exception, with its causes.
        redact: Removes known secrets.
    """
    report = traceback.TracebackException.from_exception(
        error, limit=-_FRAMES, capture_locals=False, compact=True
    )
    # redact before lines are cut: half a key would not be recognised
    whole = clean(redact_patterns(redact("".join(report.format()))))
    home = str(Path.home())
    shown = "\n".join(line[:_LINE_LIMIT].replace(home, "~") for line in whole.splitlines())
    if len(shown) > _TEXT_LIMIT:
        shown = shown[: _TEXT_LIMIT // 2] + "\n  …\n" + shown[-_TEXT_LIMIT // 2 :]
    # the sentence comes last: it stands above the shell's prompt, even if the rest has scrolled away
    return (
        f"{shown}\n\n"
        f"aimltui {__version__} crashed because of a bug. Your threads and drafts are saved.\n"
        "Start it again to continue. If it happens again, report the text above; it contains no keys.\n"
    )


class CrashReport(_App):
    """A mixin before `App` that prints `crash_text` instead of Textual's crash report."""

    redact: Redact = staticmethod(redact_patterns)
    """A function that removes secrets; replaced by one that knows the keys in use."""

    def _fatal_error(self) -> None:
        error = self._exception or RuntimeError("unknown")
        # Text and not a string: Rich would read brackets in a string as markup
        self._exit_renderables.append(Text(crash_text(error, self.redact), no_wrap=False))
        self._close_messages_no_wait()
