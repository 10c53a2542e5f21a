"""No call of a function is answered by somebody who types without a pause of half a second.

Random keys, with random gaps under 0.5 s, while cards appear and disappear. `AIMLTUI_FUZZ_KEYS` sets how many keys; 2,000
otherwise, and `AIMLTUI_FUZZ_SEED` which ones.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from textual import events

from tests.support.fake_model import calls
from tests.widgets.test_function_calls import desk

COUNT = int(os.environ.get("AIMLTUI_FUZZ_KEYS", "2000"))
SEED = int(os.environ.get("AIMLTUI_FUZZ_SEED", "12"))
pytestmark = pytest.mark.timeout(120 + COUNT // 10)
LETTERS = "otfaegrvnp yx/"
OTHERS = ("tab", "tab", "enter", "enter", "up", "down", "left", "right", "escape", "backspace")
NAMES = {" ": "space", "/": "slash"}
CALL = calls(("weather", '{"city": "Oslo"}'))
ROUND = 100


def key_event(key: str) -> events.Key:
    return events.Key(NAMES.get(key, key), key if len(key) == 1 else None)


async def test_no_key_of_somebody_who_types_answers_a_card(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    keys = [*OTHERS, *LETTERS]
    at_card = rounds = 0
    async with desk(tmp_path, CALL, size=(60, 20)) as at:
        for number in range(COUNT):
            workspace = at.here.workspace
            functions = workspace.calls
            assert functions is not None
            if number % ROUND == 0:
                # the card of the last round disappears, whatever stands in it, and the next one appears between two keys
                workspace.stop()
                await at.here.until(lambda: not at.here.workspace.current.is_busy, "the end of the run")
                # long texts and queues only cost time
                workspace.current.dequeue_all()
                at.here.screen.prompt.load_draft("")
                workspace.send("again")
                rounds += 1
            elif number % ROUND < 5:
                await asyncio.sleep(0)
            elif number % ROUND == 5:
                await at.asked()
            at.clock.now += chance.uniform(0.01, 0.49)
            key = chance.choice(keys)
            if key == "escape" and at.here.screen.focused is not at.card:
                continue  # this stops the run, which is no answer
            at_card += at.card.is_focused and at.card.display
            await at.here.app.on_event(key_event(key))
            if at.here.screen.prompt.draft.startswith("/"):
                # a command leads elsewhere, as to another thread: it needs Enter in the prompt, and is no answer
                at.here.screen.prompt.load_draft("")
            if chance.random() < 0.05:
                await at.here.pilot.pause()
            assert at.card.chosen is None
            assert not functions._outputs
            # no answer has opened a dialog
            assert at.here.app.screen is at.here.screen
        assert at.source.called == []
        # it has judged something: cards appeared, and keys came to them
        assert rounds >= COUNT // ROUND
        assert at_card >= COUNT // 20
