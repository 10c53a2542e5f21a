"""Changes values in the text of a TOML file and preserves comments, order and layout.

tomlkit assigns a comment to the table above it, but users write a comment above the table it describes. So the comments
between two tables are removed first, and put back above the heading that they stood above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AoT, Comment, Null, Table, Whitespace

_Lead = tuple[Table, str]
"""A table, and the blank lines and comments above its heading."""


def edited(text: str, wanted: Mapping[str, Any]) -> str:
    """Return the text with new values.

    Args:
        text: TOML with line feeds as line ends.
        wanted: All values of the result. A value that is missing here is removed.

    Raises:
        ValueError: The text cannot be changed; `LookupError`, `TypeError` and `AttributeError` mean the same.
    """
    document = tomlkit.parse(text)
    leads = list(_cut_leads(document))
    ending = _cut_tail(document, leads[-1][0].value if leads else document, is_end=True)
    _change(document, wanted)
    ending = _put_leads(document, leads) + ending
    result = document.as_string()
    if ending and result and not result.endswith("\n"):
        result += "\n"
    return result + ending


def _change(table: MutableMapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Set the values of a table."""
    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        present = table.get(key)
        if isinstance(present, MutableMapping) and isinstance(value, Mapping):
            _change(present, value)
        elif key not in table:
            is_table = isinstance(value, Mapping) and isinstance(table, Container | Table)
            table[key] = _made(value) if is_table else value
        elif not _is_same(present, value):
            table[key] = value


def _is_same(present: Any, value: Any) -> bool:
    plain = present.unwrap() if hasattr(present, "unwrap") else present
    return type(plain) is type(value) and bool(plain == value)


def _made(values: Mapping[str, Any]) -> Table:
    """Create a table; a table that only contains tables has no heading."""
    table = tomlkit.table(is_super_table=all(isinstance(value, Mapping) for value in values.values()))
    for name, value in values.items():
        table[name] = _made(value) if isinstance(value, Mapping) else value
    return table


def _cut_leads(document: Container) -> Iterator[_Lead]:
    """Remove and yield the comments and blank lines above each heading."""
    above = document
    for table in _headings(document):
        yield table, _cut_tail(document, above, is_end=False)
        above = table.value


def _put_leads(document: Container, leads: Iterable[_Lead]) -> str:
    """Put the comments and blank lines back above their headings.

    Returns:
        The comments whose heading was removed and that have no other heading below them.
    """
    present = list(_headings(document))
    new = {id(table) for table in present} - {id(table) for table, _ in leads}
    for number, table in enumerate(present):
        if id(table) in new and (number or document.body[0][1] is not table):
            table.trivia.indent = "\n"
    orphans = ""
    for table, lead in leads:
        if any(table is one for one in present):
            table.trivia.indent = orphans + lead + table.trivia.indent
            orphans = ""
        elif "#" in lead:
            orphans += lead
    return orphans


def _cut_tail(document: Container, table: Container, *, is_end: bool) -> str:
    """Remove and return the comments and blank lines after the last value of a table that belong to the next table.

    A comment directly below the last value belongs to that value, if a blank line follows.
    """
    body = table.body
    end = next((number for number, (_, item) in enumerate(body) if isinstance(item, Table | AoT)), len(body))
    start = end
    while start > 0 and isinstance(body[start - 1][1], Whitespace | Comment):
        start -= 1
    blanks = [number for number in range(start, end) if isinstance(body[number][1], Whitespace)]
    if is_end and not blanks:
        return ""
    if blanks:
        is_head = table is document and start == 0 and not is_end
        # comments at the top of the file describe the whole file, except for the last block
        start = blanks[-1] + 1 if is_head else blanks[0]
    tail = "".join(item.as_string() for _, item in body[start:end])
    body[start:end] = [(None, Null())] * (end - start)
    return tail


def _headings(container: Container) -> Iterator[Table]:
    """Yield the tables that have a heading, in the order of the file."""
    for key, item in container.body:
        inner = item.body if isinstance(item, AoT) else [item]
        for table in inner:
            if isinstance(table, Table) and not (key is not None and key.is_dotted()):
                if not table.is_super_table():
                    yield table
                yield from _headings(table.value)
