"""The classes of the program's screens, for tests that every one of them has something."""

from __future__ import annotations

import importlib
import pkgutil

from aimltui.tui import screens


def screen_classes(base: type) -> set[str]:
    """The names of the program's classes below another one; first imports all screens."""
    for module in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    return {cls.__name__ for cls in _below(base) if cls.__module__.startswith("aimltui.")}


def _below(base: type) -> set[type]:
    found = set(base.__subclasses__())
    return found.union(*map(_below, found))
