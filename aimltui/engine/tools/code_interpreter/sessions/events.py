"""The events of a session while a cell runs, in their order."""

from __future__ import annotations

from typing import Literal

from aimltui.common.dataclass import dataclass

RESTARTED = (
    "The interpreter was restarted: variables of earlier cells are gone, files in /mnt/data are still there."
)


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of the code's output, with all its escape sequences."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """The value of the last expression, as Python shows it."""

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
    """The traceback as Python prints it, with the cell's lines and without the kernel program's frames."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the model and the user."""

    text: str


@dataclass(frozen=True, slots=True)
class FileChanged:
    """A new or changed file in /mnt/data."""

    path: str
    """The path relative to /mnt/data."""
    size_bytes: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the cell, the last event."""

    status: Literal["ok", "error", "interrupted", "died"]
    """`interrupted`: a limit stopped it, and its variables remain; `died`: they are gone."""
    duration_s: float
    reason: str | None = None
    """A sentence about why it was interrupted or died."""

    @property
    def sentence(self) -> str:
        """A sentence for the model and the user about a cell that was stopped; empty for one that ended by itself."""
        if not self.reason:
            return ""
        return (
            f"{self.reason} {'Its variables are gone.' if self.status == 'died' else 'The code was stopped.'}"
        )


SessionEvent = Output | Value | Image | Failure | Notice | FileChanged | Done
