"""Why the web could not be used."""

from __future__ import annotations

from aimltui.common.errors import AimltuiError


class SearchError(AimltuiError):
    """A search or a fetch failed. The text is for the user and for the model."""
