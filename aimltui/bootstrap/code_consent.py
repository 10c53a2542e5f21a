"""What the user allows where no sandbox holds: between the screen that asks, the engine that waits, and the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aimltui.common.errors import ConfigError
from aimltui.config.settings import write_config
from aimltui.tui.code_consent import CodeToRun, ConsentState

if TYPE_CHECKING:
    from aimltui.engine.tools.code_interpreter.service import LocalSessions


class ConsentService:
    """Keeps it, and passes the questions on.

    Args:
        config_file: Where the user's word is kept.
    """

    def __init__(self, config_file: Path) -> None:
        self._config_file = config_file
        self._ask: Callable[[CodeToRun], Awaitable[bool]] | None = None
        self._local: LocalSessions | None = None

    def use_interpreter(self, local: LocalSessions) -> None:
        """These are the sessions that it is about."""
        self._local = local

    def set_approver(self, ask: Callable[[CodeToRun], Awaitable[bool]]) -> None:
        """See `tui.consent.Consent`."""
        self._ask = ask

    async def approve(self, code: CodeToRun) -> bool:
        """Ask the user; no if there is no screen."""
        return self._ask is not None and await self._ask(code)

    async def state(self) -> ConsentState:
        """See `tui.consent.Consent`."""
        if self._local is None:
            return ConsentState("impossible", "The engine has not started.")
        status = await self._local.status()
        if status.is_confined:
            return ConsentState("sandbox" if status.is_on else "impossible", status.sentence)
        kind = self._kind(status.is_on, status.may_agree)
        return ConsentState(kind, _REASON if kind != "impossible" else status.sentence)

    @staticmethod
    def _kind(is_on: bool, may_agree: bool) -> Literal["off", "asked", "impossible"]:
        return "asked" if is_on else "off" if may_agree else "impossible"

    async def allow(self, allowed: bool) -> str:
        """See `tui.consent.Consent`."""
        if self._local is not None:
            self._local.agree(agrees=allowed)
        try:
            change = {"interpreter.unconfined": "ask" if allowed else "off"}
            await asyncio.to_thread(write_config, self._config_file, change)
        except ConfigError as error:
            return f"This holds until the program ends, but was not kept. {error}"
        return ""


_REASON = (
    "None of this program's sandboxes works here; `aimltui doctor` says why, and what could be installed."
)
