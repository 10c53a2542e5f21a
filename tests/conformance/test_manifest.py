"""Every requirement has a test, and every test a requirement."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conformance import elsewhere
from tests.conformance.requirements import REQUIREMENTS

HERE = Path(__file__).parent


def every_test() -> Iterator[tuple[str, Any]]:
    for file in sorted(HERE.glob("test_*.py")):
        if file.stem == Path(__file__).stem:
            continue
        module = importlib.import_module(f"tests.conformance.{file.stem}")
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_"):
                yield f"{file.stem}.{name}", test


def test_every_test_is_about_a_requirement() -> None:
    without = [name for name, test in every_test() if not getattr(test, "requirements", ())]
    assert not without
    unknown = {r: name for name, test in every_test() for r in test.requirements if r not in REQUIREMENTS}
    assert not unknown


def test_every_requirement_has_a_test() -> None:
    tested = {r for _, test in every_test() for r in getattr(test, "requirements", ())}
    assert not set(REQUIREMENTS) - tested


def test_what_is_left_out_elsewhere_is_there() -> None:
    names = {name.partition(".")[2] for name, _ in every_test()}
    left_out = elsewhere.OF_OUR_MODEL | elsewhere.OF_OUR_PATHS
    assert not left_out - names


def test_every_requirement_says_where_it_comes_from() -> None:
    for name, row in REQUIREMENTS.items():
        assert row.source in ("API", "wire", "SDK", "issue", "own"), name
        assert len(row.behaviour) > 10, name
