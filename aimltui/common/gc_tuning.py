"""The garbage collector, kept from being felt: as hiccups while text streams in or a key is echoed.

What lives as long as the program (modules, models of the wire) is taken out of its sight once it is there; what is
left is looked at often and in small helpings. Rare collections of many objects were measured at 30 ms and more each.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (5_000, 5, 100)
"""A millisecond or two a collection; the default of 700 costs more in all than it saves in each."""


def tune() -> None:
    """Set the collector up for a program that has just started."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def paused() -> Iterator[None]:
    """Load modules without collections in between, and never look at them again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
