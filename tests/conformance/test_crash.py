"""A server that dies in the middle: its runs are ended by the next one, and no thread stays locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.world import requirement
from tests.support.crash import kill_in_the_middle

RUNS = 20
"""At once; the benchmark does it with a hundred."""


@pytest.mark.e2e
@requirement("runs:crash")
async def test_the_runs_of_a_killed_server_are_ended_by_the_next_one(tmp_path: Path) -> None:
    await kill_in_the_middle(tmp_path, RUNS)
