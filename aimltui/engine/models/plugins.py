"""Finds the models that other installed packages bring: the entry points of one group."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "aimltui.models"


def find_plugins() -> dict[str, EntryPoint]:
    """Return the entry points of the group by name.

    `importlib.metadata` parses those of every package, which takes a fiftieth of a second where none has such a model.
    """
    if not may_have_group(ENTRY_POINTS, sys.path, sys.meta_path):
        return {}
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def may_have_group(group: str, path: Sequence[str], finders: Iterable[object]) -> bool:
    """Whether an installed package may have entry points of a group. False is certain.

    Args:
        group: The group's name.
        path: Where modules are found.
        finders: What finds modules; those of other packages may know packages that are in no folder.
    """
    if any(hasattr(finder, "find_distributions") for finder in finders if finder is not PathFinder):
        return True
    return any(_names_group(folder or ".", group.encode()) for folder in path)


def _names_group(folder: str, group: bytes) -> bool:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # an archive
    return any(_is_in(os.path.join(folder, name), group) for name in names)


def _is_in(place: str, group: bytes) -> bool:
    if place.endswith(".egg"):
        return True
    if not place.endswith((".dist-info", ".egg-info")):
        return False
    try:
        with open(os.path.join(place, "entry_points.txt"), "rb") as file:
            return group in file.read()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
