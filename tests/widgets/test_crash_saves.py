"""A mistake of the program ends it, but not with what was written: the draft and what waited to be sent are saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.storage.drafts import NEW_THREAD, DraftStore
from aimltui.tui.terminal_title import RESTORE, TerminalTitle
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat


class Mistake(Exception):
    """What the program did not expect."""


async def fail_with_a_draft(directory: Path, titles: list[str], *, is_up: bool) -> None:
    def fail() -> None:
        raise Mistake

    async with seat(FakeTransport(), directory, is_up=is_up) as here:
        here.screen.window._title = TerminalTitle(titles.append, {"TERM": "xterm"})
        here.screen.show_state()
        here.screen.prompt.add_text("not sent yet")
        here.screen.call_later(fail)
        await here.until(lambda: here.app._exception is not None)


@pytest.mark.parametrize("is_up", [True, False])
async def test_a_mistake_does_not_take_the_draft_with_it(tmp_path: Path, is_up: bool) -> None:
    titles: list[str] = []
    with pytest.raises(Mistake):
        await fail_with_a_draft(tmp_path, titles, is_up=is_up)
    assert titles[-1:] == [RESTORE] * is_up, "the terminal's title is back"
    assert DraftStore(tmp_path).open(NEW_THREAD) == "not sent yet"
