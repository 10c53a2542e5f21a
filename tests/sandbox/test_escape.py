"""Code tries to get out of every kind of sandbox that works here, as this user and as one without rights."""

from __future__ import annotations

import json
import tempfile
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


def outcome(kind: str, user: str) -> dict[str, Any]:
    """What became of every attempt in a kind, by a user, by the attempt's name."""
    # not beneath pytest's directory, which is its owner's alone
    directory = Path(tempfile.mkdtemp(prefix="escape-", dir="/tmp"))
    directory.chmod(0o755)
    try:
        home = directory / "home"
        found = run_as(user, "tests.sandbox.escape_runner", kind, str(home / "data"), home=home)
        return dict(json.loads(found))
    finally:
        remove(directory)


def fault(kind: str, one: Attempt, became: dict[str, Any]) -> str:
    """What is wrong with the outcome of an attempt; empty if nothing is."""
    # in WebAssembly most of what the attempts use is not there at all
    becomes = (*one.becomes, "error") if kind.startswith("wasm") else one.becomes
    if became["escaped"]:
        return f"escaped: {became}"
    if became["found"] is not None:
        return f"left something: {became}"
    if became["status"] not in becomes:
        return f"ended otherwise than by {becomes}: {became}"
    return f"took too long: {became}" if became["seconds"] >= one.most_s else ""


# one test for each: thousands of tests that only look at a result would take longer than the attempts
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("user", USERS)
def test_code_cannot_do_any_of_the_attempts(kind: str, user: str) -> None:
    if reason := why_not(user):
        pytest.skip(reason)
    outcomes = outcome(kind, user)
    if "refused" in outcomes:
        pytest.skip(outcomes["refused"])
    assert outcomes.keys() == {one.name for one in ALL}
    faults = {one.name: fault(kind, one, outcomes[one.name]) for one in ALL}
    assert {name: wrong for name, wrong in faults.items() if wrong} == {}


def test_an_attempt_that_succeeds_or_ends_otherwise_is_a_fault() -> None:
    one = Attempt("try", "", becomes=("ok",), most_s=1.0)
    good: dict[str, Any] = {"escaped": False, "found": None, "status": "ok", "seconds": 0.5}
    assert fault("landlock", one, good) == ""
    assert fault("wasm", one, good | {"status": "error"}) == ""
    for bad in ({"escaped": True}, {"found": "outside"}, {"status": "error"}, {"seconds": 1.0}):
        assert fault("landlock", one, good | bad), bad


def test_there_are_enough_attempts() -> None:
    assert len({one.name for one in ALL}) == len(ALL) >= 60
