"""The benchmarks are not run with the tests; here is only that they still can be, and that their parts count right."""

from __future__ import annotations

import importlib

import pytest

from tests.bench import measure, probed_app, stamped
from tests.support.chat_server import SENT_AT


@pytest.mark.parametrize(
    "name",
    [
        "bare_app",
        "bench_ask",
        "bench_models",
        "bench_open",
        "bench_startup",
        "bench_streaming",
        "bench_transcript",
        "probed_app",
    ],
)
def test_a_benchmark_can_be_imported(name: str) -> None:
    module = importlib.import_module(f"tests.bench.{name}")
    assert module.__doc__


def test_a_stamp_is_a_delta_of_its_own_and_nothing_else_is_lost() -> None:
    parts = stamped.deltas(2_000)
    marks = [part for part in parts if SENT_AT.decode() in part]
    assert len(marks) > 10
    assert set(marks) == {f"t{SENT_AT.decode()}t"}
    text = "".join(parts)
    assert "## Part 1 of the answer" in text
    assert "| beta | 22 | some words" in text
    assert text.endswith(f"{stamped.LAST}.")


def test_the_probed_program_is_painted_like_the_real_one() -> None:
    assert all(file.is_file() for file in probed_app.ProbedApp.CSS_PATH)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert measure.percentile(values, 95) == 96.0
    assert measure.percentile([3.0], 99) == 3.0
    assert measure.percentile([], 50) != measure.percentile([], 50)


def test_a_verdict_names_figure_target_and_outcome() -> None:
    assert measure.verdict("echo", 2.5, 3.0, " x") == "echo: 2.50 x, target at most 3.00 x: reached"
    assert measure.verdict("echo", 3.5, 3.0).endswith("MISSED")


def test_a_table_lines_up() -> None:
    lines = measure.table(("", "long head"), [("a", "1"), ("bc", "22")]).splitlines()
    assert lines == ["    long head", "a           1", "bc         22"]
