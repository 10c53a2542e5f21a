"""The main screen is made of parts that are small and do not get into each other's way."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from pathlib import Path

import pytest

import aimltui
from aimltui.tui.screens.main.screen import MainScreen
from aimltui.tui.screens.main.view import MainView

*PARTS, VIEW = MainScreen.__bases__
MAX_METHODS = 25
MAX_LINES = 350


def methods_of(cls: type) -> set[str]:
    """The names of the methods and properties that a class itself defines, without `__init__` and the like."""
    kinds = (property, classmethod, staticmethod)
    return {
        name
        for name, value in vars(cls).items()
        if not name.startswith("__") and (inspect.isfunction(value) or isinstance(value, kinds))
    }


ASKED = {
    name for name in methods_of(MainView) if getattr(vars(MainView)[name], "__isabstractmethod__", False)
}
"""What one part asks of another."""


def test_every_part_is_a_sibling_of_the_others() -> None:
    assert len(PARTS) > 5
    assert VIEW is MainView
    assert {part.__bases__ for part in PARTS} <= {(MainView,), (object,)}


@pytest.mark.parametrize("cls", [MainScreen, MainView, *PARTS], ids=lambda cls: cls.__name__)
def test_a_part_stays_small(cls: type) -> None:
    assert len(methods_of(cls)) <= MAX_METHODS
    assert len(inspect.getsourcelines(cls)[0]) <= MAX_LINES


@pytest.mark.parametrize("cls", [MainScreen, *PARTS], ids=lambda cls: cls.__name__)
def test_a_part_overrides_no_method_of_another(cls: type) -> None:
    others = [methods_of(other) for other in (MainScreen, *PARTS) if other is not cls]
    shared = methods_of(MainView) - ASKED
    assert methods_of(cls) & (shared.union(*others)) == set()


def test_exactly_one_part_does_what_the_others_ask_of_it() -> None:
    assert ASKED
    doers = {name: [part.__name__ for part in PARTS if name in methods_of(part)] for name in ASKED}
    assert {name: found for name, found in doers.items() if len(found) != 1} == {}


def methods_in(source: str) -> dict[str, set[str]]:
    """The names of the methods of each class at the top of a module, without `__init__` and the like."""
    found: dict[str, set[str]] = defaultdict(set)
    name = ""
    for line in re.finditer(r"^(?:class (\w+)|(\w)|    (?:async )?def ((?!__)\w+))", source, re.MULTILINE):
        if line[3] is None:
            name = line[1] or ""
        elif name:
            found[name].add(line[3])
    return found


def test_methods_are_counted_by_class() -> None:
    source = (
        "class A(B):\n    def one(self): ...\n    async def _two(self): ...\n    def __init__(self): ...\n"
    )
    assert methods_in(f"{source}def f():\n    def g(): ...\nclass C:\n    def one(self): ...\n") == {
        "A": {"one", "_two"},
        "C": {"one"},
    }


def test_every_class_of_the_package_stays_small() -> None:
    folder = Path(aimltui.__file__).parent
    found = {
        f"{path.relative_to(folder)}: {name}": len(methods)
        for path in folder.rglob("*.py")
        for name, methods in methods_in(path.read_text("utf-8")).items()
    }
    assert max(found.values()) > 20
    assert {name: count for name, count in found.items() if count > MAX_METHODS} == {}
