"""Reads YAML from strangers: every scalar stays text, and nothing may refer to another place of the file."""

from __future__ import annotations

from typing import Any

from aimltui.interchange.records import UnreadableInput

MAX_BYTES = 32 * 1024 * 1024
_MAX_DEPTH = 50


def parse(raw: bytes) -> Any:
    """The first document: dictionaries, lists and strings.

    Raises:
        UnreadableInput: It is not valid, or has anchors, which a small file could use to be endless.
    """
    import yaml  # only when such a file is met: no other needs it

    if len(raw) > MAX_BYTES:
        raise UnreadableInput(f"it is a YAML file of more than {MAX_BYTES // 1024**2} MB")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    top: list[Any] = []
    stack: list[tuple[Any, list[str]]] = [(top, [])]
    try:
        for event in yaml.parse(raw.decode("utf-8", "replace"), Loader=loader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            _take(event, stack, yaml)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableInput("it is not valid YAML") from error
    return top[0] if top else None


def _take(event: Any, stack: list[tuple[Any, list[str]]], yaml: Any) -> None:
    if isinstance(event, yaml.AliasEvent):
        raise UnreadableInput("it is YAML with references, which are not followed")
    if isinstance(event, yaml.CollectionEndEvent):
        stack.pop()
    elif isinstance(event, yaml.ScalarEvent):
        _put(stack[-1], event.value)
    elif isinstance(event, yaml.CollectionStartEvent):
        if len(stack) > _MAX_DEPTH:
            raise UnreadableInput("it is nested too deeply")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        _put(stack[-1], value)
        stack.append((value, []))


def _put(place: tuple[Any, list[str]], value: Any) -> None:
    container, keys = place
    if isinstance(container, list):
        container.append(value)
    elif keys:
        container[keys.pop()] = value
    else:
        # a key that is not text names nothing that is looked for
        keys.append(value if isinstance(value, str) else "")
