"""Text of models, tools and files made safe to encode and to print."""

from __future__ import annotations

from aimltui.common.patterns import pattern

_ESCAPES = pattern(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def printable(text: str) -> str:
    """Return the text with a question mark for each unprintable character, line ends included."""
    return "".join(character if character.isprintable() else "?" for character in text)


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot, with U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class SurrogateJoiner:
    """Puts a character together whose two halves, each an escape of JSON, arrive in two pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the text with a half that was held back before it, and without one at its end."""
        if not text:
            return ""
        text, self._held = self._held + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return replace_surrogates(text)

    def finish(self) -> str:
        """Return U+FFFD for a half that never got its other one."""
        held, self._held = self._held, ""
        return replace_surrogates(held)


def plain_text(text: str) -> str:
    """Return output as a terminal would show it, without colors; of an overwritten line only its last state."""
    return "\n".join(_overwritten(line) for line in _ESCAPES.sub("", text.replace("\r\n", "\n")).split("\n"))


def _overwritten(line: str) -> str:
    return next((part for part in reversed(line.split("\r")) if part), "")
