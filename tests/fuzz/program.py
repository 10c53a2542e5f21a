"""The program as it is, but that it cannot be ended or stopped from inside: what the fuzzer types may be any key."""

from __future__ import annotations

import sys

from aimltui.__main__ import main
from aimltui.tui.app import AimltuiApp


async def action_quit(self: AimltuiApp) -> None:
    """Stay."""


def action_suspend_process(self: AimltuiApp) -> None:
    """Stay."""


AimltuiApp.action_quit = action_quit  # type: ignore[method-assign]
AimltuiApp.action_suspend_process = action_suspend_process  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.exit(main())
