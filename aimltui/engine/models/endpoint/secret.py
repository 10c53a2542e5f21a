"""A key that no output shows."""

from __future__ import annotations

import hmac
from typing import NoReturn

MASK = "********"


class Secret:
    """Text that must not reach a log, a screen or an exception.

    `repr`, `str` and formatting give a mask; only `reveal()` gives the text. It cannot be pickled. White
    space around the text is removed: a key from a file or an environment variable often ends with a newline,
    and an HTTP library refuses that with an error that quotes the whole header.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.strip()

    def reveal(self) -> str:
        """The text, for the code that sends it."""
        return self._text

    @property
    def is_header_safe(self) -> bool:
        """Whether the text is allowed in an HTTP header: visible ASCII only."""
        return self._text.isascii() and self._text.isprintable() and " " not in self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret cannot be serialized.")
