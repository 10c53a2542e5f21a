"""Looks, canvases and documents for the transcript's tests."""

from __future__ import annotations

from textual.color import Color
from textual.theme import BUILTIN_THEMES

from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext
from aimltui.tui.widgets.transcript.glyphs import ASCII, UNICODE
from aimltui.tui.widgets.transcript.palette import Palette, build_palette
from aimltui.tui.widgets.transcript.stream import MarkdownStream


def palette(theme: str = "textual-dark") -> Palette:
    variables = BUILTIN_THEMES[theme].to_color_system().generate()
    return build_palette(variables, Color.parse(variables["background"]))


_DARK = palette()


def context(
    width: int = 80, *, ascii_only: bool = False, now: float = 0.0, wraps: bool = True
) -> RenderContext:
    return RenderContext(width, _DARK, ASCII if ascii_only else UNICODE, now, wraps=wraps)


def whole(source: str, width: int = 80, *, wraps: bool = True) -> Canvas:
    """Draw a source as a stored message's body is drawn."""
    body = MarkdownStream(Canvas(context(width, wraps=wraps)))
    body.source.add(source)
    body.finish()
    return body.canvas


def feed(stream: MarkdownStream, text: str) -> None:
    """Add to the source of a growing text, and draw what that changes."""
    stream.source.add(text)
    stream.advance()


def text_of(canvas: Canvas) -> list[str]:
    """Return the rows as text, without the bar's two cells and blanks at the end."""
    return [row.text[2:].rstrip() for row in canvas.rows]


def seen(canvas: Canvas) -> object:
    """Return everything that tells one drawing from another."""
    return [(row.text, row.line, row.offsets, row.segments, row.targets) for row in canvas.rows], canvas.lines


VARIED = """# Title with **bold** and `code`

A paragraph that is long enough to be folded at the edge, with *emphasis*, ~~strike~~, a [link](https://a.example/x)
and a bare https://b.example/y).  
Hard break here. &amp; <b>html</b> 中文字符测试 done

- one
- two with `code`
  - nested **x**
  - [ ] to do
  - [x] done

    paragraph in an item
- three
1. first

2. second
   ```python
   x = 1
   ```
10. tenth

Here:
* star
* star two

```python
def f(x: int) -> str:
    '''doc

    string'''
    return f"{x}"  # comment

class A: pass
```
Text right after.

| Name | Value | Note |
|:-----|------:|:----:|
| a | 1 | `x` |
| longer name | 22 | a note with several words that go on and on and on |
| c | 3 |

> quote
> - a
>
> more
> > nested

Setext
------

***

    indented code

~~~
plain

~~~
end [1]: text
"""  # noqa: W291
