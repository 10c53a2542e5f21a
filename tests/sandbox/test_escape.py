"""Code tries to get out of every kind of sandbox that works here, as this user and as one without rights."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.tools.code_interpreter.files.directory import remove
from tests.sandbox.attempts import ATTEMPTS, BOMBS, Attempt
from tests.sandbox.users import run_as, why_not
from tests.sandbox.working import working

KINDS = [sandbox.name for sandbox in working()]
USERS = ["self", "nobody"]
ALL = [*ATTEMPTS, *BOMBS]
WORLDS = [
    # all tests of one world in one worker: the attempts in it are made once
    pytest.param(kind, user, marks=pytest.mark.xdist_group(f"escape-{kind}-{user}"))
    for kind in KINDS
    for user in USERS
]


@cache
def outcome(kind: str, user: str) -> dict[str, Any]:
    """Every attempt in a kind, by a user; made once."""
    # not beneath pytest's directory, which is its owner's alone
    directory = Path(tempfile.mkdtemp(prefix="escape-", dir="/tmp"))
    directory.chmod(0o755)
    try:
        home = directory / "home"
        found = run_as(user, "tests.sandbox.escape_runner", kind, str(home / "data"), home=home)
        return dict(json.loads(found))
    finally:
        remove(directory)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize(("kind", "user"), WORLDS)
def test_code_cannot(kind: str, user: str, one: Attempt) -> None:
    if reason := why_not(user):
        pytest.skip(reason)
    outcomes = outcome(kind, user)
    if "refused" in outcomes:
        pytest.skip(outcomes["refused"])
    became = outcomes[one.name]
    assert not became["escaped"], became
    assert became["found"] is None, became
    # in WebAssembly most of what the attempts use is not there at all
    becomes = (*one.becomes, "error") if kind.startswith("wasm") else one.becomes
    assert became["status"] in becomes, became
    assert became["seconds"] < one.most_s, became


def test_there_are_enough_attempts() -> None:
    assert len({one.name for one in ALL}) == len(ALL) >= 60
