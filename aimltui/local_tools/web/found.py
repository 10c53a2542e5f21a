"""What a search of the web found."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass
from aimltui.formatting.web_passages import WebPassage


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    passages: list[WebPassage]
    answers: list[str]
    """What the server itself answers, such as the result of a calculation; a line each."""
