"""The process in which the functions of one file are described or called. It runs with the user's rights.

It reads one request as JSON from its input, and writes one answer as JSON to the descriptor named on the command line.
What the functions print goes to the ordinary outputs. The file is run only if its bytes have the hash of the request.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import hashlib
import inspect
import itertools
import json
import os
import sys
import traceback
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

from aimltui.local_tools.functions.docstrings import read_docstring
from aimltui.local_tools.functions.parsing import missing_of

MODULE = "aimltui_user_functions"
_MOST_ITEMS = 1000


def main() -> None:
    """Answer one request."""
    answer_fd = int(sys.argv[1])
    request = json.loads(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  # for the life of the process
    try:
        answer = _answer(request)
    except BaseException as error:  # also SystemExit: a function may call exit()
        answer = _failure(error, request["file"])
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(answer_fd, "w", encoding="utf-8", errors="backslashreplace") as out:
        json.dump(answer, out)
    # threads that a function left behind do not hold the answer
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    module = _load(request["file"], request["sha256"])
    found = list(_public(module))
    if request["name"] is None:
        return {"functions": [_described(name, function) for name, function in found]}
    function = dict(found).get(request["name"])
    if function is None:
        return {"error": f"The file has no function named {request['name']}."}
    return _called(function, request["arguments"], request["most"])


def _load(path: str, sha256: str) -> types.ModuleType:
    with open(path, "rb") as file:
        source = file.read()
    if hashlib.sha256(source).hexdigest() != sha256:
        raise RuntimeError("The file has changed since it was approved.")
    module = types.ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102  # the user approved this file
    return module


def _public(module: types.ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == MODULE and not name.startswith("_"):
            yield name, value


def _described(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    line = function.__code__.co_firstlineno
    signature = inspect.signature(function)
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    plain = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    hints = typing.get_type_hints(function, include_extras=True)
    without = [name for name in signature.parameters if name not in hints]
    problem = missing_of(bool(inspect.getdoc(function)), without, not kinds <= plain)
    if problem:
        return {"name": name, "line": line, "problem": problem}
    about, _ = read_docstring(inspect.getdoc(function))
    try:
        schema = _model(function).model_json_schema()
    except Exception as error:
        return {"name": name, "line": line, "problem": f"has a type hint without a JSON schema ({error})"}
    return {"name": name, "line": line, "description": about, "parameters": _untitled(schema)}


def _model(function: Callable[..., Any]) -> Any:
    from pydantic import BaseModel, ConfigDict, Field, create_model

    hints = typing.get_type_hints(function, include_extras=True)
    _, described = read_docstring(inspect.getdoc(function))
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        # a field's name may not begin with an underscore, nor hide a method of the model
        fields[f"p_{name}"] = (
            hints[name],
            Field(default, alias=name, description=described.get(name) or None),
        )
    base = type("Arguments", (BaseModel,), {"model_config": ConfigDict(extra="forbid")})
    return create_model(function.__name__, __base__=base, **fields)


def _untitled(schema: Any, *, is_properties: bool = False) -> Any:
    """The schema without the titles that pydantic adds, which only cost tokens."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _untitled(value, is_properties=key in ("properties", "$defs") and not is_properties)
        for key, value in schema.items()
        if is_properties or key != "title" or not isinstance(value, str)
    }


def _called(function: Callable[..., Any], arguments: dict[str, Any], most: int) -> dict[str, Any]:
    from pydantic import ValidationError

    try:
        model = _model(function).model_validate(arguments)
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}" for item in error.errors()
        )
        return {"invalid": told}
    values = {
        name: getattr(model, f"p_{name}")
        for name in inspect.signature(function).parameters
        # what the model left out stays the function's own default, not a copy of it
        if f"p_{name}" in model.model_fields_set
    }
    result = function(**values)
    if inspect.isawaitable(result):
        result = asyncio.run(_awaited(result))
    return {"result": _written(result)[: most + 1], "is_nothing": result is None}


async def _awaited(result: Any) -> Any:
    return await result


def _written(result: Any) -> str:
    """A result as text for the model: texts as they are, everything else as JSON."""
    if result is None:
        return ""
    if isinstance(result, str) and not isinstance(result, enum.Enum):
        return result
    if isinstance(result, bytes | bytearray):
        return f"{len(result)} bytes that are not text"
    if isinstance(result, Iterator):
        result = list(itertools.islice(result, _MOST_ITEMS))
    from pydantic_core import to_json

    try:
        return to_json(result, fallback=_fallback, bytes_mode="base64").decode("utf-8")
    except Exception:
        return repr(result)


def _fallback(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return repr(value)


def _failure(error: BaseException, path: str) -> dict[str, Any]:
    # a class made by the user may fail when it is printed
    try:
        told = str(error)
    except Exception:
        told = ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno or 0)
    return {
        "error": f"{type(error).__name__}: {told}" if told else type(error).__name__,
        "line": lines[-1] if lines else 0,
    }


if __name__ == "__main__":
    main()
