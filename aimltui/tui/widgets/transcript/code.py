"""Code blocks: highlighted line by line, so that a finished line is never lexed again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.widgets.transcript.canvas import Canvas, CodeText, Prefix, StyledText
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.tabs import spread_tabs

MAX_HIGHLIGHTED: Final = 400
"""Lines of a block that are highlighted; the rest is plain, since lexing it would delay the screen."""
MAX_LINE: Final = 2_000
"""Characters of a line up to which it is highlighted."""

Piece = tuple[str, str]
"""A text and the name of its colour in `Palette.syntax`."""

_KINDS: Final = {
    "Token.Keyword.Type": "name",
    "Token.Keyword": "keyword",
    "Token.Operator.Word": "keyword",
    "Token.Name.Function": "name",
    "Token.Name.Class": "name",
    "Token.Name.Decorator": "name",
    "Token.Name.Builtin": "name",
    "Token.Name.Tag": "keyword",
    "Token.Name.Attribute": "name",
    "Token.Literal.String": "string",
    "Token.Literal.Number": "number",
    "Token.Comment": "comment",
    "Token.Generic.Deleted": "error",
    "Token.Generic.Inserted": "string",
    "Token.Generic.Heading": "keyword",
    "Token.Generic.Subheading": "keyword",
    "Token.Generic.Prompt": "comment",
}


@lru_cache(maxsize=512)
def _kind(token_type: Any) -> str:
    while token_type is not None:
        kind = _KINDS.get(str(token_type))
        if kind:
            return kind
        token_type = getattr(token_type, "parent", None)
    return "text"


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    """Return Pygments' lexer for a language, or None. Imported here: the first frame needs none."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return None if type(lexer).__name__ == "TextLexer" else lexer


def warm_up() -> None:
    """Load what most code blocks need, so that the first one does not delay the screen. Blocking: call it in a thread."""
    for language in ("python", "bash", "json", "javascript"):
        Highlighter(language).line("")


def language_of(info: str) -> str:
    """Return the language that a fence's info string names, in lower case."""
    words = info.strip().split()
    return words[0].strip("{}.,").lower()[:40] if words else ""


class Highlighter:
    """Lexes a block line after line and keeps the lexer's state in between.

    Most of Pygments' lexers are tables of regular expressions with a stack of states; this walks such a
    table and keeps the stack. A lexer of another kind gets each line separately.
    """

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language) if language else None
        self._table = self._state_table()
        self._stack: list[str] = ["root"]

    def _state_table(self) -> Any:
        """Return the lexer's state table; None if its callbacks need more than that."""
        from pygments.lexer import ExtendedRegexLexer, RegexLexer

        if isinstance(self._lexer, RegexLexer) and not isinstance(self._lexer, ExtendedRegexLexer):
            return self._lexer._tokens  # type: ignore[attr-defined]
        return None

    def line(self, text: str, *, keep: bool = True) -> list[Piece]:
        """Highlight the next line.

        Args:
            text: The line, without its newline.
            keep: Whether the line is finished; otherwise the state stays as before it.
        """
        if self._lexer is None or len(text) > MAX_LINE:
            return [(text, "text")]
        stack = self._stack if keep else list(self._stack)
        if self._table is None:
            tokens: Iterable[tuple[Any, str]] = (
                (kind, value) for _, kind, value in self._lexer.get_tokens_unprocessed(text + "\n")
            )
        else:
            tokens = _walk(self._lexer, self._table, text + "\n", stack)
        pieces: list[Piece] = []
        for kind, value in tokens:
            value = value.replace("\n", "")
            if not value:
                continue
            name = _kind(kind)
            if pieces and pieces[-1][1] == name:
                pieces[-1] = (pieces[-1][0] + value, name)
            else:
                pieces.append((value, name))
        return pieces


def _walk(lexer: Any, table: Any, text: str, stack: list[str]) -> Iterable[tuple[Any, str]]:
    """Yield the tokens of a text, starting and ending with the states on the stack."""
    place = 0
    empty = 0
    while place < len(text):
        for match, action, new_state in table[stack[-1]]:
            found = match(text, place)
            if not found:
                continue
            # a lexer may change its state forever without consuming text: the line must end
            empty = empty + 1 if found.end() == place else 0
            if action is not None:
                if isinstance(action, tuple):
                    yield action, found.group()
                else:
                    yield from ((kind, value) for _, kind, value in action(lexer, found))
            place = found.end()
            if new_state is not None:
                _move(stack, new_state)
            break
        else:
            # a string or a comment that ends with its line leaves its state without help
            if text[place] == "\n":
                stack[:] = ["root"]
            yield (), text[place]
            place += 1
        if empty > 50:
            yield (), text[place:]
            return


def _move(stack: list[str], move: Any) -> None:
    """Change the stack by a rule of the table."""
    if isinstance(move, int):
        del stack[max(1, len(stack) + move) :]
    elif move == "#push":
        stack.append(stack[-1])
    elif move == "#pop":
        del stack[max(1, len(stack) - 1) :]
    else:
        for state in (move,) if isinstance(move, str) else move:
            if state == "#pop":
                del stack[max(1, len(stack) - 1) :]
            elif state == "#push":
                stack.append(stack[-1])
            else:
                stack.append(state)


class CodeBlock:
    """Draws the lines of one block of code onto a canvas as they arrive."""

    def __init__(self, canvas: Canvas, language: str, *, label: bool = True) -> None:
        """Draw nothing yet.

        Args:
            canvas: Where to draw.
            language: From the fence; may be empty.
            label: Whether it carries the language's name and a word that copies it, as in a message.
        """
        self._canvas = canvas
        glyphs = canvas.context.glyphs
        self._label = " ".join([clean_line(language), glyphs.dot, "copy "] if language else ["copy "])
        self._code = CodeText(language) if label else None
        self._highlighter = Highlighter(language)
        self._drawn = 0
        self._styles = canvas.context.palette.syntax
        self._fill = canvas.context.palette.code

    @classmethod
    def begin(cls, canvas: Canvas, info: str) -> CodeBlock:
        """Start a fenced block; what its fence says beside the language is shown in a row above the code.

        Args:
            canvas: Where to draw.
            info: The fence's info string.
        """
        words = info.strip()
        if len(words.split()) > 1:
            canvas.write([StyledText(words, canvas.context.palette.muted)])
        return cls(canvas, language_of(info))

    @property
    def is_empty(self) -> bool:
        """Whether no finished line has been drawn."""
        return self._drawn == 0

    def add(self, line: str, *, keep: bool = True) -> None:
        """Draw the next line.

        Args:
            line: Without its newline.
            keep: False for an unfinished line, which the caller removes from the canvas again.
        """
        if self._drawn < MAX_HIGHLIGHTED:
            pieces = self._highlighter.line(line, keep=keep)
        else:
            pieces = [(line, "text")]
        if self._code is not None:
            self._code.rest = "" if keep else line
            if keep:
                self._code.lines.append(line)
        self.put(pieces, keep=keep)

    def put(self, pieces: list[Piece], *, keep: bool = True) -> None:
        """Draw a highlighted line; see `add`."""
        canvas, label = self._canvas, self._canvas.context.palette.code_label
        right = None
        if self._drawn == 0 and self._code is not None:
            right = StyledText(self._label, label)
            width = spread_tabs("".join(text for text, _ in pieces), 0)[2]
            # a first line that leaves no room has them above it
            if width + cells(right.text) + 3 > canvas.room:
                if cells(right.text) <= canvas.room:
                    canvas.caption(right, self._fill, self._code)
                right = None
        with canvas.inside(Prefix(" ", canvas.context.glyphs.wrapped, label)):
            canvas.write(
                [StyledText(text, self._styles[name]) for text, name in pieces],
                fill=self._fill,
                code=True,
                right=right,
                block=self._code,
            )
        if keep:
            self._drawn += 1


class GrowingCode:
    """Highlights code that grows: a finished line is never lexed again."""

    def __init__(self) -> None:
        self._language = ""
        self._highlighter = Highlighter("")
        self._source = ""
        """The finished lines."""
        self._lines: list[list[Piece]] = []

    def lines(self, text: str, language: str) -> list[list[Piece]]:
        """Return all lines of a text, highlighted; finished lines of the last call are reused."""
        if language != self._language or not text.startswith(self._source):
            self._language, self._highlighter = language, Highlighter(language)
            self._source, self._lines = "", []
        *finished, rest = text[len(self._source) :].split("\n")
        for line in finished:
            self._lines.append(self._pieces(line, keep=True))
            self._source += line + "\n"
        return [*self._lines, self._pieces(rest, keep=False)] if rest else list(self._lines)

    def _pieces(self, line: str, *, keep: bool) -> list[Piece]:
        line = clean(line).replace("\n", " ")
        if len(self._lines) >= MAX_HIGHLIGHTED:
            return [(line, "text")]
        return self._highlighter.line(line, keep=keep)


_CLOSING = pattern(r" {0,3}(`{3,}|~{3,})[ \t]*$")


def closes(line: str, mark: str) -> bool:
    """Return whether a line ends the fenced block that `mark` (its backticks or tildes) opened."""
    found = _CLOSING.match(line)
    return bool(found) and found[1][0] == mark[0] and len(found[1]) >= len(mark)  # type: ignore[index]
