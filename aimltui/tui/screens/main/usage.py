"""The main screen's part for the usage report, today's budget and the balance."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import SaveError

if TYPE_CHECKING:
    from aimltui.formatting.usage_table import UsageTable
    from aimltui.tui.screens.dialogs.usage import UsageScreen

_NO_REPORT = "This server does not report what its runs use."


class UsagePart(ScreenPart):
    """Handles usage, budget and balance."""

    def action_show_usage(self) -> None:
        """Show what runs have used."""
        from aimltui.tui.screens.dialogs.usage import UsageScreen

        if self.waits_for_start("show_usage"):
            return

        def request(view: str) -> None:
            self.spawn(self._fill_usage(screen, view), "usage")

        def picked(thread_id: str | None) -> None:
            if thread_id:
                self.spawn(self._open_used(thread_id), "open")

        screen = UsageScreen(request, lambda table: self.spawn(self._save_usage(table), "usage"))
        self.app.push_screen(screen, picked)

    async def _fill_usage(self, screen: UsageScreen, view: str) -> None:
        from aimltui.wire.errors import APIError, NotFound

        workspace = self.workspace
        assert workspace is not None
        try:
            table = await workspace.usage.table(view)
        except (Unsupported, NotFound):
            if screen.is_attached:
                screen.set_error(_NO_REPORT)
        except (APIError, TransportError) as error:
            if screen.is_attached:
                screen.set_error(f"The report could not be read. {error}")
        else:
            if screen.is_attached:
                screen.set_table(table)

    async def _open_used(self, thread_id: str) -> None:
        workspace = self.workspace
        assert workspace is not None
        if not await workspace.directory.has(thread_id):
            self.show_notice("This thread was deleted. Only its usage is recorded.")
            return
        self.go_to(thread_id)

    async def _save_usage(self, table: UsageTable) -> None:
        from aimltui.formatting.usage_table import csv_text

        path = saving.free_path(Path.cwd(), f"aimltui-usage-by-{table.by}.csv")
        try:
            await asyncio.to_thread(saving.write, path, csv_text(table).encode())
        except SaveError as error:
            self.show_notice(f"The report was not saved. {error}", is_warning=True)
            return
        self.show_notice(f"Saved as {path}")

    def action_raise_budget(self) -> None:
        """Raise today's budget."""
        if not self.waits_for_start("raise_budget"):
            self.spawn(self._raise_budget(), "budget")

    async def _raise_budget(self) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
        from aimltui.wire.errors import APIError, NotFound

        workspace = self.workspace
        assert workspace is not None
        try:
            amounts = await workspace.usage.raises()
        except (Unsupported, NotFound):
            self.show_notice("This server has no budget.")
            return
        except (APIError, TransportError) as error:
            self.show_notice(f"The budget could not be read. {error}", is_warning=True)
            return
        if not amounts:
            self.show_notice(
                "No daily budget is set. Set per_day_usd under [budget] in the configuration file."
            )
            return

        def picked(amount: str | None) -> None:
            if amount:
                self.spawn(self._raise_by(amount), "budget")

        rows = [ChoiceRow(amount, words) for amount, words in amounts]
        self.app.push_screen(ChoiceScreen("Raise today's budget, until midnight", rows, verb="Raise"), picked)

    async def _raise_by(self, amount: str) -> None:
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            self.show_notice(await workspace.usage.raise_today(amount))
        except (APIError, TransportError) as error:
            self.show_notice(f"The budget was not raised. {error}", is_warning=True)
        self.show_state()

    def action_show_balance(self) -> None:
        """Show what is left on the account."""
        if self.waits_for_start("show_balance"):
            return
        self.hint("Asking for the balance…")
        self.spawn(self._show_balance(), "balance")

    async def _show_balance(self) -> None:
        from aimltui.wire.errors import APIError, NotFound

        workspace = self.workspace
        assert workspace is not None
        try:
            self.show_notice(await workspace.usage.balance())
        except (Unsupported, NotFound):
            self.show_notice("This server cannot show a balance.")
        except (APIError, TransportError) as error:
            self.show_notice(str(error), is_warning=True)
        self.end_hint()
