"""Tunes the garbage collector, so that its pauses do not delay streamed text or the echo of a key.

Objects that live as long as the program (modules, wire models) are frozen once they are loaded; the rest is collected
often and in small steps. Rare collections of many objects were measured at 30 ms and more each.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (5_000, 5, 100)
"""One to two milliseconds a collection; the default of 700 costs more in total than it saves in each."""


def put_off() -> None:
    """Collect nothing until `tune`: what a program imports until its first frame stays."""
    gc.disable()


def tune() -> None:
    """Freeze the objects of a program that has started, set the thresholds, and collect from now on."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


@contextmanager
def paused() -> Iterator[None]:
    """Pause collections while modules are imported, and freeze the imported objects afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
