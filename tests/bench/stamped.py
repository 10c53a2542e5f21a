"""A long Markdown answer whose deltas say when they were sent, as a file for `tests.support.chat_server --pieces`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.chat_server import SENT_AT

LAST = "the-very-last-word"
STAMP = re.compile(rb"t(\d{12})t")
"""A stamp as it stands on the screen."""

_MARK = f"t{SENT_AT.decode()}t"
_SECTION = """## Part {n} of the answer

A paragraph with **bold**, *italic*, `code` and a [link](https://example.com/{n}) goes on for a while {mark} so
that it folds {mark} and then goes on for a little longer.

- the first item of a list, with some words in it {mark}
- the second one
  - with a nested one, number {n} {mark}
- [x] and a task

```python
def part_{n}(values: list[int]) -> int:
    \"\"\"Add up the values of part {n}. {mark}\"\"\"
    total = 0
    for value in values:  # one after another {mark}
        total += value * {n}
    return total
```

| name | value | remark |
|:-----|------:|:------:|
| alpha | {n} | `x` {mark} |
| beta | 22 | some words {mark} |

"""
_SIZES = (5, 9, 12, 7, 10, 8)


def deltas(size: int) -> list[str]:
    """An answer of about so many characters in deltas as models send them; a stamp is one delta of its own."""
    text = ""
    number = 0
    while len(text) < size:
        number += 1
        text += _SECTION.format(n=number, mark=_MARK)
    return [*_cut(text), f"{LAST}."]


def write(file: Path, size: int) -> int:
    """Write the file; the number of deltas."""
    parts = deltas(size)
    file.write_text(json.dumps(parts))
    return len(parts)


def _cut(text: str) -> Iterator[str]:
    step = 0
    for number, part in enumerate(text.split(_MARK)):
        if number:
            yield _MARK
        place = 0
        while place < len(part):
            size = _SIZES[step % len(_SIZES)]
            yield part[place : place + size]
            place, step = place + size, step + 1
