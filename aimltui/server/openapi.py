"""Describes what the server offers as an OpenAPI document, made from the table of operations. No I/O."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from aimltui import __version__
from aimltui.server.routing import SERVED, Routed
from aimltui.wire.base import JSONObject
from aimltui.wire.binary import BinaryContent
from aimltui.wire.errors import ErrorObject
from aimltui.wire.operations import Operation

_TEMPLATE = "#/components/schemas/{model}"
_ERROR: JSONObject = {
    "description": "The request was refused, or the server had an error.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"$ref": _TEMPLATE.format(model="ErrorObject")}},
            }
        }
    },
}
_PLACE = re.compile(r"{(\w+)}")


@functools.cache
def document(others: tuple[Routed, ...] = ()) -> bytes:
    """Return the document as JSON.

    Args:
        others: The routes of other wires, whose bodies follow the schemas that OpenAI publishes.
    """
    kinds: list[tuple[Any, JsonSchemaMode]] = [(ErrorObject, "serialization")]
    for operation in SERVED:
        kinds += [(operation.params, "validation"), (operation.result, "serialization")]
    schemas, definitions = models_json_schema(list(dict.fromkeys(kinds)), ref_template=_TEMPLATE)
    parts = definitions["$defs"]
    paths: dict[str, JSONObject] = {}
    for operation in SERVED:
        params = _resolved(schemas[operation.params, "validation"], parts)
        result = schemas[operation.result, "serialization"]
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, params, result)
    for route in others:
        paths.setdefault(route.path, {})[route.method.lower()] = _other(route)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "aimltui", "version": __version__, "description": "The Assistants API v2."},
        "servers": [{"url": "/v1"}],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {"schemas": parts, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def _operation(operation: Operation[Any, Any], params: JSONObject, result: JSONObject) -> JSONObject:
    in_path = _PLACE.findall(operation.path)
    fields: JSONObject = params.get("properties", {})
    rest = {name: schema for name, schema in fields.items() if name not in in_path}
    has_body = operation.method == "POST"
    in_query = operation.query if has_body else frozenset(rest)
    needed = [name for name in params.get("required", ()) if name in rest]
    described: JSONObject = {
        "operationId": operation.name,
        "parameters": [
            *(_parameter(name, "path", {"type": "string"}, needed=True) for name in in_path),
            *(_parameter(name, "query", rest[name], needed=name in needed) for name in sorted(in_query)),
        ],
        "responses": {"200": _answer(operation, result), "default": _ERROR},
    }
    if operation.extension:
        described["x-extension"] = True
    if has_body:
        body = {name: schema for name, schema in rest.items() if name not in in_query}
        if operation.streams == "optional":
            body["stream"] = {"type": ["boolean", "null"]}
        kind = "multipart/form-data" if operation.body == "multipart" else "application/json"
        schema = {"type": "object", "properties": body, "required": [n for n in needed if n in body]}
        described["requestBody"] = {
            "content": {kind: {"schema": schema}},
            "required": bool(schema["required"]),
        }
    return described


def _answer(operation: Operation[Any, Any], result: JSONObject) -> JSONObject:
    content: JSONObject = {}
    if operation.result is BinaryContent:
        content["application/octet-stream"] = {}
    elif operation.streams != "always":
        content["application/json"] = {"schema": result}
    if operation.streams != "never":
        content["text/event-stream"] = {}
    return {"description": "The answer.", "content": content}


def _other(route: Routed) -> JSONObject:
    words = re.sub(r"\W+", "_", route.path).strip("_")
    described: JSONObject = {
        "operationId": f"{route.method.lower()}_{words}",
        "parameters": [
            _parameter(name, "path", {"type": "string"}, needed=True) for name in _PLACE.findall(route.path)
        ],
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": {}}},
            "default": _ERROR,
        },
    }
    if route.method == "POST":
        described["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return described


def _parameter(name: str, place: str, schema: JSONObject, *, needed: bool) -> JSONObject:
    return {"name": name, "in": place, "required": needed, "schema": schema}


def _resolved(schema: JSONObject, parts: JSONObject) -> JSONObject:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: JSONObject = parts[name] if name else schema
    return found
