"""What the screen may see of imports and exports: the services' shape. Nothing here reads a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from aimltui.interchange.report import Report
    from aimltui.interchange.survey import Survey

SUFFIXES: Final = {".md": "markdown", ".html": "html", ".json": "json", ".jsonl": "jsonl"}
"""The format that a file's ending asks for."""


class Interchange(Protocol):
    """Brings conversations in and out."""

    async def survey(self, paths: Sequence[Path], told: Callable[[Survey], None]) -> Survey:
        """See what an import would bring.

        Raises:
            InterchangeError: It cannot be seen.
        """
        ...

    def survey_lines(self, survey: Survey) -> list[str]:
        """What was seen, in sentences."""
        ...

    async def run(self, paths: Sequence[Path], told: Callable[[Report], None]) -> Report:
        """Import; when it is cancelled, what has come stays and is whole.

        Raises:
            InterchangeError: Nothing more can come.
        """
        ...

    def report_lines(self, report: Report) -> list[str]:
        """What came, in sentences."""
        ...

    async def export(self, thread_id: str, form: str) -> bytes:
        """A thread in one of the formats.

        Raises:
            InterchangeError: It cannot be read, or nothing was said in it.
        """
        ...


class InterchangeError(Exception):
    """Something did not come in or go out; the text is a sentence."""
