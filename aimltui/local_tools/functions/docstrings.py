"""Reads a docstring: what the function does, and what its parameters mean. Google, NumPy and reStructuredText forms."""

from __future__ import annotations

import inspect
import re

from aimltui.common.patterns import pattern

_SECTION = pattern(
    r"^(Args|Arguments|Parameters|Params|Returns|Return|Yields|Raises|Examples?|Notes?|See Also|Attributes|Warnings?):?\s*$",
    re.IGNORECASE,
)
_UNDERLINE = pattern(r"^-{3,}\s*$")
_GOOGLE = pattern(r"^(\s*)\*{0,2}(\w+)\s*+(?:\([^)]*\)\s*+)?:\s*(.*)$")
_NUMPY = pattern(r"^(\w+)\s*(?::.*)?$")
_REST = pattern(r"^\s*:param\s([^:]*):\s*(.*)$")
_FIELD = pattern(r"^\s*:\w[^:]*:")
_NAME = pattern(r"\w+")


def read_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """The description without sections, and the description of each parameter by its name."""
    lines = inspect.cleandoc(text or "").splitlines()
    about: list[str] = []
    section: list[str] = []
    name, parts = "", {"": about}
    for place, line in enumerate(lines):
        match = _SECTION.match(line)
        is_underlined = place + 1 < len(lines) and bool(_UNDERLINE.match(lines[place + 1]))
        if match is not None and (line.rstrip().endswith(":") or is_underlined):
            name = match[1].lower()
            section = parts.setdefault("args" if name in _ARGUMENTS else name, [])
        elif not _UNDERLINE.match(line) or not name:
            (section if name else about).append(line)
    described = _parameters(parts.get("args", []))
    rest, in_rest = _without_fields(about)
    return "\n".join(rest).strip(), {**described, **in_rest}


_ARGUMENTS = frozenset({"args", "arguments", "parameters", "params"})


def _parameters(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    depth: int | None = None
    is_numpy = any(line and not line[0].isspace() for line in lines)
    for line in lines:
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        depth = indent if depth is None else depth
        match = (_NUMPY.match(line) if is_numpy else _GOOGLE.match(line)) if indent <= depth else None
        if match is not None:
            current = found.setdefault(match[1] if is_numpy else match[2], [])
            if not is_numpy:
                current.append(match[3])
        elif current is not None:
            current.append(line.strip())
    return {name: " ".join(parts).strip() for name, parts in found.items()}


def _without_fields(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    rest: list[str] = []
    found: dict[str, str] = {}
    name: str | None = None
    in_fields = False
    for line in lines:
        match = _REST.match(line)
        # the type may stand before the name
        last = match[1].split()[-1:] if match is not None else []
        if match is not None and last and _NAME.fullmatch(last[0]):
            name, in_fields = last[0], True
            found[name] = match[2].strip()
        elif _FIELD.match(line):
            name, in_fields = None, True
        elif not in_fields:
            rest.append(line)
        elif name is not None and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return rest, found
