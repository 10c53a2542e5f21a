"""No proxy of this machine and none of its keys reach these tests."""

from __future__ import annotations

import os

import pytest

from aimltui.engine.models.chat.model import warm_up


@pytest.fixture(autouse=True)
def no_keys_or_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("OPENAI_", "AIML")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def warm_package() -> None:
    """Half a second of imports, many seconds on a cold disk, count against no test's time limit."""
    warm_up()
