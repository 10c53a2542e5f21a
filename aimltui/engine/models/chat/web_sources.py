"""Lists the sources that a model with web search names, as text for the end of its answer. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aimltui.engine.models.base import JSON
from aimltui.engine.models.endpoint.redaction import clip, one_line
from aimltui.formatting.links import is_web_address, source_list

_MOST = 50
_LONGEST_TITLE = 150


class Sources:
    """Collects addresses in the order in which the model names them, which its references `[1]`, `[2]` count."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}

    def read(self, payload: Mapping[str, JSON], message: Mapping[str, JSON]) -> None:
        """Add the sources of a chunk from its `citations`, `search_results` and annotations."""
        for where in (payload, message):
            for name in ("citations", "search_results"):
                for entry in _rows(where.get(name)):
                    self.add(entry)
        for annotation in _rows(message.get("annotations")):
            if isinstance(annotation, Mapping) and annotation.get("type") == "url_citation":
                self.add(annotation.get("url_citation") or annotation)

    def add(self, entry: JSON) -> None:
        """Add a source: its address, or an object with the address."""
        url = entry.get("url") if isinstance(entry, Mapping) else entry
        title = entry.get("title") if isinstance(entry, Mapping) else ""
        if not isinstance(url, str) or not is_web_address(url):
            return
        title = clip(one_line(title), _LONGEST_TITLE) if isinstance(title, str) else ""
        if url in self._titles or len(self._titles) < _MOST:
            self._titles[url] = self._titles.get(url) or title

    def __len__(self) -> int:
        return len(self._titles)

    def markdown(self, text: str) -> str:
        """A numbered list for the end of the text; empty if the text contains all addresses."""
        words = source_list(self._titles, text)
        return f"\n\n{words}" if words else ""


def _rows(value: JSON) -> Iterator[JSON]:
    if isinstance(value, list):
        yield from value[: _MOST * 4]
