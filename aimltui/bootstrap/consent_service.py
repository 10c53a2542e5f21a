"""Carries the engine's question about code without a sandbox to the screen, and saves the user's choice in the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aimltui.common.errors import ConfigError
from aimltui.config.settings import write_config
from aimltui.tui.code_consent import CodeDecision, ConsentState, PendingCode

if TYPE_CHECKING:
    from aimltui.engine.approval import Decision
    from aimltui.engine.tools.code_interpreter.service import InterpreterService


class ConsentService:
    """Passes approval requests of the engine to the screen, and saves whether the user allows such code.

    Args:
        config_file: The configuration file.
    """

    def __init__(self, config_file: Path) -> None:
        self._config_file = config_file
        self._ask: Callable[[PendingCode], Awaitable[CodeDecision]] | None = None
        self._local: InterpreterService | None = None

    def use_interpreter(self, local: InterpreterService) -> None:
        """Set the code interpreter that the user's choice applies to."""
        self._local = local

    def set_approver(self, ask: Callable[[PendingCode], Awaitable[CodeDecision]]) -> None:
        """See `Consent.set_approver`."""
        self._ask = ask

    async def ask_approval(self, code: PendingCode) -> Decision:
        """Ask the user to approve a piece of code; without a screen it may not run."""
        from aimltui.engine.approval import Decision

        said = await self._ask(code) if self._ask is not None else CodeDecision(False)
        return Decision(said.may_run, said.reason)

    async def state(self) -> ConsentState:
        """See `Consent.state`."""
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
        """See `Consent.allow`."""
        if self._local is not None:
            self._local.agree(agrees=allowed)
        try:
            change = {"interpreter.unconfined": "ask" if allowed else "off"}
            await asyncio.to_thread(write_config, self._config_file, change)
        except ConfigError as error:
            return f"This applies until the program ends, but was not saved. {error}"
        return ""


_REASON = "No sandbox works on this machine; `aimltui doctor` says why, and what you can install."
