"""Where the program keeps its things. Importing this module, or asking it, makes nothing on the disk."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from aimltui.common.errors import ConfigError

APP_NAME = "aimltui"

DATA_DIR_VARIABLE = "AIMLTUI_DATA_DIR"
CONFIG_DIR_VARIABLE = "AIMLTUI_CONFIG_DIR"

_serial = count()


def data_dir() -> Path:
    """The directory of the database and the files; `AIMLTUI_DATA_DIR` overrides the platform's place."""
    if chosen := _from_environment(DATA_DIR_VARIABLE):
        return chosen
    # platformdirs costs some milliseconds and is not needed when the variables say where.
    from platformdirs import user_data_path

    return user_data_path(APP_NAME, appauthor=False)


def config_dir() -> Path:
    """The directory of `config.toml` and the user's themes, unless `AIMLTUI_CONFIG_DIR` says otherwise."""
    if chosen := _from_environment(CONFIG_DIR_VARIABLE):
        return chosen
    from platformdirs import user_config_path

    return user_config_path(APP_NAME, appauthor=False)


def state_dir() -> Path:
    """The directory of drafts and logs; it follows `AIMLTUI_DATA_DIR`: one variable moves all."""
    if chosen := _from_environment(DATA_DIR_VARIABLE):
        return chosen / "state"
    from platformdirs import user_state_path

    return user_state_path(APP_NAME, appauthor=False)


def config_file() -> Path:
    """The configuration file that is read when no other is named."""
    return config_dir() / "config.toml"


def ensure_private_dir(directory: Path) -> Path:
    """Make a directory, with its missing parents, that only its owner can enter.

    A directory that is there already is left as it is: it may be one the user shares on purpose.

    Raises:
        ConfigError: it cannot be made, or something else has its name.
    """
    try:
        if not directory.is_dir():
            directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"The directory {directory} cannot be made: {reason}. "
            f"Choose another one with --data-dir, {DATA_DIR_VARIABLE} or {CONFIG_DIR_VARIABLE}."
        ) from error
    return directory


def write_private(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` in place of the file's old content in one step; the file is its owner's alone (0600).

    A reader sees the old content or the new one, never a part. A symbolic link stays a link.

    Args:
        file: The file; its directory must exist.
        content: What it holds afterwards.
        mode: Its permissions afterwards; another one than 0600 only for a file that is the user's own.

    Raises:
        OSError: the disk is full, the directory is missing or read-only, ...; the old content is untouched.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{next(_serial)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode != 0o600:
            temporary.chmod(mode)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().absolute() if value else None
