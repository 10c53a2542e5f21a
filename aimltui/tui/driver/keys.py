"""Reports of keys, rewritten so that Textual reads them: sub-fields, xterm's other form, names that mean the same."""

from __future__ import annotations

from typing import Final

from textual._keyboard_protocol import FUNCTIONAL_KEYS

from aimltui.common.patterns import pattern

_EXTENDED = pattern(r"\x1b\[([0-9:;]*)([u~ABCDEFHPQRS])")
_SS3_WITH_MODIFIER = pattern(r"\x1bO(?:1;)?(\d)([A-FHPQRS])")
_RELEASED = 3
_MAX_CODE = 0x10FFFF
_MAX_MODIFIERS = 256
_LOCKS = 64 | 128
"""Caps lock and num lock, which are reported as if they were held."""
_PRIVATE_KEYS = range(57344, 63744)
"""Codes of the kitty protocol for keys that type nothing."""

SAME: Final = {
    "ctrl+h": "backspace",
    "ctrl+m": "enter",
    "ctrl+i": "tab",
    "ctrl+left_square_bracket": "escape",
    "alt+b": "ctrl+left",
    "alt+f": "ctrl+right",
    "alt+left": "ctrl+left",
    "alt+right": "ctrl+right",
    "alt+shift+left": "ctrl+shift+left",
    "alt+shift+right": "ctrl+shift+right",
    "alt+backspace": "ctrl+w",
    "ctrl+backspace": "ctrl+w",
    "shift+backspace": "backspace",
    "alt+d": "ctrl+delete",
    "alt+delete": "ctrl+delete",
}
"""Keys that only some terminals tell apart from the ones they mean."""


def canonical(sequence: str) -> str | None:
    """Rewrite the report of a key in the form of the kitty protocol without sub-fields.

    Args:
        sequence: A whole escape sequence.

    Returns:
        The report as Textual reads it; one character if that is what the key types; empty if there is no such key, or
        if it was let go; None if the sequence is no such report.
    """
    if found := _SS3_WITH_MODIFIER.fullmatch(sequence):
        return f"\x1b[1;{found[1]}{found[2]}"
    found = _EXTENDED.fullmatch(sequence)
    if found is None:
        return None
    fields = [[_number(part) for part in field.split(":")] for field in found[1].split(";")]
    if len(fields) == 3 and fields[0] == [27] and found[2] == "~":
        # xterm's modifyOtherKeys writes the modifiers before the code
        return _rewritten([fields[2], fields[1]], "u")
    return _rewritten(fields, found[2])


def _rewritten(fields: list[list[int | None]], end: str) -> str:
    if any(value is not None and value > _MAX_CODE for field in fields for value in field):
        return ""
    codes, modifiers, texts = (fields + [[None]] * 3)[:3]
    held = modifiers[0] or 1
    if held > _MAX_MODIFIERS or modifiers[1:2] == [_RELEASED]:
        return ""
    held = (held - 1 & ~_LOCKS) + 1
    # some terminals report the backspace key by the character that it sent of old
    code = 127 if codes[0] == 8 and end == "u" else codes[0]
    if end not in "u~":
        # a letter names the key, and the code is 1; with another one it is the cursor's place
        if code not in (None, 1):
            return ""
        return f"\x1b[1;{held}{end}" if held > 1 else f"\x1b[{end}"
    if code is None or _is_surrogate(code):
        return ""
    if end == "~" and f"{code}~" not in FUNCTIONAL_KEYS:
        # Textual would take the code for that of a letter
        return ""
    if end == "~":
        return f"\x1b[{code};{held}~" if held > 1 else f"\x1b[{code}~"
    typed = "".join(chr(text) for text in texts if text and not _is_surrogate(text))
    if not typed and held in (1, 2) and code >= 32 and code != 127 and code not in _PRIVATE_KEYS:
        typed = _with_shift(code, codes[1] if len(codes) > 1 else None) if held == 2 else chr(code)
    if not typed.isprintable():
        typed = ""
    if typed and held in (1, 2) and code not in _PRIVATE_KEYS:
        return typed
    modifier = str(held) if held > 1 else ""
    tail = f";{modifier};{ord(typed[0])}" if typed else f";{modifier}" if modifier else ""
    return f"\x1b[{code}{tail}u"


def _with_shift(code: int, shifted: int | None) -> str:
    return chr(shifted) if shifted and not _is_surrogate(shifted) else chr(code).upper()


def _is_surrogate(code: int) -> bool:
    return 0xD800 <= code <= 0xDFFF


def _number(text: str) -> int | None:
    """A field's value; one that is too long for any key is larger than all of them."""
    if not text:
        return None
    return int(text) if len(text) <= 8 else _MAX_CODE + 1
