"""Apps under test have the tasks of the program."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="no such tasks before Python 3.12")
async def test_the_tasks_of_a_tested_app_begin_at_once_as_those_of_the_program() -> None:
    class Starter(App[None]):
        is_begun = False

        async def begin(self) -> None:
            self.is_begun = True

        def on_mount(self) -> None:
            self.beginning = asyncio.create_task(self.begin())
            self.is_begun_at_once = self.is_begun

    in_the_program, in_a_test = Starter(), Starter()
    in_the_program.call_later(in_the_program.exit)
    await in_the_program.run_async(headless=True)
    asyncio.get_running_loop().set_task_factory(None)
    async with in_a_test.run_test():
        pass
    assert in_a_test.is_begun_at_once
    assert in_a_test.is_begun_at_once == in_the_program.is_begun_at_once
    assert asyncio.get_running_loop().get_task_factory() is None
