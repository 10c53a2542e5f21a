"""A job that has to be finished is finished, and its error is not lost."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.support.builders import opened, until


async def test_the_error_of_a_job_whose_caller_was_cancelled_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        started.set()
        await go.wait()
        raise OSError("the disk is full")

    def logged() -> bool:
        mine = [r for r in caplog.records if r.name == "aimltui.engine.runtime" and r.exc_info]
        return any("the disk is full" in str(record.exc_info[1]) for record in mine if record.exc_info)

    async with opened(tmp_path) as engine:
        with caplog.at_level(logging.ERROR):
            caller = asyncio.ensure_future(engine._runtime.run_to_completion(job()))
            await started.wait()
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
            go.set()
            await until(logged)


async def test_a_caller_that_waits_receives_the_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def job() -> None:
        raise OSError("the disk is full")

    async with opened(tmp_path) as engine:
        with pytest.raises(OSError, match="full"):
            await engine._runtime.run_to_completion(job())
    assert not caplog.records
