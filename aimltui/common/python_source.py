"""Parses Python that is not the program's own, without printing warnings about it."""

from __future__ import annotations

import ast
import threading
import warnings

_LOCK = threading.Lock()
"""Held while the filters of warnings, which all threads share, are changed."""


def parse_module(source: str | bytes) -> ast.Module:
    """Parse a file.

    Raises:
        SyntaxError: It is not valid Python.
        ValueError: It holds what no source may hold.
        RecursionError: It is nested too deeply.
        MemoryError: It is nested too deeply for the parser.
    """
    with _LOCK, warnings.catch_warnings(action="ignore"):
        return ast.parse(source)


def parse_expression(source: str) -> ast.expr:
    """Parse an expression. It raises what `parse_module` raises."""
    with _LOCK, warnings.catch_warnings(action="ignore"):
        return ast.parse(source, mode="eval").body
