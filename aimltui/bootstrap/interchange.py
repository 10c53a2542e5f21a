"""Imports and exports for the screen. What reads files is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aimltui.interchange.types import InterchangeError

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.interchange.exporting import FormatName
    from aimltui.interchange.report import Report
    from aimltui.interchange.survey import Survey


class InterchangeService:
    """Imports into a server and exports from it.

    Args:
        client: The server.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client

    async def survey(self, paths: Sequence[Path], told: Callable[[Survey], None]) -> Survey:
        """See what an import would bring.

        Raises:
            InterchangeError: The server does not answer.
        """
        from aimltui.interchange.importing import Importer

        with _told():
            return await Importer(self._client).survey(list(paths), told)

    def survey_lines(self, survey: Survey) -> list[str]:
        """What was seen, in sentences."""
        from aimltui.interchange.reading import NAMES
        from aimltui.interchange.wording import survey_lines

        return list(survey_lines(survey, NAMES))

    async def run(self, paths: Sequence[Path], told: Callable[[Report], None]) -> Report:
        """Import; when it is cancelled, what has come stays and is whole.

        Raises:
            InterchangeError: The server cannot take conversations in, or does not answer.
        """
        from aimltui.interchange.importing import Importer

        with _told():
            return await Importer(self._client).run(list(paths), told)

    def report_lines(self, report: Report) -> list[str]:
        """What came, in sentences."""
        from aimltui.interchange.wording import report_lines

        return list(report_lines(report))

    async def export(self, thread_id: str, form: str) -> bytes:
        """A thread in one of the formats, with the other branches of its conversation.

        Raises:
            InterchangeError: It cannot be read, or nothing was said in it.
        """
        from aimltui.interchange.exporting import Exporter, each

        pieces: list[str] = []
        with _told():
            count = await Exporter(self._client).write(
                each([thread_id]), cast("FormatName", form), pieces.append, with_branches=True
            )
        if not count:
            raise InterchangeError("This thread has no messages yet, so there is nothing to export.")
        return "".join(pieces).encode()


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong into sentences.

    Raises:
        InterchangeError: Something did.
    """
    from aimltui.client.errors import TransportError
    from aimltui.interchange.importing import CannotImport
    from aimltui.wire.errors import APIError

    try:
        yield
    except (APIError, TransportError, CannotImport) as error:
        raise InterchangeError(getattr(error, "message", str(error))) from error
