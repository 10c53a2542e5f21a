"""Every test of the API runs on three legs: the engine itself, the engine by way of JSON, the engine over HTTP.

Or on another server alone: see `elsewhere`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance import elsewhere
from tests.conformance.world import LEGS, World, a_world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what says nothing about another server, where one is asked."""
    here = Path(__file__).parent
    for item in items:
        if not elsewhere.URL or here not in item.path.parents:
            continue
        name = getattr(item, "originalname", item.name)
        if reason := elsewhere.says_nothing(name, getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.skip(reason))


@pytest.fixture(params=LEGS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A fresh world on each leg."""
    async with a_world(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def http_world(tmp_path: Path) -> AsyncIterator[World]:
    """A fresh world over HTTP only, for what only HTTP has."""
    async with a_world("http", tmp_path) as made:
        yield made
