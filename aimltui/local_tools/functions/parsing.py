"""Reads the functions of a Python file without running anything of it: for files that the user has not approved."""

from __future__ import annotations

import ast
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.python_source import parse_expression, parse_module
from aimltui.local_tools.functions.docstrings import read_docstring

_TYPES = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "None": {"type": "null"},
}
_ARRAYS = frozenset({"list", "List", "Sequence", "set", "tuple"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A function, or why one is not offered."""

    name: str
    line: int
    description: str = ""
    parameters: dict[str, Any] | None = None
    problem: str = ""


class BrokenFile(Exception):
    """The file is not valid Python.

    Args:
        line: Where, from 1; 0 if the line is not known.
        reason: What is wrong.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def parse_functions(source: bytes) -> list[Parsed]:
    """The public functions of a file, in its order.

    Raises:
        BrokenFile: The file is not valid Python.
    """
    try:
        tree = parse_module(source)
    except SyntaxError as error:
        raise BrokenFile(error.lineno or 0, error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise BrokenFile(0, str(error) or type(error).__name__) from error
    return [_parsed(node) for node in tree.body if isinstance(node, _FUNCTIONS) and node.name[0] != "_"]


def missing_of(has_doc: bool, unannotated: list[str], has_star: bool) -> str:
    """Why a function is not offered, as the end of a sentence; empty if it is."""
    if not has_doc:
        return "has no docstring, which tells the model what it does"
    if unannotated:
        return f"has no type hint for {', '.join(unannotated)}"
    return "takes * or ** arguments, or arguments without a name" if has_star else ""


def _parsed(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Parsed:
    text = ast.get_docstring(node)
    named = [*node.args.args, *node.args.kwonlyargs]
    is_starred = bool(node.args.vararg or node.args.kwarg or node.args.posonlyargs)
    problem = missing_of(bool(text), [arg.arg for arg in named if arg.annotation is None], is_starred)
    if problem:
        return Parsed(node.name, node.lineno, problem=problem)
    about, described = read_docstring(text)
    defaults = _defaults(node.args)
    properties: dict[str, Any] = {}
    for arg in named:
        schema = dict(_schema(arg.annotation))
        if described.get(arg.arg):
            schema["description"] = described[arg.arg]
        properties[arg.arg] = schema
    required = [arg.arg for arg in named if arg.arg not in defaults]
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if required:
        parameters["required"] = required
    return Parsed(node.name, node.lineno, about, parameters)


def _defaults(args: ast.arguments) -> set[str]:
    last = args.args[len(args.args) - len(args.defaults) :] if args.defaults else []
    keyed = [
        arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is not None
    ]
    return {arg.arg for arg in (*last, *keyed)}


def _schema(node: ast.expr | None) -> dict[str, Any]:
    """The schema of a type hint, as far as its text tells; {} allows anything."""
    match node:
        case ast.Constant(value=None):
            return _TYPES["None"]
        case ast.Constant(value=str(text)):
            return _schema_of_text(text)
        case ast.Name(id=name):
            return _TYPES.get(name, {})
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any_of([left, right])
        case ast.Subscript(value=value, slice=inner):
            return _generic(value, inner)
    return {}


def _schema_of_text(text: str) -> dict[str, Any]:
    try:
        return _schema(parse_expression(text))
    except (SyntaxError, ValueError, RecursionError):
        return {}


def _generic(value: ast.expr, inner: ast.expr) -> dict[str, Any]:
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return {"enum": [member.value for member in members if isinstance(member, ast.Constant)]}
    if name == "Optional":
        return _any_of([inner, ast.Constant(None)])
    if name == "Union":
        return _any_of(members)
    if name == "Annotated":
        return _schema(members[0])
    if name in _ARRAYS:
        return {"type": "array", "items": _schema(members[0])}
    return {"type": "object"} if name in ("dict", "Dict", "Mapping") else {}


def _any_of(nodes: list[ast.expr]) -> dict[str, Any]:
    schemas = [_schema(node) for node in nodes]
    return {"anyOf": schemas} if all(schemas) else {}
