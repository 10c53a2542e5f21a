"""The user's functions: what is offered, when a file runs, and that every call ends with a text."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.functions.docstrings import read_docstring
from aimltui.local_tools.functions.library import FunctionLibrary
from aimltui.local_tools.functions.parsing import parse_functions
from aimltui.local_tools.types import Limits, LocalTool
from tests.support.builders import until
from tests.support.processes import is_running

SOURCE = '''
import enum, os, subprocess, sys, time
from pathlib import Path
from typing import Literal
from pydantic import BaseModel

Path(__file__).with_suffix(".ran").write_text("ran")

class Unit(enum.Enum):
    C = "celsius"
    F = "fahrenheit"

class Place(BaseModel):
    city: str
    title: str = ""

class Odd:
    def __repr__(self):
        return "<odd>"

def get_weather(place: Place, unit: Unit = Unit.C, days: int = 1) -> dict:
    """Look up the weather.

    Args:
        place: Where to look,
            with its title.
        days: How many.
    """
    print("looking up", place.city)
    return {"unit": unit.value, "odd": Odd(), "key": os.environ.get("SECRET_KEY", "none")}

def fail(kind: Literal["raise", "exit", "abort", "loud"]) -> None:
    """Fail in a way."""
    if kind == "raise":
        raise ValueError("no such city")
    if kind == "exit":
        sys.exit(3)
    if kind == "loud":
        print("x" * 100_000)
        return
    os.abort()

def sleep() -> None:
    """Sleep, with a child."""
    child = subprocess.Popen(["sleep", "60"])
    Path(__file__).with_suffix(".pid").write_text(str(child.pid))
    time.sleep(60)

def untyped(x):
    """It has no type hint."""

def _private() -> None:
    """Not offered."""
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "functions"
    made.mkdir()
    (made / "weather.py").write_text(SOURCE)
    return made


def library_of(folder: Path, approvals: Approvals | None = None, seconds: float = 30) -> FunctionLibrary:
    limits = Limits(seconds, output_characters=2000, hidden_variables=frozenset({"SECRET_KEY"}))
    return FunctionLibrary([folder], approvals or Approvals(folder.parent / "approved.json"), limits)


def tool_of(library: FunctionLibrary, name: str) -> LocalTool:
    return next(tool for tool in library.tools if tool.name == name)


def has_run(folder: Path) -> bool:
    return (folder / "weather.ran").exists()


async def test_a_file_is_read_but_not_run_before_it_is_approved(folder: Path) -> None:
    library = library_of(folder)
    await library.refresh()
    tool = tool_of(library, "get_weather")
    assert not tool.is_trusted
    assert tool.code == SOURCE
    assert tool.parameters["properties"]["days"] == {"type": "integer", "description": "How many."}
    assert tool.parameters["required"] == ["place"]
    assert tool_of(library, "fail").parameters["properties"]["kind"] == {
        "enum": ["raise", "exit", "abort", "loud"]
    }
    result = await library.call(tool, {"place": {"city": "Oslo"}})
    assert not result.is_ok
    assert "not approved" in result.text
    assert not has_run(folder)
    assert [problem.sentence.partition("weather.py, ")[2] for problem in library.problems] == [
        "line 49: untyped has no type hint for x, so it is not offered."
    ]


async def test_a_call_always_ends_with_a_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "sk-secret")
    library = library_of(folder)
    await library.refresh()
    parsed = tool_of(library, "get_weather")
    await library.trust(parsed)
    tool = tool_of(library, "get_weather")
    assert tool.is_trusted
    assert tool.fingerprint != parsed.fingerprint
    properties = tool.parameters["properties"]
    assert properties["unit"] == {"$ref": "#/$defs/Unit", "default": "celsius"}
    assert properties["place"]["description"] == "Where to look, with its title."
    assert tool.parameters["$defs"]["Place"]["properties"]["title"]["type"] == "string"
    assert tool.parameters["$defs"]["Unit"]["enum"] == ["celsius", "fahrenheit"]

    calls = {
        "good": ("get_weather", {"place": {"city": "Oslo"}, "unit": "fahrenheit"}),
        "invalid": ("get_weather", {"place": {"city": "Oslo"}, "unit": "kelvin", "x": 1}),
        "raise": ("fail", {"kind": "raise"}),
        "exit": ("fail", {"kind": "exit"}),
        "abort": ("fail", {"kind": "abort"}),
        "loud": ("fail", {"kind": "loud"}),
    }
    results = await asyncio.gather(
        *(library.call(tool_of(library, name), arguments) for name, arguments in calls.values())
    )
    told = dict(zip(calls, results, strict=True))
    assert told["good"].text == (
        '{"unit":"fahrenheit","odd":"<odd>","key":"none"}\n\nPrinted:\nlooking up Oslo'
    )
    assert "unit: Input should be 'celsius' or 'fahrenheit'" in told["invalid"].text
    assert "x: Extra inputs" in told["invalid"].text
    assert told["raise"].text == "The function failed: ValueError: no such city (weather.py, line 35)"
    assert told["exit"].text.startswith("The function failed: SystemExit: 3")
    assert told["abort"].text == "The function failed: its process was ended by SIGABRT"
    assert len(told["loud"].text) < 2100
    assert "cut off after 2000 characters" in told["loud"].text
    assert [name for name, result in told.items() if result.is_ok] == ["good", "loud"]

    renamed = LocalTool("get_wether", "", {}, "function", "", "")
    assert "There are: fail, get_weather, sleep." in (await library.call(renamed, {})).text


async def test_time_limit_and_cancelling_end_the_function_and_what_it_started(folder: Path) -> None:
    limits = Limits(seconds=600)
    library = FunctionLibrary([folder], Approvals(None), limits)
    await library.refresh()
    await library.trust_file(folder / "weather.py")
    pid_file = folder / "weather.pid"
    task = asyncio.create_task(library.call(tool_of(library, "sleep"), {}))
    await until(pid_file.exists)
    await until(lambda: pid_file.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(int(pid_file.read_text()))

    # however slow this machine is, the function sleeps longer than that
    limits.seconds = 0.5
    late = await library.call(tool_of(library, "sleep"), {})
    assert late.text == "The function failed: it was stopped at the time limit of 0.5 s"
    await gone(int(pid_file.read_text()))


async def test_a_changed_file_needs_a_new_approval_and_a_broken_one_breaks_nothing_else(
    folder: Path,
) -> None:
    approvals = folder.parent / "approved.json"
    small = folder / "small.py"
    small.write_text('def one() -> int:\n    """One."""\n    return 1\n')
    (folder / "weather.py").write_text("x = (\n")
    library = library_of(folder, Approvals(approvals))
    await library.refresh()
    assert [problem.sentence.partition("weather.py")[2] for problem in library.problems] == [
        ", line 1: '(' was never closed."
    ]
    shown = tool_of(library, "one")
    await library.trust(shown)
    assert tool_of(library, "one").is_trusted

    small.write_text('def one() -> int:\n    """One."""\n    return 11\n')
    await library.trust(shown)  # a late answer to a question about the old file
    await library.refresh()
    assert not tool_of(library, "one").is_trusted
    # the file is approved, and replaced before it runs
    await library.trust_file(small)
    small.write_text('def one() -> int:\n    """One."""\n    return 666\n')
    result = await library.call(tool_of(library, "one"), {})
    assert "has changed since it was approved" in result.text
    # another start of the program
    small.write_text('def one() -> int:\n    """One."""\n    return 11\n')
    again = library_of(folder, Approvals(approvals))
    await again.refresh()
    assert (await again.call(tool_of(again, "one"), {})).text == "11"
    assert approvals.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_fails_when_it_runs_is_named_with_its_line(folder: Path) -> None:
    (folder / "weather.py").write_text('import nothing_there\n\ndef f() -> int:\n    """F."""\n')
    library = library_of(folder)
    await library.refresh()
    await library.trust_file(folder / "weather.py")
    assert library.tools == []
    assert "weather.py, line 1: ModuleNotFoundError" in library.problems[0].sentence


async def test_definitions_alone_and_names_that_occur_twice(folder: Path) -> None:
    definition = {"name": "fail", "description": "Ask.", "parameters": {"type": "object"}}
    (folder / "asks.json").write_text(
        json.dumps([{"type": "function", "function": definition}, {"name": ""}])
    )
    (folder / "broken.json").write_text("{\n,")
    library = library_of(folder)
    await library.refresh()
    tool = tool_of(library, "fail")
    assert tool.kind == "schema"
    assert tool.parameters == {"type": "object"}
    assert not (await library.call(tool, {})).is_ok
    told = [problem.sentence for problem in library.problems]
    assert any("broken.json, line 2: this is not JSON" in one for one in told)
    assert any("fail is not offered, since" in one for one in told)
    assert any("needs a name" in one for one in told)
    assert not has_run(folder)


def test_every_always_is_bound_to_the_tool(tmp_path: Path) -> None:
    file = tmp_path / "approved.json"
    first, second = Approvals(file), Approvals(file)
    first.allow_in_thread("hash", "f", "thread_1")
    second.allow("other", "g")
    read = Approvals(file)
    assert read.allows("hash", "thread_1")
    assert not read.allows("hash", "thread_2")
    assert read.allows("other", "thread_2")
    file.write_text("[1, 2")
    assert not Approvals(file).allows("other", "")


@pytest.mark.parametrize(
    "text",
    [
        "Do it.\n\nArgs:\n    a (int): The first,\n        long.\n    b: The second.\n\nReturns:\n    a: no",
        "Do it.\n\n:param int a: The first,\n    long.\n:param b: The second.\n:returns: nothing",
        "Do it.\n\nParameters\n----------\na : int\n    The first,\n    long.\nb\n    The second.\n",
    ],
)
def test_three_forms_of_docstrings(text: str) -> None:
    assert read_docstring(text) == ("Do it.", {"a": "The first, long.", "b": "The second."})


def test_type_hints_are_read_without_running_the_file() -> None:
    source = (
        'def f(a: "int | None", b: list[str], c: Optional[float] = None, *, d: Odd, e: dict[str, int] = {}):\n  "F."\n'
        'def g(a, /):\n  "G."\ndef h(a: int):\n  pass\n'
    )
    f, g, h = parse_functions(source.encode())
    assert f.parameters is not None
    assert f.parameters["properties"] == {
        "a": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "b": {"type": "array", "items": {"type": "string"}},
        "c": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "d": {},
        "e": {"type": "object"},
    }
    assert f.parameters["required"] == ["a", "b", "d"]
    assert g.problem
    assert h.problem


def test_odd_escapes_of_a_file_print_no_warning() -> None:
    source = b'def f(a: "int", b: "x\\d"):\n  "Split at \\d."\n'
    (f,) = parse_functions(source)
    assert f.description == r"Split at \d."


async def gone(pid: int) -> None:
    await until(lambda: not is_running(pid))
