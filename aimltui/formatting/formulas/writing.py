"""Writes formulas in Unicode: on one line, or on several with fractions and matrices as they are drawn. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, Final
from unicodedata import normalize

from aimltui.common.patterns import pattern
from aimltui.formatting.formulas import signs
from aimltui.formatting.formulas.boxes import Box, beside, fraction, grid, raised, stacked, text_box
from aimltui.formatting.formulas.spacing import spaced
from aimltui.formatting.formulas.units import without_packages

_DEEPEST: Final = 12
"""Levels of braces and environments; deeper formulas are shown as their source."""
_FRACTIONS: Final = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_BINOMIALS: Final = frozenset({"binom", "dbinom", "tbinom"})
_ATOM: Final = pattern(r"\s+|\d+(?:[.,]\d+)*|.", re.DOTALL)
_ODD: Final = pattern(r"\\([\[\]*]|_(?=\{))|\\.|[%$]", re.DOTALL)
_INFIX: Final = {"over": "frac", "choose": "binom", "atop": "binom"}
"""Macros between their two arguments, and those that have the same arguments behind them."""
_BRACES: Final = pattern(r"\\.|[{}]|\\begin|\\end")
_AROUND_SIGNS: Final = pattern(r"([^\w\s]) *|(?<! ) ++(?=[^\w\s])")
_SINGLE: Final = pattern(r"\d+(?:[.,]\d+)?|[^\W\d_][\u0300-\u036f\u20d7]*[₀-ₜᵢ-ᵪ]*")
"""One number or one name, which needs no brackets after a root."""
_PLACE: Final = pattern(r"\s*\[[tbc]\]")
_PLACED: Final = frozenset({"aligned", "gathered", "split", "alignedat"})
"""Environments that may say how they stand on their line."""


@lru_cache(maxsize=512)
def on_one_line(source: str) -> str:
    """Return a formula as one line; its source if it cannot be read."""
    box = _written(source, flat=True)
    return normalize("NFC", box.lines[0].strip()) if box is not None else source


@lru_cache(maxsize=128)
def on_lines(source: str) -> tuple[str, ...]:
    """Return the lines of a formula that stands by itself; its source if it cannot be read."""
    box = _written(source, flat=False)
    return (
        tuple(normalize("NFC", line.rstrip()) for line in box.lines)
        if box is not None
        else tuple(source.strip().split("\n"))
    )


def _written(source: str, *, flat: bool) -> Box | None:
    if _depth(source) > _DEEPEST:
        return None
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

    try:
        plain = without_packages(_plain(source.strip()))
        nodes, _, _ = LatexWalker(plain, tolerant_parsing=False).get_latex_nodes()
        return _Writer(flat=flat).rows(nodes)
    except (LatexWalkerError, RecursionError, _Unreadable):
        return None


def _plain(source: str) -> str:
    """Return a formula with what LaTeX would not read as its writer meant it.

    A percent or dollar sign is one, also without a backslash; a backslash before a bracket was meant for Markdown.
    """
    has_text = "\\text" in source or "\\mbox" in source

    def meant(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        is_sign = found[0] == "%" or (found[0] == "$" and not has_text)
        return f"\\{found[0]}" if is_sign else found[0]

    # the parser wants two arguments of `\braket`, which has one
    return _ODD.sub(meant, source).replace("\\braket", "\\Braket")


class _Unreadable(Exception):  # not an error: the source is shown instead
    """A formula that has a part which cannot be shown."""


def _depth(source: str) -> int:
    depth = deepest = 0
    for found in _BRACES.finditer(source):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        deepest = max(deepest, depth)
    return max(deepest, source.count("\\begin"), source.count("\\left"))


class _Writer:
    """Writes the nodes of a parsed formula.

    Args:
        flat: Whether everything stands on one line.
    """

    def __init__(self, *, flat: bool) -> None:
        self._flat = flat

    def rows(self, nodes: Sequence[Any]) -> Box:
        """Write a formula that may have several rows."""
        table = _table(nodes)
        if len(table) == 1 and len(table[0]) == 1:
            return self.line(nodes)
        return self._grid(table, None, left=True)

    def line(self, nodes: Sequence[Any]) -> Box:
        """Write nodes next to each other."""
        boxes: list[Box] = []
        kinds: list[str] = []
        atoms = _shown(list(_atoms(nodes)))
        for place, atom in enumerate(atoms):
            if (name := getattr(atom, "macroname", "")) in _INFIX:
                return self._named(_INFIX[name], [self._side(atoms[:place]), self._side(atoms[place + 1 :])])
        index = 0
        while index < len(atoms):
            name = getattr(atoms[index], "macroname", "")
            wanted = signs.ARGUMENTS.get(name, 0) if not _arguments(atoms[index]) else 0
            if wanted:
                places = [n for n in range(index + 1, len(atoms)) if not _is_space(atoms[n])][:wanted]
                box = self._named(name, [self._argument(name, atoms[n]) for n in places])
                index = places[-1] + 1 if places else index + 1
            else:
                box = self._atom(atoms[index])
                index += 1
                if box.lines[0].startswith("\\") and index < len(atoms) and _is_group(atoms[index]):
                    # an unknown macro keeps its braces
                    box = beside([box, text_box("{"), self._atom(atoms[index]), text_box("}")])
                    index += 1
            scripts: dict[str, Box] = {}
            while index + 1 < len(atoms) and (mark := _mark(atoms[index])) and mark not in scripts:
                scripts[mark] = self._atom(atoms[index + 1])
                index += 2
            boxes.append(self._with_scripts(box, scripts.get("^"), scripts.get("_"), name))
            kinds.append("fraction" if name in _FRACTIONS else "name" if name in signs.NAMES else "")
        return spaced(boxes, kinds)

    def _side(self, atoms: Sequence[Any]) -> Box:
        return _stripped(self.line(atoms))

    def _argument(self, name: str, atom: Any) -> Box:
        return self.rows(atom.nodelist) if name == "substack" and _is_group(atom) else self._atom(atom)

    def _with_scripts(self, box: Box, upper: Box | None, lower: Box | None, name: str = "") -> Box:
        if upper is None and lower is None:
            return box
        if not self._flat and (box.lines[0].strip() in signs.LIMITS or name in signs.BRACES):
            return stacked(upper, box, lower)
        if lower is not None:
            box = beside([box, text_box(_script(lower, signs.SUBSCRIPTS, "_"))])
        if upper is None:
            return box
        short = _mapped(upper, signs.SUPERSCRIPTS)
        if short is None and not self._flat:
            return raised(box, upper)
        return beside([box, text_box(short if short is not None else _script(upper, {}, "^"))])

    def _atom(self, atom: Any) -> Box:
        if isinstance(atom, str):
            return text_box(_sign(atom))
        kind = type(atom).__name__
        if kind == "LatexGroupNode":
            inner = self.line(atom.nodelist)
            opening, closing = atom.delimiters
            return inner if opening == "{" else beside([text_box(opening), inner, text_box(closing)])
        if kind == "LatexMathNode":
            return self.line(atom.nodelist)
        if kind == "LatexEnvironmentNode":
            return self._environment(atom)
        if kind == "LatexSpecialsNode":
            return text_box({"~": " ", "''": "″"}.get(atom.specials_chars, atom.specials_chars))
        if kind == "LatexMacroNode":
            return self._macro(atom)
        raise _Unreadable

    def _environment(self, node: Any) -> Box:
        name = node.environmentname.rstrip("*")
        nodes = node.nodelist
        if name in _PLACED and nodes and (found := _PLACE.match(getattr(nodes[0], "chars", ""))):
            nodes = [nodes[0].chars[found.end() :], *nodes[1:]]
        return self._grid(_table(nodes), signs.FENCES.get(name), left=name.endswith("cases"))

    def _grid(self, table: list[list[list[Any]]], fences: tuple[str, str] | None, *, left: bool) -> Box:
        """Write rows: those of a matrix between signs, or lines of a formula aligned at a place if `fences` is None."""
        rows = [[_stripped(self.line(cell)) for cell in row] for row in table]
        if fences is None:
            if self._flat:
                return text_box(
                    "; ".join(" ".join(cell.lines[0] for cell in row if cell.width) for row in rows)
                )
            return grid(rows, ("", ""), gap=" ", left=True)
        if not self._flat:
            return grid(rows, fences, gap="  ", left=left)
        text = "; ".join(_listed([cell.lines[0] for cell in row if cell.width]) for row in rows)
        return text_box(f"{fences[0]}{text}{fences[1]}")

    def _macro(self, node: Any) -> Box:
        name = node.macroname
        if name in signs.SPACES:
            return text_box(signs.SPACES[name])
        arguments = [self.line([one]) for one in _arguments(node)]
        if name in signs.UNSEEN or (name in signs.DROPPED and not arguments):
            return text_box("")
        return self._named(name, arguments)

    def _named(self, name: str, arguments: list[Box]) -> Box:
        """Write a macro with its arguments."""
        if name in _FRACTIONS and len(arguments) == 2:
            return self._fraction(*arguments)
        if name in _BINOMIALS and len(arguments) == 2:
            if self._flat:
                return text_box(f"C({arguments[0].lines[0]}, {arguments[1].lines[0]})")
            return grid([[arguments[0]], [arguments[1]]], ("(", ")"), gap="", left=False)
        if name == "sqrt" and arguments:
            return self._root(arguments)
        if name in signs.ACCENTS and arguments:
            return _accented(arguments[-1], signs.ACCENTS[name])
        if name in signs.FENCED and arguments:
            before, after = signs.FENCED[name]
            return beside([text_box(before), _stripped(arguments[-1]), text_box(after)])
        if name in ("mathbb", "mathds") and arguments:
            letters = arguments[-1].lines[0]
            return text_box("".join(signs.DOUBLE_STRUCK.get(letter, letter) for letter in letters))
        if name == "not" and arguments:
            return text_box(normalize("NFC", f"{arguments[0].lines[0].strip()}\u0338"))
        if name == "tag" and arguments:
            return beside([text_box("  ("), arguments[-1], text_box(")")])
        if name in signs.UNSEEN or name in ("textcolor", "colorbox"):
            return arguments[-1] if name not in signs.UNSEEN and arguments else text_box("")
        if name in ("pmod", "pod") and arguments:
            return beside([text_box(" (mod " if name == "pmod" else " ("), arguments[-1], text_box(")")])
        if name in signs.OVER or name == "underset":
            return self._over_or_under(name, arguments)
        if (name in signs.BRACES or name in signs.ARROWS) and arguments:
            return self._braced(name, arguments[-1]) if name in signs.BRACES else self._arrow(name, arguments)
        if (name in signs.TEXTS or name == "substack") and arguments:
            return beside(arguments)
        return beside([text_box(_symbol(name)), *arguments])

    def _over_or_under(self, name: str, arguments: list[Box]) -> Box:
        """Write a sign with another one over or under it."""
        if len(arguments) < 2:
            return beside([text_box(_symbol(name)), *arguments])
        note, base = arguments[0], _stripped(arguments[1])
        upper, lower = (note, None) if name in signs.OVER else (None, note)
        box = self._with_scripts(base, upper, lower) if self._flat else stacked(upper, base, lower)
        return beside([text_box(" "), box, text_box(" ")]) if base.lines[0] in signs.RELATIONS else box

    def _braced(self, name: str, body: Box) -> Box:
        """Write what a brace holds together; its note stands as a script on one line."""
        if self._flat:
            return text_box(_enclosed(body.lines[0]))
        ends = "╰╯" if name == "underbrace" else "╭╮"
        brace = text_box(
            f"{ends[0]}{'─' * (body.width - 2)}{ends[1]}" if body.width > 1 else signs.BRACES[name]
        )
        return stacked(None, body, brace) if name == "underbrace" else stacked(brace, body, None)

    def _arrow(self, name: str, arguments: list[Box]) -> Box:
        """Write an arrow with a text over it, and perhaps one under it."""
        over, under = arguments[-1], arguments[0] if len(arguments) > 1 else None
        before, after = signs.ARROWS[name]
        if self._flat:
            below = under.lines[0].strip("[]") if under is not None else ""
            notes = " ".join(part for part in (over.lines[0].strip(), below) if part)
            return text_box(f" {before}{notes}{after} ")
        width = max(over.width, under.width if under is not None else 0)
        line = "─" if before in "─←" else "═" if before in "═⇐" else " "
        return beside(
            [text_box(" "), stacked(over, text_box(before + line * width + after), under), text_box(" ")]
        )

    def _fraction(self, upper: Box, lower: Box) -> Box:
        if not self._flat:
            return fraction(upper, lower)
        return text_box(f"{_enclosed(upper.lines[0])}/{_enclosed(lower.lines[0])}")

    def _root(self, arguments: list[Box]) -> Box:
        body = arguments[-1]
        degree = arguments[0].lines[0].strip("[]") if len(arguments) == 2 else ""
        before = "".join(signs.SUPERSCRIPTS.get(sign, sign) for sign in degree)
        if body.is_flat:
            text = body.lines[0].strip()
            return text_box(f"{before}√{text if _SINGLE.fullmatch(text) else f'({text})'}")
        return beside([text_box(f"{before}√"), grid([[body]], ("(", ")"), gap="", left=False)])


def _table(nodes: Sequence[Any]) -> list[list[list[Any]]]:
    """Return the nodes by rows and columns."""
    rows: list[list[list[Any]]] = [[[]]]
    for node in nodes:
        if getattr(node, "macroname", None) in ("\\", "newline"):
            rows.append([[]])
        elif getattr(node, "specials_chars", None) == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(node)
    if len(rows) > 1 and all(not _has_signs(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _has_signs(nodes: Sequence[Any]) -> bool:
    return any(getattr(node, "chars", "x").strip() for node in nodes)


def _atoms(nodes: Sequence[Any]) -> Iterator[Any]:
    """Yield the nodes, with texts split into their characters and numbers."""
    for node in nodes:
        if node is None:
            continue
        if type(node).__name__ == "LatexCharsNode":
            yield from _ATOM.findall(node.chars)
        elif type(node).__name__ != "LatexCommentNode":
            yield node


def _shown(atoms: list[Any]) -> list[Any]:
    """Return atoms without those that are no signs: the dot of a missing bracket, the star of `\\operatorname*`."""
    kept: list[Any] = []
    for atom in atoms:
        before = getattr(kept[-1], "macroname", "") if kept else ""
        if (atom == "." and before in ("left", "right")) if isinstance(atom, str) else False:
            continue
        if isinstance(atom, str) and atom == "*" and before == "operatorname":
            continue
        kept.append(atom)
    return kept


def _listed(cells: Sequence[str]) -> str:
    """Return the cells of a row behind each other."""
    text = ""
    for cell in cells:
        text += cell if not text else f" {cell}" if text[-1] in ",;" else f", {cell}"
    return text


def _arguments(node: Any) -> list[Any]:
    described = getattr(node, "nodeargd", None)
    given = described.argnlist if described is not None else None
    return [one for one in given or () if one is not None]


def _is_space(atom: Any) -> bool:
    return isinstance(atom, str) and atom.isspace()


def _is_group(atom: Any) -> bool:
    return type(atom).__name__ == "LatexGroupNode" and bool(atom.delimiters[0] == "{")


def _stripped(box: Box) -> Box:
    """Return a box without the empty columns before and behind it."""
    before = min(len(line) - len(line.lstrip()) for line in box.lines)
    behind = min(len(line) - len(line.rstrip()) for line in box.lines)
    return Box(tuple(line[before : len(line) - behind] for line in box.lines), box.base)


def _mark(atom: Any) -> str:
    # nodes cannot be compared with a text
    return atom if isinstance(atom, str) and atom in ("^", "_") else ""


def _sign(atom: str) -> str:
    if atom.isspace():
        return " "
    return {"-": "−", "'": "′", "*": "∗"}.get(atom, atom)


@cache
def _symbol(name: str) -> str:
    """Return the sign of a macro; its name if it has none, so that nothing is lost."""
    if name in signs.SIGNS:
        return signs.SIGNS[name]
    if name in signs.NAMES:
        return name
    if len(name) == 1 and not name.isalpha():
        return name
    from pylatexenc.latex2text import get_default_latex_context_db

    known = get_default_latex_context_db().get_macro_spec(name)
    sign = getattr(known, "simplify_repl", None)
    return sign if isinstance(sign, str) and sign and "%" not in sign else f"\\{name}"


def _mapped(box: Box, table: dict[str, str]) -> str | None:
    if not box.is_flat:
        return None
    text = _AROUND_SIGNS.sub(r"\1", box.lines[0].strip())
    if " " in text:
        return None
    found = [table.get(sign) for sign in text]
    return "".join(sign for sign in found if sign is not None) if text and None not in found else None


def _script(box: Box, table: dict[str, str], mark: str) -> str:
    short = _mapped(box, table)
    if short is not None:
        return short
    text = " ".join(line.strip() for line in box.lines)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"


def _accented(box: Box, accent: str) -> Box:
    return text_box("".join(sign if sign.isspace() else sign + accent for sign in box.lines[0]))


def _enclosed(text: str) -> str:
    """Return a text in brackets, unless it is one number, one name, or has its own brackets."""
    text = text.strip()
    is_one = re.fullmatch(r"[\w√.,′\u0300-\u036f\u20d7⁰-₟ᵃ-ᶻᵢ-ᵪ²³¹∞]+", text) or (
        re.fullmatch(r"[\w′]*\([^()]*\)", text)
    )
    return text if is_one else f"({text})"
