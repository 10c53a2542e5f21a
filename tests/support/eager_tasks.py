"""Has the tasks of a tested app begin at once, as those of the program do since Python 3.12."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

_run_test = App.run_test


def install() -> None:
    """Have `App.run_test` set the task factory that `App.run` sets, for as long as the app runs."""
    if hasattr(asyncio, "eager_task_factory"):
        App.run_test = _run_test_eagerly  # type: ignore[method-assign]


@asynccontextmanager
async def _run_test_eagerly(self: App[Any], **named: Any) -> AsyncGenerator[Pilot[Any], None]:
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
    try:
        async with _run_test(self, **named) as pilot:
            yield pilot
    finally:
        loop.set_task_factory(before)
