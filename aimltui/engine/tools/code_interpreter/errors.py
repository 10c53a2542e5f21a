"""The error of the code interpreter."""

from __future__ import annotations

from aimltui.engine.errors import EngineError


class SandboxError(EngineError):
    """The sandbox cannot be used, or it ended. The message is for the user and the model."""
