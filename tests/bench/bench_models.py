"""The model picker with 1,000 models: what one key costs until its lines are made, against a frame of 60 a second.

    python -m tests.bench.bench_models [models]

In the program's own process, without a terminal: filtering, the layout of the panel and the painting of its lines.
"""

from __future__ import annotations

import asyncio
import sys
from time import process_time

from textual.app import App
from textual.widgets import Input

from aimltui.tui.screens.dialogs.model_picker import ModelPicker, ModelRow
from aimltui.tui.state.model_offer import ModelOffer
from aimltui.tui.widgets.model_list import ModelList
from tests.bench.measure import median, milliseconds, percentile, table, verdict

FRAME_S = 1 / 60
QUERIES = ("g", "g4o", "clad snnt", "vision turbo", "model 99", "zzzz")
VENDORS = ("openai", "anthropic", "google", "meta-llama", "mistralai", "x-ai", "qwen", "deepseek")


def rows(count: int) -> tuple[ModelRow, ...]:
    """So many models with everything known of them."""
    families = ("gpt-4o", "claude-sonnet", "gemini-flash", "llama-instruct-turbo")
    return tuple(
        ModelRow(
            f"{VENDORS[number % 8]}/{families[number % 4]}-{number}",
            f"{families[number % 4].title()} {number}",
            VENDORS[number % 8].title(),
            128_000,
            connection="AI/ML API",
            created=number,
            aliases=(f"alias-{number}",),
            abilities=frozenset({"tools", "vision", "streaming"} if number % 3 else {"streaming"}),
            prompt=0.25e-6,
            completion=2e-6,
            description="A model for everyday work.",
        )
        for number in range(count)
    )


class PickerApp(App[None]):
    """Nothing but the picker."""


async def measure(count: int, rounds: int = 5) -> dict[str, list[float]]:
    """CPU seconds from a changed text to painted lines, by the text."""
    found: dict[str, list[float]] = {query: [] for query in QUERIES}
    app = PickerApp()
    async with app.run_test(size=(120, 40)) as pilot:
        picker = ModelPicker(lambda: None, lambda _choice: None, offer=ModelOffer(rows(count)))
        await app.push_screen(picker)
        await pilot.pause()
        box, models = picker.query_one(Input), picker.query_one(ModelList)
        for round_number in range(rounds + 1):
            for query in QUERIES:
                begin = process_time()
                with box.prevent(Input.Changed):
                    box.value = query
                picker.show_lines()
                for y in range(models.size.height):
                    models.render_line(y)
                seconds = process_time() - begin
                await pilot.pause()
                if round_number:  # the first round warms the caches
                    found[query].append(seconds)
    return found


def main(count: int = 1000) -> None:
    """Print the table."""
    found = asyncio.run(measure(count))
    lines = [(query, milliseconds(median(s)), milliseconds(percentile(s, 95))) for query, s in found.items()]
    print(table((f"{count} models, typed", "median", "p95"), lines))
    worst = max(median(seconds) for seconds in found.values())
    print(verdict("the slowest text", worst / FRAME_S, 1.0, " frames"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
