"""What the transcript costs: CPU of a streamed answer, and opening a long thread against a short one.

    python -m tests.bench.bench_transcript [characters]

The characters are those of the streamed answers: each flush waits for its frame, so that long ones take minutes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from textual.app import App, ComposeResult

from aimltui.tui.state.entries import Added, Appended, MessageEntry, Replaced, RunEntry
from aimltui.tui.widgets.transcript import Transcript
from tests.bench.measure import verdict

LONG_TARGET = 1.5

SECTION = """## Part {n} of the answer

A paragraph with **bold**, *italic*, `code` and a [link](https://example.com/{n}) goes on for a while so that
it folds.

- the first item of a list, with some words in it
- the second one
  - with a nested one, number {n}
- [x] and a task

```python
def part_{n}(values: list[int]) -> int:
    \"\"\"Add up the values of part {n}.\"\"\"
    total = 0
    for value in values:  # one after another
        total += value * {n}
    return total
```

| name | value | remark |
|:-----|------:|:------:|
| alpha | {n} | `x` |
| beta | 22 | some words |

"""


def answer(size: int) -> str:
    """Return Markdown of about this many characters."""
    text = ""
    number = 0
    while len(text) < size:
        number += 1
        text += SECTION.format(n=number)
    return text[:size]


def deltas(text: str) -> Iterator[str]:
    """Cut a text into deltas of about the size that models send."""
    place = 0
    step = 0
    while place < len(text):
        size = (5, 9, 12, 7, 10, 8)[step % 6]
        yield text[place : place + size]
        place, step = place + size, step + 1


class Bench(App[None]):
    """Nothing but a transcript."""

    def compose(self) -> ComposeResult:
        yield Transcript()


@dataclass
class Streamed:
    """Figures of one stream."""

    count: int
    cpu_s: float
    finish_s: float
    slowest_flush_s: float

    @property
    def per_thousand_s(self) -> float:
        return self.cpu_s / self.count * 1000


async def stream(size: int, per_flush: int, text: str | None = None) -> Streamed:
    """Stream an answer into a transcript, painted after each flush."""
    app = Bench()
    parts = list(deltas(text or answer(size)))
    async with app.run_test(size=(120, 40)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show([])
        entry = MessageEntry("a", "assistant", "Bench", streaming=True)
        transcript.apply([Added(0, entry), Added(1, RunEntry("r", "r", "in_progress", started_at=0))])
        await pilot.pause()
        gc.collect()
        slowest = 0.0
        start = time.process_time()
        for first in range(0, len(parts), per_flush):
            before = time.process_time()
            transcript.apply([Appended("a", "".join(parts[first : first + per_flush]))])
            slowest = max(slowest, time.process_time() - before)
            await asyncio.sleep(0)
            await wait_for_paint(app)
        cpu = time.process_time() - start
        before = time.process_time()
        transcript.apply([Replaced(MessageEntry("a", "assistant", "Bench", text="".join(parts)))])
        finish = time.process_time() - before
        await pilot.pause()
    return Streamed(len(parts), cpu, finish, slowest)


async def wait_for_paint(app: App[None]) -> None:
    """Let the screen paint what is due."""
    painted = asyncio.Event()
    app.screen.call_after_refresh(painted.set)
    async with asyncio.timeout(5):
        await painted.wait()


def thread(count: int) -> list[MessageEntry]:
    """A thread of this many messages."""
    text = answer(600)
    return [
        MessageEntry(f"m{n}", "user" if n % 2 == 0 else "assistant", "Bench", text=f"{n}\n\n{text}")
        for n in range(count)
    ]


async def in_thread(count: int) -> tuple[float, float]:
    """Return the CPU seconds of streaming 5 KB at the end of a thread of this many messages, and of scrolling 200 times."""
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show(thread(count))
        transcript.apply([Added(count, MessageEntry("a", "assistant", "Bench", streaming=True))])
        await pilot.pause()
        parts = list(deltas(answer(5_000)))
        gc.collect()
        start = time.process_time()
        for first in range(0, len(parts), 7):
            transcript.apply([Appended("a", "".join(parts[first : first + 7]))])
            await wait_for_paint(app)
        streamed = time.process_time() - start
        start = time.process_time()
        for number in range(200):
            transcript.scroll_to(y=transcript.scroll_offset.y + (-30 if number % 10 < 5 else 30))
            await wait_for_paint(app)
        return streamed, time.process_time() - start


async def opening(count: int, rounds: int = 5) -> float:
    """Return the least CPU seconds of opening a thread of this many messages, painted."""
    entries = thread(count)
    app = Bench()
    best = float("inf")
    async with app.run_test(size=(120, 40)) as pilot:
        transcript = app.query_one(Transcript)
        for _ in range(rounds):
            transcript.show([])
            await pilot.pause()
            gc.collect()
            start = time.process_time()
            transcript.show(entries)
            await wait_for_paint(app)
            best = min(best, time.process_time() - start)
    return best


@pytest.mark.bench
async def test_opening_five_thousand_messages_costs_at_most_three_times_opening_ten() -> None:
    few, many = await opening(10), await opening(5000)
    assert many <= 3 * few, f"{many:.4f} s against {few:.4f} s"


@pytest.mark.bench
async def test_the_cost_of_a_delta_does_not_grow_with_the_answer() -> None:
    short, long = await stream(10_000, 7), await stream(100_000, 7)
    assert long.per_thousand_s <= 2 * short.per_thousand_s


def main(size: int = 100_000) -> None:
    """Print the figures."""
    for per_flush, rate in ((7, 200), (34, 1000)):
        found = asyncio.run(stream(size, per_flush))
        print(
            f"{size // 1000} KB, {found.count} deltas, {rate}/s at 30 flushes/s: "
            f"{found.per_thousand_s:.3f} s CPU per 1000 deltas, "
            f"slowest flush {found.slowest_flush_s * 1000:.1f} ms, "
            f"drawn as a whole at the end {found.finish_s * 1000:.1f} ms"
        )
    for name, text in endless().items():
        found = asyncio.run(stream(0, 7, text[: size // 2]))
        print(
            f"{name}: {found.per_thousand_s:.3f} s CPU per 1000 deltas, "
            f"slowest flush {found.slowest_flush_s * 1000:.1f} ms"
        )
    short, long = asyncio.run(in_thread(10)), asyncio.run(in_thread(10_000))
    for name, few, many in zip(("streaming", "scrolling"), short, long, strict=True):
        print(f"{name} in 10 messages: {few:.2f} s; in 10,000: {many:.2f} s")
        print(verdict(f"{name} in a long thread over a short one", many / few, LONG_TARGET, "x"))
    few, many = asyncio.run(opening(10)), asyncio.run(opening(5000))
    print(f"opening 10 messages: {few * 1000:.1f} ms; 5,000: {many * 1000:.1f} ms; ratio {many / few:.2f}")


def endless() -> dict[str, str]:
    """Return answers that are one block without end, about 50 KB each."""
    return {
        "one block of code": "```python\n" + "    value = compute(value, 'text')  # again\n" * 1200,
        "one list": "- an item with **bold** text and `code` in it\n" * 1000,
        "one table": "| a | b | c |\n|---|--:|:-:|\n" + "| some words | 123 | `x` |\n" * 1900,
        "one paragraph": "words of a paragraph that **never** ends, " * 1200,
        "one list item": "1. A step:\n\n   ```python\n" + "   value = compute(value)\n" * 1900,
    }


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
