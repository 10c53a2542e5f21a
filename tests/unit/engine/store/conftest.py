"""Databases as the program makes them: this is what these tests judge."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def databases_of_the_program(own_databases: None) -> None:
    """See `own_databases`."""
