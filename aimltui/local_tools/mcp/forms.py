"""What a server asks the user: a form with fields, or to visit an address. Everything in it is text of the server."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.links import is_web_address

Action = Literal["accept", "decline", "cancel"]
Kind = Literal["string", "integer", "number", "boolean", "array"]
Value = str | int | float | bool | list[str]

_MOST_FIELDS = 20
_MOST_TEXT = 2_000
_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")


class BadValue(Exception):
    """A text is no value of its field. The text of the exception is a sentence for the user.

    Args:
        field: The field.
        told: The sentence after the field's label.
    """

    def __init__(self, field: FormField, told: str) -> None:
        super().__init__(f"{field.label} {told}")
        self.name = field.name


@dataclass(frozen=True, slots=True)
class FormField:
    """A value that the server wants."""

    name: str
    label: str
    kind: Kind
    about: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and label of each choice."""
    default: str = ""
    is_required: bool = False
    least: float | None = None
    most: float | None = None
    """Limits of a number, or of a text's length."""


@dataclass(frozen=True, slots=True)
class Form:
    """A question of a server."""

    server: str
    message: str
    fields: tuple[FormField, ...] = ()
    url: str = ""
    """The address to visit; the fields are empty then."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The user's answer."""

    action: Action
    values: Mapping[str, Value] | None = None


def form_of(server: str, params: Mapping[str, Any]) -> Form | None:
    """Read a question as the protocol has it; None if it cannot be asked.

    Args:
        server: The server's name.
        params: The parameters of `elicitation/create`.
    """
    message = clean(str(params.get("message") or ""))[:_MOST_TEXT]
    if params.get("mode") == "url":
        url = str(params.get("url") or "")
        return Form(server, message, url=url) if is_web_address(url) else None
    schema = params.get("requestedSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or len(properties) > _MOST_FIELDS:
        return None
    required = schema.get("required") if isinstance(schema, dict) else None
    required = required if isinstance(required, list) else []
    fields = [
        _field(str(name), one, is_required=name in required)
        for name, one in properties.items()
        if isinstance(one, dict)
    ]
    return Form(server, message, tuple(fields)) if len(fields) == len(properties) else None


def _field(name: str, one: Mapping[str, Any], *, is_required: bool) -> FormField:
    kind = one.get("type")
    known: Kind = next((word for word in get_args(Kind) if word == kind), "string")
    lengths = ("minItems", "maxItems") if known == "array" else ("minLength", "maxLength")
    least, most = ("minimum", "maximum") if known in ("integer", "number") else lengths
    choices = _choices(one.get("items", {}) if known == "array" else one)
    return FormField(
        name,
        clean_line(str(one.get("title") or name))[:80],
        known,
        clean_line(str(one.get("description") or ""))[:300],
        choices,
        _default(one.get("default"), dict(choices)),
        is_required,
        _number(one.get(least)),
        _number(one.get(most)),
    )


def _choices(one: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(one, dict):
        return ()
    titled = one.get("oneOf", one.get("anyOf"))
    if isinstance(titled, list):
        pairs = [(item.get("const"), item.get("title")) for item in titled if isinstance(item, dict)]
        return tuple(
            (value, clean_line(str(title or value))) for value, title in pairs if isinstance(value, str)
        )
    values = one.get("enum")
    names = one.get("enumNames")
    if not isinstance(values, list):
        return ()
    labels = names if isinstance(names, list) and len(names) == len(values) else values
    pairs = list(zip(values, labels, strict=True))
    return tuple((value, clean_line(str(label))) for value, label in pairs if isinstance(value, str))


def _default(value: object, labels: Mapping[str, str]) -> str:
    """Return what stands in a field at first, in the words that its hint has for the choices."""
    if not isinstance(value, list):
        return labels.get(value, _text(value)) if isinstance(value, str) else _text(value)
    names = [(labels.get(str(one), ""), _text(one)) for one in value]
    # a comma stands between two choices
    return ", ".join(label if label and "," not in label else text for label, text in names)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else clean_line(str(value))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def hint_of(field: FormField) -> str:
    """What to write into a field, in a few words."""
    if field.choices:
        labels = ", ".join(label for _, label in field.choices)
        told = f"one or more of: {labels}" if field.kind == "array" else f"one of: {labels}"
        return told if field.is_required else f"{told}, or nothing"
    words = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "yes or no",
        "array": "texts, with commas between them",
        "string": "text",
    }
    return words[field.kind] if field.is_required else f"{words[field.kind]}, or nothing"


def values_of(form: Form, texts: Mapping[str, str]) -> dict[str, Value]:
    """The values of what the user wrote into the fields; an empty text of an optional field is no value.

    Raises:
        BadValue: A text is no value of its field.
    """
    values: dict[str, Value] = {}
    for field in form.fields:
        text = texts.get(field.name, "").strip()
        if text:
            values[field.name] = _value(field, text)
        elif field.is_required:
            raise BadValue(field, f"is needed: {hint_of(field)}.")
    return values


def _value(field: FormField, text: str) -> Value:
    if field.kind == "boolean":
        if text.lower() not in (*_YES, *_NO):
            raise BadValue(field, "must be yes or no.")
        return text.lower() in _YES
    if field.kind in ("integer", "number"):
        return _numeric(field, text)
    if field.kind == "array":
        found = [_chosen(field, one.strip()) for one in text.split(",") if one.strip()]
        _check(field, len(found), "choices")
        return found
    _check(field, len(text), "characters")
    return _chosen(field, text)


def _numeric(field: FormField, text: str) -> Value:
    try:
        number = int(text) if field.kind == "integer" else float(text.replace(",", "."))
    except ValueError as error:
        raise BadValue(field, f"must be {hint_of(field).removesuffix(', or nothing')}.") from error
    if not math.isfinite(number):
        raise BadValue(field, "must be a number.")
    _check(field, number, "")
    return number


def _check(field: FormField, size: float, unit: str) -> None:
    unit = f" {unit}" if unit else ""
    if field.least is not None and size < field.least:
        raise BadValue(field, f"must be at least {field.least:g}{unit}.")
    if field.most is not None and size > field.most:
        raise BadValue(field, f"must be at most {field.most:g}{unit}.")


def _chosen(field: FormField, text: str) -> str:
    if not field.choices:
        return text
    for value, label in field.choices:
        if text.lower() in (value.lower(), label.lower()):
            return value
    raise BadValue(field, f"must be {hint_of(field).removesuffix(', or nothing')}.")
