"""Formulas: found in text, and written in Unicode."""

from __future__ import annotations

from time import process_time
from unicodedata import normalize

import pytest

from aimltui.formatting.formulas.finding import find_formulas
from aimltui.formatting.formulas.writing import on_lines, on_one_line


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("we have $x^2$ and $y$", ["x^2", "y"]),
        (r"\(a+b\) then \[c\]", ["a+b", "c"]),
        ("$$\nx=1\n$$", ["\nx=1\n"]),
        ("$E = mc^2$.", ["E = mc^2"]),
        (r"\$5 and $x$", ["x"]),
        ("`$x$` code $x_1$, ``$y$ ` $z$``", ["x_1"]),
        ("$n$ items for $3 each", ["n"]),
        (r"$\text{speed of light}$", [r"\text{speed of light}"]),
        ("It costs $5 and $10.", []),
        ("$5-$10, or $5–$10", []),
        ("costs $5, or 10$ more", []),
        ("between $1,000 and $2,000 = total", []),
        ("$3/unit, $4/unit", []),
        ("price is $100 (was $200)", []),
        ("US$ and A$ rates; a $ b $ c", []),
        ("echo $HOME and $PATH", []),
        ('if [ "$a" = "$b" ]; then', []),
        ("for f in $(ls *.txt); do echo ${f} $x; done", []),
        ("PATH=$PATH:/bin:$HOME/bin", []),
        ("$this->name = $name; $('#a').on($.noop)", []),
        ("awk '{print $1, $2}' and $@, $<, $^", []),
        (r"The regex ^\d+$ matches, and ^\w+\s*$ too.", []),
        (r"Write \( in a regex for a bracket and \) to close it.", []),
        ("from $10^3 to $10^6 dollars; $50 < x < $100", []),
        ("earn $15/hr * 40 hrs = $600/week, R$ 10,00 e R$ 20,00", []),
        ("*$5* + **$10** = $15; $9.99 | $19.99 | $29.99", []),
        (r"so \begin{align*} a &= b \\ &= c \end{align*}.", [r"\begin{align*} a &= b \\ &= c \end{align*}"]),
        ("$\\begin{cases} a \\\\\nb \\end{cases}$", ["\\begin{cases} a \\\\\nb \\end{cases}"]),
        (r"\begin{itemize}\item a\end{itemize} \begin{align} x", []),
        ("a $ at the end: $", []),
        ("$$$", []),
        (r"\[a \\[2pt] b\]", [r"a \\[2pt] b"]),
        (r"\(open, \(x\)", ["x"]),
        ("$" + "x" * 3000 + "^2$", []),
        (r"Run sed 's/\(a\)\(b\)/\2\1/' file, where \(x\) is said.", ["x"]),
        (r"sed -e 's/\(a\)/b/' or grep '\(c\)' \(d\)", ["d"]),
        (r"In vim :%s/\(a\)=\(b\)/\2=\1/g", []),
        (r"find . \( -name '*.c' -o -name '*.h' \) -print", []),
        (r"find . -regex '.*/\(a\|b\)' -print", []),
        (r"expr x : '\(.*\)', \([^)]*\), \(\w+\) and \[(.*?)\]", []),
        (r"the car's speed \(v\), perl's \(a\) and a grep of \(b\)", ["v", "a", "b"]),
        (r"'\(p\)' and '\(q \to r\)': sed, then \(s\)", ["p", r"q \to r", "s"]),
        (
            r"\([0, 1)\), \(]0, 1[\), \(\left( a \right]\), \(\{1\}\)",
            ["[0, 1)", "]0, 1[", r"\left( a \right]", r"\{1\}"],
        ),
        (r"\(T [^\circ C]\) and \(f(x\), \(\frac{1}{(2}\)", [r"T [^\circ C]", r"\frac{1}{(2}"]),
    ],
)
def test_formulas_are_found_and_money_is_text(text: str, sources: list[str]) -> None:
    assert [formula.source for formula in find_formulas(text)] == sources


@pytest.mark.parametrize(
    "mark", ["\\(", "\\[", "$a\\", "`", "\\begin{align}", "\\begin{align}\\begin{gather}"]
)
def test_marks_that_are_never_closed_take_no_time(mark: str) -> None:
    start = process_time()
    assert find_formulas(mark * 20_000) == []
    assert process_time() - start < 2


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (r"E=mc^2", "E = mc²"),
        (r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}", "x = (−b ± √(b²−4ac))/2a"),
        (r"\frac12 + \frac{\partial f}{\partial x}", "1/2 + (∂f)/(∂x)"),
        (r"\sum_{i=1}^n \alpha_i \in \mathbb{R}", "∑ᵢ₌₁ⁿ αᵢ ∈ ℝ"),
        (r"\sqrt[3]{x} \cdot \hat{y} \not= 3", "³√x · ŷ ≠ 3"),
        (r"e^{i\pi}+x_{i,j}", "e^(iπ)+x_(i,j)"),
        (r"\begin{pmatrix}a & b\\ c & d\end{pmatrix}", "(a, b; c, d)"),
        (r"\begin{aligned}x&=1\\y&=2\\\end{aligned}", "x = 1; y = 2"),
        (r"\left(\binom{n}{k}\right) \text{ if } x>0", "(C(n, k)) if x > 0"),
        (r"50\% \{a\} A\,B \boxed{42}", "50% {a} A B 42"),
        (r"5\sqrt\[3]{b} \* c \_ d", "5³√b ∗ c _ d"),
        (r"\unknown{y} + \other", r"\unknown{y} + \other"),
    ],
)
def test_a_formula_stands_on_one_line(source: str, line: str) -> None:
    assert on_one_line(source) == normalize("NFC", line)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (r"x = \frac{a+b}{2}", ("    a+b", "x = ───", "     2")),
        (r"\sum_{i=1}^{n} i", ("  n", "  ∑   i", "i = 1")),
        (r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", ("⎡ 1  2 ⎤", "⎣ 3  4 ⎦")),
        (r"x&=1\\y&=22", ("x = 1", "y = 22")),
        (r"e^{-x_{k,l}}", (" −x_(k,l)", "e")),
    ],
)
def test_a_formula_by_itself_is_drawn(source: str, lines: tuple[str, ...]) -> None:
    assert on_lines(source) == lines


@pytest.mark.parametrize(
    "source", ["{", r"\frac{", r"\begin{matrix} a", "{" * 500 + "}" * 500, r"\left(" * 200, "}"]
)
def test_what_cannot_be_read_is_shown_as_its_source(source: str) -> None:
    assert on_one_line(source) == source
    assert on_lines(source) == (source,)
