"""Drafts follow the open thread, and none is lost or ends up in another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimltui.tui.controllers.draft_keeper import DraftKeeper
from aimltui.tui.controllers.file_worker import FileWorker
from aimltui.tui.state.run_options import OptionState, RunOptions
from aimltui.tui.storage.drafts import NEW_THREAD, DraftStore


@dataclass
class Open:
    """The open conversation."""

    thread_id: str | None = None
    options: OptionState = field(default_factory=OptionState)
    is_temporary: bool = False

    # like a conversation, it equals itself alone
    __hash__ = object.__hash__
    __eq__ = object.__eq__


@dataclass
class Prompt:
    draft: str = ""

    def load_draft(self, text: str) -> None:
        self.draft = text


@dataclass
class Timers:
    """Fires when a test says so."""

    set: list[tuple[Callable[[], None], Timers.Timer]] = field(default_factory=list)

    @dataclass
    class Timer:
        is_stopped: bool = False

        def stop(self) -> None:
            self.is_stopped = True

    def after(self, _seconds: float, call: Callable[[], None]) -> Timer:
        timer = self.Timer()
        self.set.append((call, timer))
        return timer

    def fire(self) -> None:
        for call, timer in self.set:
            if not timer.is_stopped:
                call()


class Setup:
    """A keeper with everything around it."""

    def __init__(self, directory: Path) -> None:
        self.store = DraftStore(directory)
        self.problems: list[str] = []
        self.worker = FileWorker(self.problems.append)
        self.prompt = Prompt()
        self.timers = Timers()
        self.open: Open | None = Open()
        self.others: list[int] = []
        self.keeper = DraftKeeper(
            self.store,
            self.worker,
            lambda: self.prompt,
            lambda: self.open,
            self.timers.after,
            self.others.append,
        )

    async def saved(self, key: str) -> str:
        await self.worker.finish()
        return self.store.open(key)

    async def go_to(self, thread_id: str | None) -> None:
        visit = self.keeper.leave()
        self.open = Open(thread_id)
        await self.keeper.enter(visit)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Setup]:
    made = Setup(tmp_path)
    await made.keeper.enter()
    yield made
    assert made.problems == []


async def test_a_draft_is_saved_when_the_typing_pauses_and_not_at_each_letter(here: Setup) -> None:
    for text in ("h", "he", "hello"):
        here.prompt.draft = text
        here.keeper.note_change()
    assert await here.saved(NEW_THREAD) == ""
    here.timers.fire()
    assert await here.saved(NEW_THREAD) == "hello"
    assert [timer.is_stopped for _, timer in here.timers.set] == [True, True, False]


async def test_each_thread_has_its_draft(here: Setup) -> None:
    here.prompt.draft = "for the new one"
    await here.go_to("thread_1")
    assert here.prompt.draft == ""
    here.prompt.draft = "for the first"
    await here.go_to(None)
    assert here.prompt.draft == "for the new one"
    await here.go_to("thread_1")
    assert here.prompt.draft == "for the first"


async def test_a_draft_that_is_read_too_late_does_not_land_in_another_thread(here: Setup) -> None:
    here.store.save("thread_1", "old")
    visit = here.keeper.leave()
    here.open = Open("thread_1")
    await here.go_to("thread_2")
    await here.keeper.enter(visit)
    assert here.prompt.draft == ""


async def test_what_is_typed_before_the_saved_draft_was_read_is_put_behind_it(here: Setup) -> None:
    here.store.save("thread_1", "old")
    visit = here.keeper.leave()
    here.open = Open("thread_1")
    here.prompt.draft = "typed"
    await here.keeper.enter(visit)
    assert here.prompt.draft == "old\ntyped"


async def test_leaving_before_the_saved_draft_was_read_keeps_both(here: Setup) -> None:
    here.store.save("thread_1", "old")
    here.keeper.leave()
    here.open = Open("thread_1")
    here.prompt.draft = "typed"
    await here.go_to("thread_2")
    assert await here.saved("thread_1") == "old\n\ntyped"


async def test_the_draft_of_a_new_thread_goes_with_it_when_it_gets_its_id(here: Setup) -> None:
    assert here.open is not None
    here.prompt.draft = "next question"
    here.keeper.follow_thread_id()
    here.keeper.save_now()
    here.open.thread_id = "thread_1"
    here.keeper.follow_thread_id()
    assert await here.saved(NEW_THREAD) == ""
    assert await here.saved("thread_1") == "next question"
    assert here.store.last_thread() == "thread_1"


async def test_two_windows_do_not_overwrite_each_others_drafts_and_exchange_them(
    here: Setup, tmp_path: Path
) -> None:
    there = Setup(tmp_path)
    await there.keeper.enter()
    here.prompt.draft, there.prompt.draft = "here", "there"
    here.keeper.save_now()
    there.keeper.save_now()
    assert (await here.saved(NEW_THREAD), await there.saved(NEW_THREAD)) == ("here", "there")
    here.keeper.save_at_end("")
    here.keeper.end()
    await here.worker.finish()
    assert there.others == []
    (other,) = await there.keeper.others()
    assert await there.keeper.exchange(other.name)
    assert there.prompt.draft == "here"
    assert not await there.keeper.exchange(other.name)
    await there.go_to("thread_1")
    await there.go_to(None)
    assert there.others == [1]
    assert there.prompt.draft == "here"


async def test_at_the_end_waiting_messages_come_before_the_draft(here: Setup) -> None:
    await here.go_to("thread_1")
    here.prompt.draft = "draft"
    here.keeper.save_at_end("queued")
    assert await here.saved("thread_1") == "queued\n\ndraft"
    assert here.store.last_thread() == "thread_1"


async def test_without_a_connection_nothing_overwrites_a_draft(here: Setup) -> None:
    here.store.save(NEW_THREAD, "old")
    here.open = None
    here.prompt.draft = "typed"
    here.keeper.save_now()
    assert await here.saved(NEW_THREAD) == "old"
    here.keeper.join(None, behind="typed")
    assert await here.saved(NEW_THREAD) == "old\n\ntyped"


async def test_options_for_the_next_run_outlive_a_killed_window_until_a_run_has_used_them(
    here: Setup,
) -> None:
    assert here.open is not None
    await here.keeper.enter()
    here.open.options.next = RunOptions(additional="Be brief.")
    here.keeper.note_options(here.open)
    # the first message gives the thread its id before the run takes the options
    here.open.thread_id = "thread_1"
    here.keeper.note_options(here.open)
    await here.worker.finish()
    # as the system does for a killed program
    here.store.end()

    later = Setup(here.store.directory)
    assert later.open is not None
    await later.keeper.enter()
    assert not later.open.options.next
    later.open = Open("thread_1")
    await later.keeper.enter()
    assert later.open.options.next == RunOptions(additional="Be brief.")
    later.open.options.next = RunOptions()
    later.keeper.note_options(later.open)
    await later.worker.finish()
    assert DraftStore(here.store.directory).options("thread_1") == ""
    assert not list(here.store.directory.glob("*.options"))


async def test_another_window_does_not_take_the_options_of_one_that_is_open(here: Setup) -> None:
    here.store.save_options("thread_1", '{"additional": "Be brief."}')
    other = DraftStore(here.store.directory)
    assert other.options("thread_1") == ""
    here.store.forget("thread_1")
    assert not list(here.store.directory.glob("*.options"))
