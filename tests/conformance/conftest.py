"""Every test of the API runs on three legs: the engine itself, the engine by way of JSON, the engine over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.world import LEGS, World, a_world


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
