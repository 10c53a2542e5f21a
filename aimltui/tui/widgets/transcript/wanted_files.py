"""WantedFiles: the files in drawn entries of which the transcript wants to know more."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.tui.state.entries import Entry, MessageEntry
from aimltui.tui.state.file_facts import file_ids, is_picture_name
from aimltui.tui.widgets.transcript.canvas import RenderContext


class WantedFiles:
    """Ids of drawn files whose details are unknown. Each is asked for once."""

    def __init__(self) -> None:
        self._wanted: dict[str, bool] = {}
        self._asked: set[tuple[str, bool]] = set()

    def note(self, entry: Entry, context: RenderContext) -> None:
        """Note which files of an entry are not known yet."""
        attached = entry.attachments if isinstance(entry, MessageEntry) else ()
        made = {file.file_id for file in attached if file.is_made}
        for file_id, is_picture in file_ids(entry):
            fact = context.extras.files.get(file_id)
            # only its name tells the kind of a file that the code made
            by_name = fact is not None and file_id in made and is_picture_name(fact.name)
            draws = (is_picture or by_name) and context.draws_pictures
            if fact is not None and (not draws or fact.picture is not None or fact.problem):
                continue
            if (file_id, draws) not in self._asked:
                self._asked.add((file_id, draws))
                self._wanted[file_id] = self._wanted.get(file_id, False) or draws

    def take(self) -> dict[str, bool]:
        """Return the ids noted since the last time; True if the picture is needed too."""
        wanted, self._wanted = self._wanted, {}
        return wanted

    def forget_files(self, ids: Iterable[str]) -> None:
        """Ask for these pictures again when they come into view."""
        self._asked.difference_update((file_id, True) for file_id in ids)

    def forget(self) -> None:
        """Ask again for what was asked for: other entries are shown."""
        self._asked.clear()
