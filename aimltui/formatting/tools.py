"""Says that a run had no tools, in a few words. No I/O."""

from __future__ import annotations

from aimltui.common.sanitize import clean_line

_BY_THE_USER = "switched off"


def tools_off_text(reason: str) -> str:
    """Return “tools off” with the reason, unless the user is the reason."""
    reason = clean_line(reason)
    return f"tools off: {reason}" if reason not in ("", _BY_THE_USER) else "tools off"
