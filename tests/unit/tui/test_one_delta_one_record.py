"""A streamed text on its way from the events to the rows: it is stored twice at most, and no frame copies all of it.

Bytes and executed lines are counted; no clock decides.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from aimltui.tui.state.entries import Appended
from aimltui.tui.state.entry_list import joined
from aimltui.tui.state.thread_view import ThreadView
from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext
from aimltui.tui.widgets.transcript.items import ItemList
from aimltui.tui.widgets.transcript.viewport import Viewport
from aimltui.wire import events as ev
from aimltui.wire.events import StreamEvent, decode
from tests.unit.tui.widgets.transcript.builders import VARIED, context

SIZE = 100_000
PROSE = "Some words of a paragraph, *and* some more of them with `code`.\n\n"
CODE = "```python\n" + "value = compute(1, 'two')  # a line\n" * 4_000
ROW = "| one cell | another cell |\n"
LIST = "- an item of a list with **words**\n"
TABLE = "| a | b |\n|---|---|\n" + "| one cell | another cell |\n" * 4_000
PIECE = 40
DELTAS_A_FRAME = 3


def event(name: str, data: dict[str, Any]) -> StreamEvent:
    found = decode(name, data)
    assert found is not None
    return found


class Streamed:
    """A thread in which an answer, or a reasoning, streams: the state and the items that show it."""

    def __init__(self, text: str = "") -> None:
        self.view = ThreadView()
        self.item_list = ItemList()
        self.item_list.set_context(context())
        self.viewport = Viewport(self.item_list)
        self.viewport.height = 30
        content = [{"type": "text", "text": {"value": text, "annotations": []}}] if text else []
        run = {"id": "run_1", "thread_id": "thread_1", "status": "in_progress", "model": "m"}
        message = {"id": "msg_1", "role": "assistant", "status": "in_progress", "run_id": "run_1"}
        self.frame(event("thread.run.in_progress", run))
        self.frame(event("thread.message.created", {**message, "content": content}))

    def frame(self, *events: StreamEvent) -> None:
        """What happens between two pictures: events fold, their changes are joined, the window is drawn."""
        changes = [change for one in events for change in self.view.apply(one)]
        assert not self.view.facts.is_blank
        _ = self.view.facts.has_answer, self.view.facts.oldest_message_id
        self.item_list.apply(joined(changes))
        self.viewport.settle()
        self.item_list.damage.clear()

    def feed(self, text: str, make: Callable[[str], StreamEvent]) -> None:
        step = PIECE * DELTAS_A_FRAME
        for start in range(0, len(text), step):
            part = text[start : start + step]
            self.frame(*(make(part[at : at + PIECE]) for at in range(0, len(part), PIECE)))


def delta(text: str) -> StreamEvent:
    content = [{"index": 0, "type": "text", "text": {"value": text}}]
    return event("thread.message.delta", {"id": "msg_1", "delta": {"content": content}})


def thought(text: str) -> StreamEvent:
    return StreamEvent(ev.REASONING, ev.Reasoning(kind="delta", run_id="run_1", text=text))


def text_bytes(*roots: object) -> int:
    """Return the bytes of all strings that can be reached, each object once; what is drawn is not text."""
    seen: set[int] = set()
    found = 0
    waiting: list[object] = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | Canvas | RenderContext):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found += sys.getsizeof(one)
        else:
            waiting += gc.get_referents(one)
    return found


def repeated(part: str, size: int = SIZE) -> str:
    return (part * (size // len(part) + 1))[:size]


def held(scene: Streamed) -> int:
    return text_bytes(scene.view, scene.item_list)


@pytest.mark.parametrize("make", [delta, thought], ids=["answer", "reasoning"])
def test_a_growing_text_is_stored_twice_at_most(make: Callable[[str], StreamEvent]) -> None:
    scene = Streamed()
    scene.feed("x", make)
    before = held(scene)
    scene.feed(repeated(PROSE), make)
    assert held(scene) - before < 2.1 * SIZE
    _ = scene.view.entries, scene.view.facts.last_answer
    assert held(scene) - before < 2.1 * SIZE


def test_a_message_that_was_long_when_it_was_first_seen_is_stored_twice_at_most() -> None:
    before = held(Streamed("x"))
    scene = Streamed(repeated(PROSE, SIZE // 2))
    scene.feed(repeated(PROSE, SIZE // 2), delta)
    _ = scene.view.entries
    assert held(scene) - before < 2.1 * SIZE


def test_a_text_that_grows_out_of_sight_is_stored_twice_at_most() -> None:
    scene = Streamed("x")
    before = held(scene)
    scene.item_list.set_context(context(60))
    for start in range(0, SIZE, PIECE):
        scene.item_list.apply(joined(scene.view.apply(delta(repeated(PROSE)[start : start + PIECE]))))
    assert held(scene) - before < 2.1 * SIZE
    scene.viewport.settle()
    assert held(scene) - before < 2.1 * SIZE


def test_a_finished_message_is_stored_once() -> None:
    text = repeated(PROSE)
    scene = Streamed()
    before = held(scene)
    scene.feed(text, delta)
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    message = {
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "run_id": "run_1",
        "content": content,
    }
    scene.frame(event("thread.message.completed", message))
    assert held(scene) - before < 1.1 * SIZE


def peak_of(action: Callable[[], None]) -> int:
    """Return the bytes that an action takes at its height, beyond those that were taken before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        action()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


KINDS = [
    pytest.param(repeated(PROSE), delta, id="prose"),
    pytest.param(repeated(VARIED + "\n"), delta, id="varied"),
    pytest.param(CODE[:SIZE], delta, id="code"),
    pytest.param(repeated(LIST), delta, id="list"),
    pytest.param(TABLE[:SIZE], delta, id="table"),
    pytest.param(repeated(PROSE), thought, id="reasoning"),
]


@pytest.mark.parametrize(("text", "make"), KINDS)
def test_no_frame_copies_the_whole_text(text: str, make: Callable[[str], StreamEvent]) -> None:
    scene = Streamed()
    scene.feed(text[: SIZE - 20 * PIECE], make)
    last = [text[at : at + PIECE] for at in range(SIZE - 20 * PIECE, SIZE, PIECE)]
    peaks = sorted(peak_of(lambda piece=piece: scene.frame(make(piece))) for piece in last)  # type: ignore[misc]
    # a list of rows is enlarged by an eighth now and then: that is one frame, two at most
    assert peaks[-3] < SIZE // 2, peaks


def executed_lines(action: Callable[[], None]) -> int:
    """Return how many lines of Python an action executes."""
    count = 0

    def trace(frame: FrameType, kind: str, _: object) -> Any:
        nonlocal count
        count += kind == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def periods(part: str, make: Callable[[str], StreamEvent]) -> Iterator[int]:
    """Yield the lines that it takes to stream one part more, after 20, 60 and 180 of them."""
    scene, streamed = Streamed(), 0
    for count in (20, 60, 180):
        scene.feed(part * (count - streamed), make)
        yield executed_lines(lambda: scene.feed(part, make))
        streamed = count + 1


@pytest.mark.parametrize(
    ("part", "make"),
    [
        (PROSE * 10, delta),
        (VARIED[: VARIED.index("***")] + "\n\n", delta),
        (LIST * 10, delta),
        (PROSE * 10, thought),
    ],
    ids=["prose", "varied", "list", "reasoning"],
)
def test_a_piece_costs_the_same_however_long_the_text_is(
    part: str, make: Callable[[str], StreamEvent]
) -> None:
    short, longer, long = periods(part, make)
    assert longer < 1.2 * short
    assert long < 1.2 * short


def test_neighbouring_pieces_become_one_change() -> None:
    view = Streamed().view
    changes = [change for piece in ("a", "b", "c") for change in view.apply(delta(piece))]
    assert joined(changes) == [Appended("msg_1", "abc")]
