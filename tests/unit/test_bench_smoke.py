"""The benchmarks are not run with the tests; here is only that they still can be, and that their parts count right."""

from __future__ import annotations

import importlib

import pytest

from tests.bench import __main__ as whole
from tests.bench import bench_settled, bench_sides, bench_size, measure, probed_app, stamped, vibe
from tests.support.chat_server import SENT_AT


@pytest.mark.parametrize("name", sorted({f"bench_{bench.module}" for bench in whole.BENCHES.values()}))
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


def test_the_whole_table_has_what_was_reached_and_what_was_left_out() -> None:
    lines = [
        "a  b",
        measure.verdict("lag p95 at 200/s", 54.7, 50.0, " ms"),
        measure.verdict("CPU", 0.5, 0.79, "x"),
    ]
    lines += [
        "MRR: 0.936, target at least 0.80: reached",
        "CPU over before: not measured without before=PYTHON",
    ]
    assert whole.rows("sides", lines) == [
        ("sides: lag p95 at 200/s", "54.70 ms", "at most 50.00 ms", "MISSED"),
        ("sides: CPU", "0.50x", "at most 0.79x", "reached"),
        ("sides: MRR", "0.936", "at least 0.80", "reached"),
        ("sides: CPU over before", "", "", "not measured without before=PYTHON"),
    ]


def side(name: str, cpu_s: float, lag_s: float) -> bench_sides.Side:
    return bench_sides.Side(name, "python", [cpu_s], [lag_s])


def test_a_side_that_is_not_given_is_said_to_be_missing() -> None:
    own = side("this checkout", 0.5, 0.04)
    alone = bench_sides.verdicts([own, side(bench_sides.MARKDOWN, 5.0, 0.5)], 200)
    assert [line for line in alone if "not measured" in line] == [
        "CPU over before, at 200/s: not measured without before=PYTHON",
        "CPU over vibe, at 200/s: not measured without vibe=PYTHON",
    ]
    assert "lag p95 over Textual's Markdown's, at 200/s: 0.08x, target at most 0.10x: reached" in alone
    fast = bench_sides.verdicts([own, side("before", 0.8, 0.1), side("vibe", 0.4, 0.1)], 1000)
    assert fast == [
        "CPU over before, at 1000/s: 0.62x, target at most 0.60x: MISSED",
        "CPU over vibe, at 1000/s: 1.25x, target at most 1.00x: MISSED",
    ]
    sides = [bench_settled.Side(name, "python") for name in ("bare Textual", "this checkout")]
    assert all("not measured without before=PYTHON" in line for line in bench_settled.verdicts(sides))


def test_what_a_package_requires_is_counted_once_and_extras_are_not() -> None:
    found = bench_size.required("aimltui")
    assert {"textual", "rich", "openai", "pydantic-core", "pillow"} <= found.keys()
    assert not {"mypy", "keyring", "mcp"} & found.keys()


def test_what_only_changed_cells_tell_is_seen_on_the_screen() -> None:
    with measure.Meter(["true"], env={}) as meter:
        meter.pump(0)
        # the second stamp is written by its last two digits
        meter.raw[:] = b"\x1b[Ht000000000001t\x1b[1;12H23"
        meter.arrivals[:] = [(5.0, len(meter.raw) - 9), (6.0, len(meter.raw))]
        assert vibe.sightings(meter) == {b"000000000001": 5.0, b"000000000023": 6.0}
