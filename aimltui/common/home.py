"""Puts the home directory in the place of the `~` with which a path begins."""

from __future__ import annotations

from pathlib import Path

from aimltui.common.errors import ConfigError


def expanded(path: Path) -> Path:
    """Return a path with the home directory for its `~` or `~name`.

    Raises:
        ConfigError: The system knows no such home directory.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigError(f"There is no home directory for {path}. Write the path from / on.") from error
