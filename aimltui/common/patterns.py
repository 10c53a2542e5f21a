"""`pattern`: a regular expression that is compiled at its first use.

Compiling is done in Python and takes up to some milliseconds for a large set of characters. The program has hundreds of
regular expressions, of which a start needs few.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["pattern"]

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class pattern:  # stands where `re.compile` would
        """A regular expression with the methods and attributes of `re.Pattern`.

        Args:
            source: What `re.compile` takes.
            flags: What `re.compile` takes.
        """

        def __init__(self, source: str | bytes, flags: int = 0) -> None:
            self._source = source
            self._flags = flags

        def __getattr__(self, name: str) -> Any:
            """Compile it, and keep the method: a second use costs no more than with `re.compile`."""
            if name.startswith("_"):
                raise AttributeError(name)
            found = getattr(re.compile(self._source, self._flags), name)
            setattr(self, name, found)
            return found
