"""The errors that end the program with a sentence: what happened, why, and what to do."""

from __future__ import annotations


class AimltuiError(Exception):
    """An error for the user; its text is a complete sentence."""

    exit_code = 1
    """The exit status of the program if the error is not caught."""


class ConfigError(AimltuiError):
    """A setting, a flag, or a directory cannot be used."""

    exit_code = 2


class ConnectionSettingError(ConfigError):
    """A variable of the environment that says how to connect cannot be used.

    Args:
        problem: What is wrong, as a sentence.
        remedy: What to do, as a sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy
