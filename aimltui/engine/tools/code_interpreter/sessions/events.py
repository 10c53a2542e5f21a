"""What a session tells while a cell runs, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what the code printed. It is the code's: escape sequences and all."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """The last expression's value, as Python shows it."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that the code drew or returned."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception that the code did not catch."""

    name: str
    message: str
    traceback: str
    """As Python prints it, with the cell's lines and without the kernel's own frames."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the model and the user have to know, in a sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class FileChanged:
    """A file in /mnt/data that is new, or not as it was before the cell."""

    path: str
    """Relative to /mnt/data."""
    size_bytes: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The cell is over; nothing comes after this."""

    status: Literal["ok", "error", "interrupted", "died"]
    """`interrupted`: a limit stopped it and the variables are still there; `died`: they are gone."""
    duration_s: float
    reason: str | None = None
    """Why it was interrupted or died, in a sentence."""

    @property
    def sentence(self) -> str:
        """What the model and the user are told of an end that was not the code's own; else empty."""
        if not self.reason:
            return ""
        return (
            f"{self.reason} {'Its variables are gone.' if self.status == 'died' else 'The code was stopped.'}"
        )


SessionEvent = Output | Value | Image | Failure | Notice | FileChanged | Done
