"""The errors that end the program with a sentence: what happened, why, and what to do."""

from __future__ import annotations


class AimltuiError(Exception):
    """An error for the user; its text is a complete sentence."""

    exit_code = 1
    """The exit status of the program if the error is not caught."""


class ConfigError(AimltuiError):
    """A setting, a flag, or a directory cannot be used."""

    exit_code = 2
