"""The yardstick for an answer that streams: Textual's own Markdown widget and its stream, fed by the `openai` package.

    python -m tests.bench.markdown_app BASE_URL

Enter asks; the answer is streamed into the widget as Textual's documentation shows it. Only benchmarks use it.
"""

from __future__ import annotations

import sys

from openai import AsyncOpenAI
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown


class MarkdownApp(App[None]):
    """An answer and an input."""

    CSS = "VerticalScroll { height: 1fr; } Input { height: 3; }"

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._client = AsyncOpenAI(base_url=base_url, api_key="none")

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Markdown()
        yield Input(placeholder="ready to stream")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).anchor()
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.run_worker(self._answer(event.value))

    async def _answer(self, question: str) -> None:
        stream = Markdown.get_stream(self.query_one(Markdown))
        chunks = await self._client.chat.completions.create(
            model="test/fast", messages=[{"role": "user", "content": question}], stream=True
        )
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                await stream.write(chunk.choices[0].delta.content)
        await stream.stop()


if __name__ == "__main__":
    MarkdownApp(sys.argv[1]).run()
