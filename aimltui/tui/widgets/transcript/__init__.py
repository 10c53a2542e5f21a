"""The transcript: one line-API widget that shows a thread's entries."""

from __future__ import annotations

from aimltui.tui.widgets.transcript.widget import Transcript

__all__ = ["Transcript"]
