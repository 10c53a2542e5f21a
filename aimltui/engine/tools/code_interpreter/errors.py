"""What goes wrong with a sandbox."""

from __future__ import annotations

from aimltui.engine.errors import EngineError


class SandboxError(EngineError):
    """The sandbox cannot be used, or it ended; the message is for the user and for the model."""
