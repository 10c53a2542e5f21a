"""The operations on usage: the report, the budget, the balance. All of them are extensions of the API."""

from __future__ import annotations

from aimltui.engine.accounting.budget import used_up
from aimltui.engine.models.base import ModelError
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import usage as rows
from aimltui.engine.store.database import Connection
from aimltui.engine.store.usage import Charge
from aimltui.wire.clients import ClientSpent
from aimltui.wire.errors import BadRequest, Forbidden, ServerError
from aimltui.wire.usage import Balance, BalanceParams, Budget, RaiseBudget, UsageParams, UsageReport

BUDGET_USED_UP = "budget_used_up"
"""The code of the refusal to start a run."""


class UsageOperations:
    """The operations on usage and budget."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def usage(self, params: UsageParams) -> UsageReport:
        """Return the usage of runs."""
        now, limits = self._runtime.options.clock(), self._runtime.options.limits
        by, since = params.by or "day", params.since or ""
        return await self._runtime.read(lambda conn: rows.report(conn, by, since, now, limits))

    async def raise_budget(self, params: RaiseBudget) -> Budget:
        """Raise today's budget, for every program that uses this store."""
        limits, now = self._runtime.options.limits, self._runtime.options.clock()
        if params.usd is None and params.tokens is None:
            raise BadRequest("State the amount: usd, tokens, or both.", param="usd")
        if params.usd is not None and limits.per_day_usd is None:
            raise BadRequest(_none("per_day_usd"), param="usd")
        if params.tokens is not None and limits.per_day_tokens is None:
            raise BadRequest(_none("per_day_tokens"), param="tokens")

        def change(conn: Connection) -> Budget:
            rows.raise_today(conn, now, params.usd or 0.0, params.tokens or 0)
            return rows.budget(conn, now, limits)

        return await self._runtime.write(change)

    async def spent_by(self, client: str) -> ClientSpent:
        """Return what a client of the server has spent."""
        now = self._runtime.options.clock()
        return await self._runtime.read(lambda conn: rows.spent_by(conn, client, now))

    async def check_budget(self) -> None:
        """Refuse what costs money on a day whose budget is used up.

        Raises:
            Forbidden: The budget is used up.
        """
        await self._runtime.read(lambda conn: refuse_if_used_up(conn, self._runtime))

    async def add_charge(self, charge: Charge) -> None:
        """Count something besides runs that cost money."""
        now = self._runtime.options.clock()
        await self._runtime.write(lambda conn: rows.add_charge(conn, charge, now))

    async def balance(self, params: BalanceParams) -> Balance:
        """Ask the provider for the balance; the provider is contacted only by this call."""
        try:
            found = await self._runtime.models.balance(params.connection)
        except ModelError as error:
            told = f"{error.message} {error.remedy}".strip()
            raise ServerError(told, code="balance_unavailable", request_id=error.request_id) from error
        return Balance(host=found.host, usd=found.usd)


def refuse_if_used_up(conn: Connection, runtime: Runtime) -> None:
    """Refuse to start a run on a day whose budget is used up.

    Raises:
        Forbidden: The budget is used up.
    """
    limits = runtime.options.limits
    if not limits.exist:
        return
    why = used_up(limits, rows.spent(conn, runtime.options.clock()))
    if why is not None:
        raise Forbidden(f"{why.message} {why.remedy}", code=BUDGET_USED_UP, type="budget")


def _none(setting: str) -> str:
    return f"There is no budget to raise: {setting} is not set under [budget] in the configuration."
