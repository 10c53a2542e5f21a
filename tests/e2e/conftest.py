"""One start of the program for the tests of a module that can share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.shared import Shared, rest
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared[Terminal]]:
    """The program on its screen; between two tests it shows an empty new thread."""
    program = Shared(rest)
    yield program
    program.close()
