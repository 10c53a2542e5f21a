"""Large blocks of memory go back to the system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aimltui.common.memory import return_large_blocks


def resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // 1_000_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is about glibc")
def test_what_is_freed_is_returned_however_large_blocks_before_were() -> None:
    return_large_blocks()
    before = resident_mb()
    for size in (31_000_000, 30_000_000, 29_000_000):
        block = bytearray(size)
        block[::4096] = b"x" * len(block[::4096])
        beside = bytearray(900_000)
        del block
    assert resident_mb() - before < 15
    del beside
