"""Large pastes in the prompt: a short token replaces the text until the message is sent. Pure."""

from __future__ import annotations

from aimltui.common.patterns import pattern

COLLAPSE_ABOVE = 20_000
"""Characters; a longer text is shown as a token. A shorter one can still be edited by hand."""
PASTED_ABOVE = 2_000
"""Characters; a longer paste is shown as a token, which pasting it again replaces by its text."""
PASTED_LINES = 20
"""Lines; so is a paste of more."""

_TOKEN = pattern(r"\[Pasted #(\d+) · [\d,]+ (?:lines?|characters)\]")
_LINE_ENDS = pattern("\r\n?|[\u2028\u2029\x85]")
_SEQUENCES = pattern(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
)
_CONTROLS = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATES = pattern("[\ud800-\udfff]")


def clean_input(text: str) -> str:
    """A text without control characters and escape sequences, except for newlines and tabs."""
    text = _LINE_ENDS.sub("\n", text)
    text = _SEQUENCES.sub("", text)
    text = _CONTROLS.sub("", text)
    return _SURROGATES.sub("\ufffd", text)


def _is_long(text: str) -> bool:
    return len(text) > PASTED_ABOVE or text.count("\n", 0, PASTED_ABOVE) >= PASTED_LINES


class PasteStore:
    """The texts behind the tokens of one prompt."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def collapse(self, text: str, *, is_pasted: bool = False) -> str:
        """What to insert for a text: the text, or a token if it is very long, or long and pasted."""
        if len(text) <= COLLAPSE_ABOVE and not (is_pasted and _is_long(text)):
            return text
        lines = text.count("\n") + (not text.endswith("\n"))
        size = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
        token = f"[Pasted #{len(self._texts) + 1} · {size}]"
        self._texts[token] = text
        return token

    def token_of(self, text: str, shown: str) -> str | None:
        """The token in the shown text that stands for this text; None if there is none."""
        return next((token for token, known in self._texts.items() if known == text and token in shown), None)

    def expand(self, text: str) -> str:
        """The prompt's text with every token replaced by its text."""
        if not self._texts:
            return text
        return _TOKEN.sub(lambda match: self._texts.get(match[0], match[0]), text)

    def token_at(self, line: str, column: int, *, before: bool) -> tuple[int, int] | None:
        """The columns of the token that ends (`before`) or starts at a column of a line; None if there is none."""
        for match in _TOKEN.finditer(line):
            if match[0] in self._texts and (match.end() if before else match.start()) == column:
                return match.span()
        return None

    def clear(self) -> None:
        """Forget all texts, when nothing can bring their tokens back."""
        self._texts.clear()
