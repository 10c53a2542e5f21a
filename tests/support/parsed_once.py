"""What all apps of a test process parse alike is parsed once: rules, variables and styles, which nothing changes then."""

from __future__ import annotations

from functools import cache

from textual._context import active_app
from textual.css import stylesheet as textual_stylesheet
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.tokenize import Token, tokenize_value
from textual.design import ColorSystem
from textual.markup import parse_style
from textual.style import Style

_parse_rules = Stylesheet._parse_rules
_generate = ColorSystem.generate
_rules: dict[tuple[object, ...], list[RuleSet]] = {}
_colours: dict[tuple[object, ...], dict[str, str]] = {}
_styles: dict[tuple[str, frozenset[tuple[str, str]]], Style] = {}


def install() -> None:
    """Have the apps of this process share what they parse."""
    Stylesheet._parse_rules = _rules_once  # type: ignore[method-assign]
    ColorSystem.generate = _colours_once  # type: ignore[method-assign]
    textual_stylesheet.tokenize_values = _variables_once
    textual_stylesheet.parse_style = _style_once
    # the same hash, without a call of Python code for each of the rules at each widget
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]


def _variables_of(sheet: Stylesheet) -> frozenset[tuple[str, str]]:
    """The variables of a sheet as a key, made once for each mapping: a sheet with other variables gets another one."""
    known: tuple[dict[str, str], frozenset[tuple[str, str]]] | None = getattr(sheet, "_known_variables", None)
    if known is None or known[0] is not sheet._variables:
        known = sheet._variables, frozenset(sheet._variables.items())
        sheet._known_variables = known  # type: ignore[attr-defined]
    return known[1]


def _rules_once(self: Stylesheet, *args: object, **named: object) -> list[RuleSet]:
    key = (args, frozenset(named.items()), _variables_of(self))
    if key not in _rules:
        _rules[key] = _parse_rules(self, *args, **named)  # type: ignore[arg-type]
    return _rules[key]


def _colours_once(self: ColorSystem) -> dict[str, str]:
    key = tuple(
        frozenset(value.items()) if isinstance(value, dict) else value
        for _, value in sorted(vars(self).items())
    )
    if key not in _colours:
        _colours[key] = _generate(self)
    return dict(_colours[key])


def _variables_once(values: dict[str, str]) -> dict[str, list[Token]]:
    return {name: list(_tokens(value)) for name, value in values.items()}


@cache
def _tokens(value: str) -> tuple[Token, ...]:
    return tuple(tokenize_value(value, ("__name__", "")))


def _style_once(text: str) -> Style:
    key = (text, _variables_of(active_app.get().stylesheet))
    if key not in _styles:
        _styles[key] = parse_style(text)
    return _styles[key]
