"""A large store: what the start, the echo of a key and a search cost with 100,000 messages in 2,000 threads.

    python -m tests.bench.bench_store [--messages 100000] [--rounds 2] [--starts 9]

The messages are written through the functions of the engine's store in one transaction; the store is a new one, or an
empty one with the same program, and the two take turns. Targets: the start's CPU until a typed key is echoed, and the
echo of a key in the settled program, at most 1.1 times those with an empty store, by the lowest figures and by the
medians; and the answer to a search at its second letter, from the call of the engine's operation to its hits, within one
frame of 60 a second. How long the real program takes from the second letter to the hits on the screen stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aimltui.engine.engine import Engine
from aimltui.engine.options import EngineOptions
from aimltui.engine.store import messages, migrations, threads
from aimltui.wire.messages import Message
from aimltui.wire.search import SearchParams
from aimltui.wire.threads import TITLE, Thread
from tests.bench.bench_search import vocabulary
from tests.bench.bench_settled import settle
from tests.bench.bench_startup import CONNECTED, OURS, READY, forget_drafts
from tests.bench.measure import LOST_S, Meter, environment, median, milliseconds, percentile, table, verdict
from tests.support.fake_model import FakeModel, FakeModels

MESSAGES = 100_000
PER_THREAD = 50
WORDS = 40
"""Of a message."""
TARGET = 1.1
FRAME_S = 1 / 60
HITS = 40
"""As many as the sheet asks for."""
ECHO_S = 2.5
SEARCHES = 60
TYPED = 7
"""How often the second letter is typed."""
SOUGHT = "ez"
"""Many words begin with the first letter, and only `HIT` with both: no other has a z."""
HIT = "ezfound"
"""Said once."""


@dataclass
class Store:
    """A data directory and what was measured with it."""

    name: str
    data: Path
    start_cpu_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    echoes: list[float] = field(default_factory=list)
    connected_s: list[float] = field(default_factory=list)


def fill(path: Path, count: int) -> list[str]:
    """Write the messages as the engine does, but all at once; the words that they are made of."""
    chance = random.Random(5)
    known, weights = vocabulary(random.Random(7))
    pieces = [" ".join(chance.choices(known, cum_weights=weights, k=10)) for _ in range(20_000)]
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    migrations.migrate(conn, path)
    for pragma in ("synchronous = OFF", "cache_size = -200000"):
        conn.execute(f"PRAGMA {pragma}")
    begin = int(time.time()) - count
    conn.execute("BEGIN")
    for number in range(count):
        thread_id = f"thread_{number // PER_THREAD:024}"
        if number % PER_THREAD == 0:
            title = {TITLE: f"Thread {number // PER_THREAD} {chance.choice(pieces)[:30]}"}
            threads.insert(conn, Thread(id=thread_id, created_at=begin + number, metadata=title))
        text = " ".join(chance.choices(pieces, k=WORDS // 10))
        said = {
            "id": f"msg_{number:024}",
            "thread_id": thread_id,
            "role": "assistant" if number % 2 else "user",
            "created_at": begin + number,
            "content": [{"type": "text", "text": {"value": text + f" {HIT}" * (number == count // 2)}}],
        }
        messages.insert(conn, Message.model_validate(said))
    conn.commit()
    conn.close()
    return known


def start(store: Store, env: dict[str, str], echo_s: float = ECHO_S) -> None:
    """One start whose first key is typed as soon as there is a prompt, and keys when everything is loaded.

    Args:
        store: The store, to which the figures are added.
        env: The program's environment.
        echo_s: For how long keys are typed then; with 0 the program ends after the first key.
    """
    forget_drafts(store.data)
    begin = time.monotonic()
    with Meter.python(*OURS, str(store.data), "--new", env=env) as meter:
        meter.until_bytes(READY.encode())
        meter.echo()
        store.start_cpu_s.append(meter.cpu_s)
        store.start_s.append(time.monotonic() - begin)
        if not echo_s:
            return
        store.connected_s.append(meter.until_bytes(CONNECTED.encode()) - begin)
        settle(meter)
        store.echoes += meter.echoes(echo_s, 0.1)


def on_the_screen(store: Store, env: dict[str, str]) -> float:
    """Seconds from the second letter of a search until the hit stands on the screen."""
    forget_drafts(store.data)
    with Meter.python(*OURS, str(store.data), "--new", env=env) as meter:
        meter.until_bytes(CONNECTED.encode())
        settle(meter)
        meter.press("ctrl+s")
        meter.until_bytes(b"itles and words")
        meter.pump(0.5)
        meter.send(SOUGHT[0])
        meter.pump(0.5)
        return median(second_letter(meter) for _ in range(TYPED))


def second_letter(meter: Meter) -> float:
    """Type the second letter and delete it again; seconds until the hit stood on the screen."""
    assert HIT not in meter.text
    sent = time.monotonic()
    meter.send(SOUGHT[1])
    # a row with marks is written letter by letter, so that the word stands in the cells alone
    until(meter, lambda: HIT in meter.text)
    seconds = meter.arrivals[-1][0] - sent
    meter.press("backspace")
    until(meter, lambda: HIT not in meter.text)
    meter.pump(0.5)
    return seconds


def until(meter: Meter, holds: Callable[[], bool]) -> None:
    """Wait until something is so on the screen."""
    end = time.monotonic() + LOST_S
    while not holds():
        assert time.monotonic() < end, meter.text
        meter.pump(0.001)


async def searches(data: Path, known: list[str]) -> list[float]:
    """Seconds of searches for the first two letters of words, frequent ones and rare ones."""
    engine = await Engine.open(EngineOptions(data), FakeModels(FakeModel()))
    asked = itertools.islice(dict.fromkeys(word[:2] for word in known), SEARCHES)
    seconds: list[float] = []
    try:
        await engine.search.search(SearchParams(query=known[0][:2], limit=HITS))  # opens the readers
        for letters in asked:
            took = []
            for _ in range(3):  # what else the machine does is not the search's
                begin = time.perf_counter()
                found = await engine.search.search(SearchParams(query=letters, limit=HITS))
                took.append(time.perf_counter() - begin)
                assert found.data
                assert found.is_complete
            seconds.append(median(took))
    finally:
        await engine.aclose()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument(
        "--rounds", type=int, default=2, help="in which keys are typed until everything is loaded"
    )
    parser.add_argument("--starts", type=int, default=9, help="that end with the first key")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(folder / "bytecode")
        empty, full = Store("empty", folder / "empty"), Store(f"{given.messages:,} messages", folder / "full")
        for store in (empty, full):
            start(store, env)  # makes the data directory and the byte code
        database = EngineOptions(full.data).database
        begin = time.monotonic()
        known = fill(database, given.messages)
        size = database.stat().st_size / 1e6
        print(f"{given.messages:,} messages written in {time.monotonic() - begin:.0f} s, {size:.0f} MB")
        empty, full = Store(empty.name, empty.data), Store(full.name, full.data)
        for number in range(given.starts + given.rounds):
            for store in (empty, full) if number % 2 == 0 else (full, empty):
                start(store, env, echo_s=0.0 if number < given.starts else ECHO_S)
        seconds = asyncio.run(searches(full.data, known))
        shown_s = on_the_screen(full, env)
    rows = [
        (
            store.name,
            f"{median(store.start_cpu_s):.3f} s",
            f"{median(store.start_s):.3f} s",
            f"{median(store.connected_s):.2f} s",
            f"{milliseconds(median(store.echoes))} / {milliseconds(percentile(store.echoes, 95))}",
        )
        for store in (empty, full)
    ]
    print(table(("store", "key echoed, CPU", "key echoed", "engine there", "echo p50 / p95"), rows))
    print(
        f"search at the second letter: {milliseconds(median(seconds))} p50 of {len(seconds)} beginnings; {milliseconds(shown_s)} until a hit is painted"
    )
    print(
        verdict(
            "start, CPU until a key is echoed, over an empty store",
            min(full.start_cpu_s) / min(empty.start_cpu_s),
            TARGET,
            "x",
        )
    )
    print(verdict("echo over an empty store", median(full.echoes) / median(empty.echoes), TARGET, "x"))
    print(verdict("search at the second letter, slowest", max(seconds) * 1000, FRAME_S * 1000, " ms"))


if __name__ == "__main__":
    main()
