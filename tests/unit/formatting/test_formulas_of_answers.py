"""200 answers as models write them: no sign of their formulas is lost, and money and code stay text.

`answers_with_formulas.txt` has an answer a line, each followed by its formulas as they stand on one line.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from unicodedata import normalize

import pytest

from aimltui.formatting.formulas.finding import find_formulas
from aimltui.formatting.formulas.units import without_packages
from aimltui.formatting.formulas.writing import on_lines, on_one_line

ANSWERS = Path(__file__).with_name("answers_with_formulas.txt")
WRITTEN = "→ "
"""Begins a formula as it stands on one line."""
NO_SIGNS = re.compile(
    r"\\begin\{(?:array|alignat\*?)\}\{[^}]*\}|\\begin\{[^}]*\}(?:\[t\])?|\\end\{[^}]*\}|\\\\\[\d+pt\]|\\(?:left|right)\."
    r"|\\(?:color|textcolor|label|hspace|phantom)\{[^}]*\}|\\(?:ce|SI|qty|num)\{.*\}|\\[A-Za-z]+\*?|\\[^%$]|[\s^_{}&~\\]"
)
"""What arranges a formula, or names a sign; numbers with units and chemistry are judged by the written line alone."""

ROOT = re.compile(r"\\sqrt\[([^\]]*)\]")


def answers() -> Iterator[tuple[str, list[str]]]:
    lines = ANSWERS.read_text(encoding="utf-8").splitlines()
    answer = ""
    for is_written, group in groupby(lines, lambda line: line.startswith(WRITTEN)):
        if is_written:
            yield answer, [line.removeprefix(WRITTEN) for line in group]
        else:
            *without, answer = group
            yield from ((one, []) for one in without)
    if not lines[-1].startswith(WRITTEN):
        yield answer, []


def letters(text: str) -> Counter[str]:
    plain = normalize("NFKD", text).translate({ord("−"): "-", ord("∗"): "*", ord("′"): "'"})
    return Counter(plain)


def test_no_sign_of_200_answers_is_lost() -> None:
    found = list(answers())
    assert len(found) >= 200
    for answer, written in found:
        formulas = find_formulas(answer)
        assert [on_one_line(one.source) for one in formulas] == written, answer
        for one in formulas:
            signs = Counter(NO_SIGNS.sub("", ROOT.sub(r"\1", one.source)))
            for shown in (on_one_line(one.source), "\n".join(on_lines(one.source))):
                assert not signs - letters(shown), (one.source, shown)
                assert "\\" not in shown, shown


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (r"\ce{A ->[H2O] B}", "A ─H2O→ B"),
        (r"\ce{Fe^{3+} + 3OH- -> Fe(OH)3 v}", "Fe³⁺ + 3OH⁻ → Fe(OH)₃ ↓"),
        (r"\ce{^{14}C}", "¹⁴C"),
        (r"\SI{9.81}{\meter\per\second\squared}", "9.81 m/s²"),
        (r"\SIrange{10}{20}{\kilo\gram}", "10 to 20 kg"),
        (r"\si{\square\milli\meter}", "mm²"),
        (r"\num{e5}", "10⁵"),
        (r"\num{5} \ce{H2", r"\num{5} \ce{H2"),
    ],
)
def test_chemistry_and_units_are_written_without_their_packages(source: str, written: str) -> None:
    assert on_one_line(source) == written


def test_a_formula_without_packages_stays_as_it_is() -> None:
    assert without_packages(r"\frac{\celsius}{2}") == r"\frac{\celsius}{2}"


@pytest.mark.parametrize(
    "source",
    [
        r"\num{" + " " * 40_000 + "}",
        r"\num{1" + " " * 40_000 + "}",
        r"\num" + " " * 40_000 + "x",
        r"\num[" * 10_000,
        r"\ce{A" + " " * 40_000 + "B}",
        r"\ce{" + "->[" * 10_000 + "}",
    ],
    ids=["blank", "number", "macro", "options", "arrow", "notes"],
)
def test_thousands_of_blanks_and_brackets_are_read_at_once(source: str) -> None:
    began = time.process_time()
    without_packages(source)
    assert time.process_time() - began < 2.0


def test_blanks_around_a_number_and_an_arrow_are_left_out() -> None:
    assert without_packages(r"\num{ 3.2 e -5 }") == r"3.2 \times 10^{-5}"
    assert without_packages("\\num {\t7 }") == "7"
    assert without_packages(r"\ce{A  ->  B}") == without_packages(r"\ce{A->B}")
