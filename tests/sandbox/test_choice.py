"""A sandbox that does not hold is found out, and is not used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selection as choice
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.files.directory import prepare
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes import plan
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description, Sandbox
from tests.sandbox.working import working

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs Linux")


class NoWalls:
    """A kernel program that runs as any program does."""

    name = "open"

    def describe(self) -> Description:
        return Description("open", "nothing", ("everything",))

    def available(self) -> Availability:
        return Availability(True, "always")

    def identity(self) -> str:
        return ""

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        place = prepare(directory, own_id=False)
        program = plan.arguments(interpreter, str(plan.KERNEL), str(place.files))
        more: Mapping[str, Any] = {"program": program}
        return plan.start(plan.make("bubblewrap", place, limits, interpreter, more))


class Missing(NoWalls):
    """Is not installed."""

    name = "missing"

    def available(self) -> Availability:
        return Availability(False, "It is not installed.")


class Broken(NoWalls):
    """Ends at once."""

    name = "broken"

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        place = prepare(directory, own_id=False)
        return plan.start(plan.make("bubblewrap", place, limits, interpreter, {"program": ["/nowhere"]}))


@pytest.fixture
def python() -> Interpreter:
    return interpreter.find(interpreter.default_executable())


async def test_a_sandbox_without_walls_is_found_out(python: Interpreter, tmp_path: Path) -> None:
    before = plan.KERNEL.read_bytes()
    verdict = await selftest.test(NoWalls(), python, tmp_path)
    assert not verdict.holds
    assert plan.KERNEL.read_bytes() == before, "the self-test itself did harm"
    found = set(verdict.breaches)
    assert {
        "reading files of this machine",
        "writing outside /mnt/data",
        "looking into other processes",
        "sending signals to the program",
        "opening a network connection",
        "creating links and pipes that could mislead the program",
    } <= found
    assert "does not hold" in verdict.sentence


async def test_a_sandbox_that_does_not_start_is_told_with_its_reason(
    python: Interpreter, tmp_path: Path
) -> None:
    verdict = await selftest.test(Broken(), python, tmp_path)
    assert not verdict.holds
    assert "No such file" in verdict.sentence


async def test_the_first_that_holds_is_chosen(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = working()[:1]
    if not holding:
        pytest.skip("no sandbox works here")
    candidates: tuple[Sandbox, ...] = (Missing(), Broken(), NoWalls(), *holding)
    monkeypatch.setattr(choice, "kinds", lambda: candidates)
    chosen = await choice.choose(python, tmp_path, tmp_path / "memory.json")
    assert chosen.sandbox is holding[0]
    assert [one.holds for one in chosen.considered] == [False, False, False, True]


async def test_where_nothing_holds_nothing_is_chosen_and_the_risk_is_told(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "kinds", lambda: (NoWalls(),))
    chosen = await choice.choose(python, tmp_path, tmp_path / "memory.json")
    assert chosen.sandbox is None
    assert "your rights" in chosen.sentence
    assert not (tmp_path / "memory.json").exists()


async def test_the_one_that_the_user_wants_is_the_only_one(python: Interpreter, tmp_path: Path) -> None:
    chosen = await choice.choose(python, tmp_path, tmp_path / "m", only="missing")
    assert chosen.sandbox is None
    assert chosen.considered[0].sentence == "Your settings ask for missing."
