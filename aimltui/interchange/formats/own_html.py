"""A page that is complete in itself: to be read in any browser, and by this program from the data within it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import AsyncIterable, Iterator, Sequence
from html.parser import HTMLParser
from typing import Final

from aimltui.interchange import own
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import data_url, mapping, text
from aimltui.interchange.identity import first_words
from aimltui.interchange.inputs import Bundle, Member, readable
from aimltui.interchange.json_values import MAX_VALUE
from aimltui.interchange.records import (
    Attachment,
    Item,
    JSONObject,
    Message,
    Part,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import Object
from aimltui.interchange.writing import Write, as_json, heading, label, media_type, plural, time_text

ID: Final = "aimltui-html"
NAME: Final = "aimltui, HTML"
SUFFIX: Final = ".html"

_DATA_ID = "aimltui-thread"
_GENERATOR = '<meta name="generator" content="aimltui">'
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing is loaded from anywhere, and nothing in the page runs."""
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin-bottom: .25rem; }
article { margin: 1.5rem 0; }
article > header, .about { color: GrayText; font-size: .85rem; }
article.user > div { border-left: 3px solid #5b8def; padding-left: .9rem; }
article.error > div { border-left: 3px solid #d9534f; padding-left: .9rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); border-radius: 6px; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
details { margin: .5rem 0; color: GrayText; }
img { max-width: 100%; border-radius: 6px; }
table { border-collapse: collapse; } td, th { border: 1px solid GrayText; padding: .2rem .5rem; }
hr { border: 0; border-top: 1px solid GrayText; margin: 2.5rem 0; }
"""


def claims(sample: Sample) -> bool:
    """True if the page is this program's."""
    return sample.shape == "text" and _GENERATOR in sample.head


async def write(threads: AsyncIterable[Thread], out: Write) -> None:
    """Write pages, one after the other: a file has one conversation."""
    async for thread in threads:
        _Page(thread).write(out)


class _Page:
    def __init__(self, thread: Thread) -> None:
        from markdown_it import MarkdownIt

        self._thread = thread
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
        self._files: dict[int, str] = {}
        """By the identity of an attachment: the id of its element."""

    def write(self, out: Write) -> None:
        thread = self._thread
        title = html.escape(thread.title or first_words(thread) or "Untitled thread")
        out(f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{_GENERATOR}\n')
        out(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n')
        out('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
        out(f"<title>{title}</title>\n<style>{_STYLE}</style>\n")
        out(f'<script type="application/json" id="{_DATA_ID}">{self._data()}</script>\n</head>\n<body>\n')
        out(f"<h1>{title}</h1>\n<p class=about>{html.escape(_about(thread))}</p>\n")
        if thread.instructions:
            out(
                f"<details><summary>Instructions</summary><pre>{html.escape(thread.instructions)}</pre></details>\n"
            )
        for message in thread.messages:
            out(self._message(message))
        for number, branch in enumerate(thread.branches, 1):
            out(f"<hr>\n<h2>Another branch ({number})</h2>\n")
            for message in branch.messages:
                out(self._message(message))
        out("</body>\n</html>\n")

    def _data(self) -> str:
        def refer(data: bytes, attachment: Attachment) -> JSONObject:
            return {"element": self._files.setdefault(id(attachment), f"file-{len(self._files) + 1}")}

        told = json.dumps(own.thread_to_json(self._thread, refer), ensure_ascii=False)
        return told.replace("<", "\\u003c")

    def _message(self, message: Message) -> str:
        kind = "error" if message.is_error else message.role
        parts = "\n".join(self._part(part) for part in message.parts)
        pages = "".join(f"<li>{_page_link(page.url, page.title)}</li>" for page in message.sources)
        sources = f"<ol>{pages}</ol>" if pages else ""
        cut = "<p class=about>The answer was cut off here.</p>" if message.is_unfinished else ""
        return f"<article class={kind}><header>{html.escape(heading(message))}</header>\n<div>{parts}{sources}{cut}</div></article>\n"

    def _part(self, part: Part) -> str:
        if isinstance(part, Text):
            return str(self._markdown.render(part.value))
        if isinstance(part, Thought):
            return f"<details><summary>Thought</summary>{self._markdown.render(part.value)}</details>"
        if isinstance(part, Attachment):
            return self._file(part)
        return self._call(part)

    def _call(self, call: ToolCall) -> str:
        title = {"code": "Code", "canvas": f"Document: {call.name or ''}"}.get(
            call.kind, f"Tool: {call.name or ''}"
        )
        given = (
            f"<pre><code>{html.escape(as_json(call.input))}</code></pre>" if call.input is not None else ""
        )
        output = f"<pre>{html.escape(call.output)}</pre>" if call.output else ""
        files = "".join(self._file(file) for file in call.files)
        return f"<details><summary>{html.escape(title)}</summary>{given}{output}{files}</details>"

    def _file(self, file: Attachment) -> str:
        shown = html.escape(label(file))
        element = self._files.get(id(file))
        if element is None or file.content is None:
            return f"<p class=about>{shown} (not in this file)</p>"
        address = f"data:{html.escape(media_type(file))};base64,{base64.b64encode(file.content.read()).decode('ascii')}"
        if media_type(file).startswith("image/"):
            about = html.escape(file.description or label(file))
            return f'<p><img id="{element}" alt="{about}" src="{address}"></p>'
        return f'<p><a id="{element}" download="{shown}" href="{address}">{shown}</a></p>'


def _about(thread: Thread) -> str:
    return " · ".join(
        filter(None, (time_text(thread.created), thread.model, plural(len(thread.messages), "message")))
    )


def _page_link(url: str, title: str | None) -> str:
    shown = html.escape(title or url)
    if not re.match(r"https?://", url):
        return shown
    return f'<a rel="noreferrer" href="{html.escape(url)}">{shown}</a>'


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """One conversation of each page."""
    for member in members:
        parser = _Parser()
        try:
            with readable(member) as stream:
                if member.size > MAX_VALUE:
                    raise UnreadableInput(f"{member.name} has more than {MAX_VALUE // 1024**2} MB")
                parser.feed(stream.read().decode("utf-8-sig", "replace"))
            row = mapping(json.loads(parser.data))
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))
            continue
        except (ValueError, RecursionError):
            yield Skipped(member.path, "the data in the page is damaged")
            continue
        thread = own.thread_from_json(row, member.stem, parser.file)
        yield thread or Skipped(member.path, "no messages")


class _Parser(HTMLParser):
    """Finds the data and the files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.data = ""
        self._is_in_data = False
        self._addresses: dict[str, str] = {}

    def file(self, row: Object) -> bytes | None:
        """The bytes of a file."""
        found = data_url(self._addresses.get(text(row.get("element")), ""))
        return found[1] if found is not None else None

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Skip a marked section as browsers do; the parser of older Pythons fails at an odd one."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        given = dict(attrs)
        element, address = given.get("id"), given.get("src") or given.get("href")
        self._is_in_data = tag == "script" and element == _DATA_ID and not self.data
        if tag in ("img", "a") and element and address and element not in self._addresses:
            self._addresses[element] = address

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._is_in_data:
            self.data += data

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        self._is_in_data = False
