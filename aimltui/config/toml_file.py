"""Reads and changes a TOML file as a document, and explains what is wrong with it."""

from __future__ import annotations

import copy
import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError
from aimltui.common.text import printable

log = logging.getLogger(__name__)

_LIMIT_BYTES = 1_000_000


def read_config(file: Path, *, must_exist: bool = False) -> dict[str, Any]:
    """Return the content of a TOML file; empty if the file does not exist.

    Raises:
        ConfigError: It cannot be read or is not TOML; the text names file, line, column and a remedy.
    """
    content = _read_bytes(file)
    if content is None:
        if must_exist:
            raise ConfigError(f"The configuration file {file} does not exist. Check --config.")
        return {}
    return parse_toml(content, file)


def _read_bytes(file: Path) -> bytes | None:
    """Return the content of the file; None if it does not exist."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The configuration file {file} cannot be read: {reason}.") from error
    if len(content) > _LIMIT_BYTES:
        raise ConfigError(
            f"The configuration file {file} is larger than 1 MB, so it is not read. Check --config."
        )
    return content


def parse_toml(content: bytes, file: Path) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ConfigError: It is not TOML; the text names file, line, column and a remedy.
    """
    import tomllib

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}, line {line}: this is not UTF-8 text. Save the file as UTF-8.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_sentence(text, file, str(error))) from error
    except (ValueError, RecursionError) as error:
        # a number of thousands of digits, or thousands of brackets
        raise ConfigError(
            f"{file}: a number in it is too long, or its lists are nested too deeply. Correct it, or move the file away."
        ) from error


def change_document(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Read the file, change its content and write it, while holding the lock of its directory.

    Everything else stays as the user wrote it: comments, order, blank lines, the notation of a value, the file's mode. A
    new file is readable only by its owner (0600). It blocks, so call it in a worker thread where an event loop runs.

    Args:
        file: The file; created if missing. A symbolic link is followed.
        change: Changes the document in place, or raises `ConfigError` if it must not be written.

    Raises:
        ConfigError: The file has an error (then it is not changed), `change` raised it, or writing failed.
    """
    target = Path(os.path.realpath(file))
    ensure_private_dir(target.parent)
    try:
        with exclusive(target.parent):
            content = _read_bytes(file)
            old = parse_toml(content, file) if content is not None else {}
            new = copy.deepcopy(old)
            change(new)
            if new != old or content is None:
                edited = _edited(content or b"", new, file)
                write_private(target, edited, mode=_mode(target))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The configuration file {file} cannot be written: {reason}.") from error


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        return 0o600


def _edited(content: bytes, wanted: Mapping[str, Any], file: Path) -> bytes:
    """Return the content with new values and everything else unchanged.

    Raises:
        ConfigError: The layout of the file does not allow a safe change.
    """
    import tomllib

    # Imported late: needed only for writing, never at start.
    from aimltui.config.toml_edit import edited

    text = content.decode()
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    has_crlf = "\r\n" in text
    try:
        result = edited(text.removeprefix(mark).replace("\r\n", "\n"), wanted)
        is_right = tomllib.loads(result) == wanted
    except (ValueError, LookupError, TypeError, AttributeError):
        log.warning("a change of %s failed", file, exc_info=True)
        is_right = False
    if not is_right:
        raise ConfigError(
            f"The configuration file {file} has a layout that cannot be changed automatically, so it was not changed. "
            "Make the change in an editor, or write each table once, under a heading in square brackets."
        )
    return (mark + (result.replace("\n", "\r\n") if has_crlf else result)).encode()


def check_text(origin: str, dotted: str, value: object, allowed: tuple[str, ...] | None = None) -> None:
    """Check that a value is text and one of the allowed values.

    Raises:
        ConfigError: It is not.
    """
    wanted = wanted_text(allowed)
    if not isinstance(value, str):
        raise ConfigError(type_sentence(origin, dotted, value, wanted))
    if allowed and value not in allowed:
        raise ConfigError(f'{origin}: {dotted} is "{short(value)}", but must be {wanted}.')
    if not value.strip():
        raise ConfigError(f"{origin}: {dotted} is empty. Give it a value or remove the line.")


def wanted_text(allowed: tuple[str, ...] | None) -> str:
    """Describe the allowed text values."""
    return "one of " + ", ".join(f'"{choice}"' for choice in allowed) if allowed else "text in quotes"


def type_sentence(origin: str, dotted: str, value: object, wanted: str) -> str:
    """Return a sentence about a value of the wrong type."""
    return f"{origin}: {dotted} is {_type_name(value)}, but must be {wanted}."


def _type_name(value: object) -> str:
    # The type and not the value: a misplaced value may be a secret.
    names = {bool: "true or false", str: "text", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def _syntax_sentence(text: str, file: Path, message: str) -> str:
    place = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    what = message[: place.start()] if place else message
    if place and place[1]:
        line, column = int(place[1]), int(place[2])
    else:
        line = text.count("\n") + 1
        column = len(text) - (text.rfind("\n") + 1) + 1
    what = what.rstrip(".")
    return (
        f"{file}, line {line}, column {column}: {what}. "
        "Correct that line (text needs double quotes), or move the file away to start with the defaults."
    )


def short(value: str) -> str:
    """Return a value shortened and printable, for a sentence."""
    clean = printable(value)
    return clean if len(clean) <= 60 else clean[:59] + "…"
