"""The directories and the settings file of the program. Nothing here creates files or directories."""

from __future__ import annotations

import os
from pathlib import Path

from aimltui.common.disk import CONFIG_DIR_VARIABLE, DATA_DIR_VARIABLE
from aimltui.common.home import expanded

APP_NAME = "aimltui"


def data_dir() -> Path:
    """Return the directory of the database and the files: `AIMLTUI_DATA_DIR`, else the platform's directory."""
    if chosen := _from_environment(DATA_DIR_VARIABLE):
        return chosen
    # platformdirs takes some milliseconds to import and is not needed if the variable is set.
    from platformdirs import user_data_path

    return user_data_path(APP_NAME, appauthor=False)


def config_dir() -> Path:
    """Return the directory of `config.toml` and the user's themes: `AIMLTUI_CONFIG_DIR`, else the platform's directory."""
    if chosen := _from_environment(CONFIG_DIR_VARIABLE):
        return chosen
    from platformdirs import user_config_path

    return user_config_path(APP_NAME, appauthor=False)


def state_dir() -> Path:
    """Return the directory of drafts and logs: below `AIMLTUI_DATA_DIR` if that is set, else the platform's directory."""
    if chosen := _from_environment(DATA_DIR_VARIABLE):
        return chosen / "state"
    from platformdirs import user_state_path

    return user_state_path(APP_NAME, appauthor=False)


def config_file() -> Path:
    """Return the default configuration file."""
    return config_dir() / "config.toml"


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return expanded(Path(value)).absolute() if value else None
