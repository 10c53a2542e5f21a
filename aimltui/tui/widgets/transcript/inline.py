"""Turns the inline content of a paragraph into runs of styled text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from rich.style import Style

from aimltui.common.patterns import pattern
from aimltui.formatting.formulas.finding import Formula, find_marked, stripped
from aimltui.formatting.formulas.writing import on_one_line
from aimltui.tui.widgets.transcript.canvas import CITED, SANDBOX, StyledText
from aimltui.tui.widgets.transcript.parser import inline_parser

if TYPE_CHECKING:
    from markdown_it.token import Token

    from aimltui.tui.widgets.transcript.palette import Palette

MAX_PARAGRAPH: Final = 16_384
"""Characters; a longer paragraph is shown as plain text, since emphasis in it could take seconds to pair."""

CITED_OPEN: Final = "\ufdd0"
CITED_CLOSE: Final = "\ufdd1"
"""Marks around the number of a citation; `clean` removes both from text of other origin."""

_FORMULA_OPEN, _FORMULA_CLOSE = "\ufdd2", "\ufdd3"
"""Marks around the number of a formula while the Markdown around it is parsed; `clean` removes both, too."""
_FORMULA = pattern(f"{_FORMULA_OPEN}(\\d+){_FORMULA_CLOSE}")

_SPECIAL = pattern(
    f"{CITED_OPEN}(?P<cited>\\d+){CITED_CLOSE}"
    r"|(?P<unknown>【(?:\d{1,4}(?::\d{1,4})?†|w\d{1,6}:\d{1,6})[^】\n]{0,200}】)"
    r"|(?P<url>https?://[^\s<>\"'`]+)"
)
_URL_TAIL = ".,;:!?*_~'\""


def openable(href: str) -> bool:
    """Return whether a link may be opened at all."""
    return href.lower().startswith(("http://", "https://", "mailto:", SANDBOX))


def inline_runs(
    content: str,
    palette: Palette,
    env: dict[str, Any],
    base: Style | None = None,
    *,
    keep_breaks: bool = False,
) -> list[list[StyledText]]:
    """Parse the inline content of a block.

    Args:
        content: Markdown of a paragraph, heading or cell.
        palette: Styles.
        env: The parser's environment, with the link definitions met so far.
        base: Style of plain text; that of the palette if None.
        keep_breaks: Show a newline of the source as a newline, as in typed text; otherwise as a space.

    Returns:
        A list of runs for each line that hard breaks make.
    """
    base = base or palette.text
    if len(content) > MAX_PARAGRAPH:
        return [[StyledText(line, base)] for line in content.split("\n")]
    tokens: list[Token] = []
    markdown = inline_parser()
    content, formulas = _without_formulas(content)
    markdown.inline.parse(content, markdown, env, tokens)
    return _Walk(palette, base, keep_breaks, formulas).lines_of(tokens)


class _Marked(NamedTuple):
    """A formula, or what only looks like one."""

    text: str
    """With its marks."""
    is_literal: bool

    @classmethod
    def of(cls, formula: Formula, content: str) -> _Marked:
        return cls(content[formula.start : formula.end], formula.is_literal)

    @property
    def shown(self) -> str:
        return self.text if self.is_literal else on_one_line(stripped(self.text))


def _without_formulas(content: str) -> tuple[str, list[_Marked]]:
    """Return the text with numbers in place of its formulas, in which nothing is Markdown, and the formulas."""
    found = find_marked(content)
    if not found:
        return content, []
    parts, place = list[str](), 0
    for number, formula in enumerate(found):
        parts += [content[place : formula.start], f"{_FORMULA_OPEN}{number}{_FORMULA_CLOSE}"]
        place = formula.end
    return "".join(parts) + content[place:], [_Marked.of(one, content) for one in found]


class _Link(NamedTuple):
    """A link whose end has not been reached."""

    href: str
    title: str
    place: tuple[int, int]
    """Lines and runs before its text."""


class _Walk:
    """Walks over inline tokens with a stack of open styles."""

    def __init__(
        self, palette: Palette, base: Style, keep_breaks: bool, formulas: Sequence[_Marked] = ()
    ) -> None:
        self._formulas = formulas
        self._palette = palette
        self._styles = [base]
        self._hrefs: list[str] = []
        self._links: list[_Link] = []
        self._keep_breaks = keep_breaks
        self._lines: list[list[StyledText]] = [[]]

    def lines_of(self, tokens: Sequence[Token]) -> list[list[StyledText]]:
        for token in _joined(tokens):
            self._take(token)
        return self._lines

    def _put(self, text: str, style: Style | None = None) -> None:
        if self._formulas:
            text = self._restored(text)
        href = self._hrefs[-1] if self._hrefs else ""
        self._lines[-1].append(StyledText(text, style or self._styles[-1], href))

    def _restored(self, text: str) -> str:
        """Return a text that is no running text, such as code, with its formulas as they were."""
        return _FORMULA.sub(lambda found: self._formulas[int(found[1])].text, text)

    def _open(self, style: Style) -> None:
        self._styles.append(self._styles[-1] + style)

    def _take(self, token: Token) -> None:
        match token.type:
            case "text":
                self._text(token.content)
            case "softbreak" if not self._keep_breaks:
                self._put(" ")
            case "softbreak" | "hardbreak":
                self._lines.append([])
            case "code_inline":
                self._put(token.content.replace("\n", " "), self._code_style())
            case "strong_open":
                self._open(_BOLD)
            case "em_open":
                self._open(_ITALIC)
            case "s_open":
                self._open(_STRUCK)
            case "strong_close" | "em_close" | "s_close":
                self._styles.pop()
            case "link_open":
                self._open_link(token)
            case "link_close":
                self._close_link()
            case "image":
                self._image(token)
            case _:
                if token.content:
                    self._put(token.content)

    def _open_link(self, token: Token) -> None:
        href = self._restored(str(token.attrs.get("href", "")))
        self._hrefs.append(href if openable(href) else "")
        self._links.append(_Link(href, str(token.attrs.get("title", "")), self._place()))
        self._open(self._palette.link)

    def _close_link(self) -> None:
        """End a link; show after it what neither its text nor a click on it reveals."""
        link = self._links.pop()
        if is_bare := self._place() == link.place:
            self._put(unquote(link.href))
        self._hrefs.pop()
        self._styles.pop()
        if more := _untold("" if is_bare else link.href, link.title):
            self._put(more)

    def _place(self) -> tuple[int, int]:
        return len(self._lines), len(self._lines[-1])

    def _code_style(self) -> Style:
        """Return the colours of inline code with the emphasis around it."""
        outer = self._styles[-1]
        code = self._palette.inline_code
        return code + Style(
            bold=outer.bold, italic=outer.italic, strike=outer.strike, underline=outer.underline
        )

    def _image(self, token: Token) -> None:
        """Show an image's name as a link; nothing is fetched."""
        href = self._restored(str(token.attrs.get("src", "")))
        self._hrefs.append(href if openable(href) else "")
        title = str(token.attrs.get("title", ""))
        name = token.content or unquote(href)
        more = _untold(href if token.content else "", title)
        self._put(f"[image: {name}{more}]", self._styles[-1] + self._palette.link)
        self._hrefs.pop()

    def _text(self, text: str) -> None:
        if self._formulas:
            text = _FORMULA.sub(lambda found: self._formulas[int(found[1])].shown, text)
        if not ("http" in text or CITED_OPEN in text or "【" in text):
            self._put(text)
            return
        place = 0
        for found in _SPECIAL.finditer(text):
            if found.start() > place:
                self._put(text[place : found.start()])
            place = found.end()
            if found["cited"]:
                number = found["cited"]
                cited = StyledText(f"[{number}]", self._palette.citation, f"{CITED}{number}")
                self._lines[-1].append(cited)
            elif found["unknown"]:
                self._put("[?]", self._palette.citation)
            else:
                place = self._url(found["url"], found.start())
        if place < len(text):
            self._put(text[place:])

    def _url(self, url: str, start: int) -> int:
        """Show a bare address as a link, without the punctuation that ends its sentence."""
        shown = url.rstrip(_URL_TAIL)
        while shown.endswith(")") and shown.count(")") > shown.count("("):
            shown = shown[:-1].rstrip(_URL_TAIL)
        if self._hrefs:
            self._put(shown)
        else:
            self._hrefs.append(shown)
            self._put(shown, self._styles[-1] + self._palette.link)
            self._hrefs.pop()
        return start + len(shown)


_BOLD, _ITALIC, _STRUCK = Style(bold=True), Style(italic=True), Style(strike=True)


def _untold(href: str, title: str) -> str:
    """Return what a link would hide: an address that cannot be opened, and a title."""
    parts = [unquote(href) if href and not openable(href) else "", title]
    return f" ({', '.join(filter(None, parts))})" if any(parts) else ""


def _joined(tokens: Sequence[Token]) -> Iterable[Token]:
    """Join neighbouring texts, which escapes and entities split, so that an address is found as one."""
    pending: Token | None = None
    for token in tokens:
        if token.type in ("text", "text_special"):
            if pending is None:
                pending = token
                token.type = "text"
            else:
                pending.content += token.content
            continue
        if pending is not None:
            yield pending
            pending = None
        yield token
    if pending is not None:
        yield pending
