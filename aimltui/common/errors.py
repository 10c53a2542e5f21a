"""The errors that end the program with a sentence: what happened, which thing it concerns, what to do."""

from __future__ import annotations


class AimltuiError(Exception):
    """Something the user has to know about; its text is a whole sentence for them."""

    exit_code = 1
    """What the program ends with when nobody catches the error."""


class ConfigError(AimltuiError):
    """A setting, a flag, or a directory that cannot be used as it is."""

    exit_code = 2
