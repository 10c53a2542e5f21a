"""The output of one cell as text."""

from __future__ import annotations

from aimltui.common.excerpt import Excerpt
from aimltui.engine.tools.code_interpreter.sessions import events


class CellTranscript:
    """Collects what a cell prints, its value, its error and remarks about it; of a long text the beginning and the end.

    Args:
        head: Characters of the beginning.
        tail: Characters of the end.
    """

    def __init__(self, head: int, tail: int) -> None:
        self._excerpt = Excerpt(head, tail)
        self._is_line_open = False
        self.is_ok = True
        """False once the cell has failed or was stopped."""
        self.seconds = 0.0
        """How long the cell ran; known when it has ended."""

    @property
    def text(self) -> str:
        """All text so far, shortened in the middle."""
        return self._excerpt.whole

    def take(self, event: events.SessionEvent) -> str:
        """Add the text of an event.

        Returns:
            The added text; empty for pictures and files.
        """
        match event:
            case events.Output(text=text):
                return self.add(text)
            case events.Value(text=text):
                return self.add_line(text)
            case events.Failure(traceback=text):
                self.is_ok = False
                return self.add_line(text)
            case events.Notice(text=text):
                return self.add_line(f"[{text}]")
            case events.Done(status=status, duration_s=seconds, sentence=end):
                self.seconds = seconds
                self.is_ok = self.is_ok and status == "ok"
                return self.add_line(f"[{end}]") if end else ""
            case _:
                return ""

    def add(self, text: str) -> str:
        """Add text as it was printed."""
        self._excerpt.add(text)
        if text:
            self._is_line_open = not text.endswith("\n")
        return text

    def add_line(self, text: str) -> str:
        """Add text that starts on a new line and ends its last one."""
        return self.add(("\n" if self._is_line_open else "") + text.rstrip("\n") + "\n")
