"""Where the program keeps its things. Importing this module, or asking it, makes nothing on the disk."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.common.disk import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE

APP_NAME = "aimltui"


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


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().absolute() if value else None
