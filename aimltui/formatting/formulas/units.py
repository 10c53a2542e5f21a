"""Writes what LaTeX has packages for, chemistry and numbers with units, in LaTeX that needs none. Pure."""

from __future__ import annotations

import re
from typing import Final

from aimltui.common.patterns import pattern

_MACRO: Final = pattern(r"\\(ce|SI|si|qty|unit|num|SIrange|numrange)\s*+(?:\[[^\]]{0,200}\]\s*+)?(?=\{)")
_ARGUMENTS: Final = {"SI": 2, "qty": 2, "SIrange": 3, "numrange": 2}
_ARROWS: Final = (
    ("<=>>", "rightleftharpoons"),
    ("<<=>", "rightleftharpoons"),
    ("<=>", "rightleftharpoons"),
    ("<->", "leftrightarrow"),
    ("->", "rightarrow"),
    ("<-", "leftarrow"),
)
_CHARGE: Final = pattern(r"\^\{[^{}]*\}|\^[\d+-]+|_\{[^{}]*\}|_\d+")
_COUNT: Final = pattern(r"(?<=[A-Za-z)\]}])(\d+)")
_LAST_CHARGE: Final = pattern(r"(?<=[A-Za-z\d)\]}])([+-]+)$")
_NUMBER: Final = pattern(r"([+-]?[\d.,]*)\s*[eE]\s*([+-]?\d+)")
_NAMES: Final = {
    "metre": "m", "meter": "m", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C",
    "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "tesla": "T", "weber": "Wb", "henry": "H",
    "celsius": "°C", "degreeCelsius": "°C", "degree": "°", "percent": "%", "litre": "L", "liter": "L", "hour": "h",
    "minute": "min", "day": "d", "electronvolt": "eV", "bar": "bar", "lumen": "lm", "lux": "lx", "radian": "rad",
    "becquerel": "Bq", "byte": "B", "bit": "bit", "tonne": "t", "hectare": "ha", "angstrom": "Å", "bel": "B",
}  # fmt: skip
_PREFIXES: Final = {
    "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "centi": "c", "deci": "d", "hecto": "h", "kilo": "k",
    "mega": "M", "giga": "G", "tera": "T", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "femto": "f",
}  # fmt: skip
_SHORT: Final = {"kg": "kg", "km": "km", "cm": "cm", "mm": "mm", "um": "µm", "nm": "nm"} | {
    name: name
    for name in ("mg", "ms", "us", "ns", "kHz", "MHz", "GHz", "kN", "kPa", "kJ", "kW", "mA", "mol", "mL")
}
_UNIT: Final = pattern(r"\\([A-Za-z]+)|[.~]|[^\\.~]+")


def without_packages(source: str) -> str:
    """Return a formula with `\\ce`, `\\SI` and their like written out; what cannot be read stays as it is."""
    if not _MACRO.search(source):
        return source
    done, at = [], 0
    while (found := _MACRO.search(source, at)) is not None:
        arguments, end = _braces(source, found.end(), _ARGUMENTS.get(found[1], 1))
        if not arguments:
            break
        done += [source[at : found.start()], _written(found[1], arguments)]
        at = end
    return "".join([*done, source[at:]])


def _braces(source: str, at: int, count: int) -> tuple[list[str], int]:
    """Return what stands in the next groups, and where they end; nothing if there are fewer."""
    groups: list[str] = []
    while len(groups) < count:
        depth, start = 0, at
        for place in range(at, len(source)):
            depth += {"{": 1, "}": -1}.get(source[place], 0)
            if not depth:
                break
        else:
            return [], at
        if source[start] != "{":
            return [], at
        groups.append(source[start + 1 : place])
        at = place + 1
    return groups, at


def _written(macro: str, arguments: list[str]) -> str:
    if macro == "ce":
        return chemistry(arguments[0])
    if macro in ("si", "unit"):
        return _units(arguments[0])
    numbers = [_number(one) for one in (arguments[:2] if macro.endswith("range") else arguments[:1])]
    number = r"\text{ to }".join(numbers)
    return rf"{number}\,{_units(arguments[-1])}" if macro in ("SI", "qty", "SIrange") else number


def chemistry(text: str) -> str:
    """Return the LaTeX of a formula or an equation of `\\ce`."""
    for arrow, sign in _ARROWS:
        text = re.sub(
            rf"(?<!\s)\s*{re.escape(arrow)}(?:\[([^\]]{{0,200}})\])?(?:\[([^\]]{{0,200}})\])?\s*",
            lambda found, sign=sign: _arrow(sign, found[1], found[2]),  # type: ignore[misc]
            text,
        )
    return " ".join(_species(one) for one in text.split(" "))


def _arrow(sign: str, over: str | None, under: str | None) -> str:
    notes = [rf"\text{{{note.strip()}}}" if note.isalnum() else note for note in (over, under) if note]
    # without spaces, at which the species are told apart
    joined = r"\,".join(notes).replace(" ", r"\,")
    return rf" \x{sign}{{{joined}}} " if notes else rf" \{sign} "


def _species(text: str) -> str:
    """Return one part of an equation: counts of atoms are low, charges are high."""
    if text in ("^", "v"):
        return r"\uparrow" if text == "^" else r"\downarrow"
    if text.startswith("\\") or not any(map(str.isalpha, text)):
        return text
    pieces, at = [], 0
    for found in _CHARGE.finditer(text):
        pieces += [_counted(text[at : found.start()]), found[0][0], "{", found[0][1:].strip("{}"), "}"]
        at = found.end()
    head, mark, charge = _LAST_CHARGE.sub(r"^{\1}", text[at:]).partition("^{")
    start = "{}" if pieces and not pieces[0] else ""
    return "".join([r"\mathrm{", start, *pieces, _counted(head), mark, charge, "}"])


def _counted(text: str) -> str:
    return _COUNT.sub(r"_{\1}", text)


def _number(text: str) -> str:
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    return rf"{found[1]} \times 10^{{{found[2]}}}" if found[1] else f"10^{{{found[2]}}}"


def _units(text: str) -> str:
    """Return units by their letters: `\\meter\\per\\second` is m/s."""
    if "\\" not in text:
        plain = text.replace(".", "·").replace("~", "·")
        return rf"\mathrm{{{plain}}}"
    written, is_start, prefix, power = "", True, "", ""
    for found in _UNIT.finditer(text):
        name = found[1]
        if name in _PREFIXES:
            prefix = _PREFIXES[name]
        elif name == "per":
            written, is_start = f"{written}/", True
        elif name in ("squared", "cubed"):
            written += "^{2}" if name == "squared" else "^{3}"
        elif name in ("square", "cubic"):
            power = "^{2}" if name == "square" else "^{3}"
        elif name:
            known = _NAMES.get(name) or _SHORT.get(name) or f"\\{name} "
            written += ("" if is_start else "·") + prefix + known + power
            is_start, prefix, power = False, "", ""
        elif found[0].strip():
            written += "·" if found[0] in ".~" else found[0].strip()
    return rf"\mathrm{{{written}}}"
