"""The usage of runs in the database: stored around every model turn, and kept when runs and threads are deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.engine.accounting.budget import BudgetLimits, Reservation, Spent
from aimltui.engine.store.database import Connection, Row
from aimltui.wire.clients import ANYBODY, ClientSpent
from aimltui.wire.runs import Run, Usage
from aimltui.wire.usage import Budget, UsageReport, UsageRow, UsageSum

_TITLE = "title"
"""The metadata key of a thread's title."""
_LABEL = 120
EMBEDDING: Final = "embedding"
RECOGNISING: Final = "recognising"
TEMPORARY: Final = "temporary thread"
_FILES = "the text of files"
"""What stands in place of a title where the text of files was embedded or recognised."""

_SUMS = (
    "count(DISTINCT CASE WHEN thread_id <> '' THEN run_id END) AS runs,"
    " count(DISTINCT CASE WHEN turns_without_tokens > 0 THEN run_id END) AS runs_without_tokens,"
    " count(DISTINCT CASE WHEN turns_without_cost > 0 THEN run_id END) AS runs_without_cost,"
    " coalesce(sum(prompt_tokens), 0) AS prompt_tokens, coalesce(sum(cached_tokens), 0) AS cached_tokens,"
    " coalesce(sum(completion_tokens), 0) AS completion_tokens,"
    " sum(told_usd) AS told_usd, sum(computed_usd) AS computed_usd"
)
_COUNTED = "turns > 0"
_COLUMNS = {
    "day": "day",
    "model": "model",
    "connection": "connection",
    "thread": "thread_id",
    "client": "client",
}


@dataclass(frozen=True, slots=True)
class Charge:
    """Something besides runs that cost money."""

    kind: str
    """`EMBEDDING`, `RECOGNISING` or `TEMPORARY`."""
    model: str
    connection: str
    tokens: int | None = None
    """None if they are unknown, or it is not counted in tokens."""
    usd: float | None = None
    """Dollars by the list price; None if that is unknown."""


def day_of(now: float) -> str:
    """Return the calendar day of a time on this machine."""
    return time.strftime("%Y-%m-%d", time.localtime(now))


def begin_turn(conn: Connection, run: Run, now: float, held: Reservation, client: str = ANYBODY) -> None:
    """Store a model turn that is about to start, and reserve its possible cost."""
    drop_turn(conn, run.id)
    conn.execute(
        "INSERT INTO usage (day, run_id, thread_id, model, connection, used_at, open_usd, open_tokens, least_usd,"
        " least_tokens, client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (day, run_id) DO UPDATE SET used_at = excluded.used_at, open_usd = excluded.open_usd,"
        " open_tokens = excluded.open_tokens, least_usd = excluded.least_usd, least_tokens = excluded.least_tokens",
        (
            day_of(now),
            run.id,
            run.thread_id,
            run.model,
            run.connection or "",
            int(now),
            held.usd,
            held.tokens,
            held.least_usd,
            held.least_tokens,
            client,
        ),
    )


def drop_turn(conn: Connection, run_id: str) -> None:
    """Delete the turn: the model rejected the request, so nothing was used."""
    conn.execute(
        "UPDATE usage SET open_usd = 0, open_tokens = 0, least_usd = NULL, least_tokens = NULL"
        " WHERE run_id = ? AND least_tokens IS NOT NULL",
        (run_id,),
    )


def end_turn(conn: Connection, run_id: str, told: Usage | None, tokens: int, usd: float | None) -> None:
    """Store the end of a turn.

    Args:
        conn: The database.
        run_id: The run.
        told: The usage that the provider reported; None for none.
        tokens: What counts against the budget; an estimate where nothing is known.
        usd: What counts against the budget in dollars; None if it cannot be estimated.
    """
    known = told or Usage()
    cached, cost = known.prompt_token_details, known.cost_usd
    is_computed = bool(known.cost_is_computed)
    conn.execute(
        "UPDATE usage SET turns = turns + 1,"
        " prompt_tokens = prompt_tokens + :prompt, cached_tokens = cached_tokens + :cached,"
        " completion_tokens = completion_tokens + :completion,"
        " turns_without_tokens = turns_without_tokens + :silent,"
        " turns_without_cost = turns_without_cost + :unknown, unheld_turns = unheld_turns + :unheld,"
        " told_usd = CASE WHEN :told IS NULL THEN told_usd ELSE coalesce(told_usd, 0) + :told END,"
        " computed_usd = CASE WHEN :computed IS NULL THEN computed_usd"
        " ELSE coalesce(computed_usd, 0) + :computed END,"
        " held_usd = held_usd + :usd, held_tokens = held_tokens + :tokens,"
        " open_usd = 0, open_tokens = 0, least_usd = NULL, least_tokens = NULL"
        " WHERE run_id = :run AND least_tokens IS NOT NULL",
        {
            "run": run_id,
            "prompt": known.prompt_tokens,
            "cached": cached.cached_tokens if cached is not None else 0,
            "completion": known.completion_tokens,
            "silent": told is None,
            "unknown": cost is None,
            "unheld": usd is None,
            "told": None if is_computed else cost,
            "computed": cost if is_computed else None,
            "usd": usd or 0.0,
            "tokens": tokens,
        },
    )


def add_charge(conn: Connection, charge: Charge, now: float, client: str = ANYBODY) -> None:
    """Count something besides runs: a row for each kind, model, connection, client and day, without a thread."""
    row = f"{charge.kind} {charge.connection} {charge.model}" + (f" {client}" if client else "")
    conn.execute(
        "INSERT OR IGNORE INTO usage (day, run_id, thread_id, model, connection, used_at, client)"
        " VALUES (?, ?, '', ?, ?, ?, ?)",
        (day_of(now), row, charge.model, charge.connection, int(now), client),
    )
    conn.execute(
        "UPDATE usage SET used_at = :now, turns = turns + 1, prompt_tokens = prompt_tokens + :tokens,"
        " turns_without_cost = turns_without_cost + :unknown, unheld_turns = unheld_turns + :unknown,"
        " computed_usd = CASE WHEN :usd IS NULL THEN computed_usd ELSE coalesce(computed_usd, 0) + :usd END,"
        " held_usd = held_usd + coalesce(:usd, 0), held_tokens = held_tokens + :tokens"
        " WHERE day = :day AND run_id = :row",
        {
            "now": int(now),
            "tokens": charge.tokens or 0,
            "unknown": charge.usd is None,
            "usd": charge.usd,
            "day": day_of(now),
            "row": row,
        },
    )


def add_to_least(conn: Connection, run_id: str, tokens: int, usd: float) -> None:
    """Add to the least that an open turn costs."""
    conn.execute(
        "UPDATE usage SET least_usd = least_usd + ?, least_tokens = least_tokens + ?"
        " WHERE run_id = ? AND least_tokens IS NOT NULL",
        (usd, tokens, run_id),
    )


def abandon_turn(conn: Connection, run_id: str) -> bool:
    """Count the least possible cost of a turn in whose middle the run ends against the budget.

    Returns:
        Whether there was such a turn.
    """
    changed = conn.execute(
        "UPDATE usage SET turns = turns + 1, turns_without_tokens = turns_without_tokens + 1,"
        " turns_without_cost = turns_without_cost + 1, unheld_turns = unheld_turns + (least_usd IS NULL),"
        " held_usd = held_usd + coalesce(least_usd, 0), held_tokens = held_tokens + least_tokens,"
        " open_usd = 0, open_tokens = 0, least_usd = NULL, least_tokens = NULL"
        " WHERE run_id = ? AND least_tokens IS NOT NULL",
        (run_id,),
    )
    return changed.rowcount > 0


def spent(conn: Connection, now: float, run_id: str = "") -> Spent:
    """Return what was spent today and in a run, with the reservations of active runs."""
    day = day_of(now)
    today = conn.execute(
        "SELECT coalesce(sum(held_usd), 0) AS usd, coalesce(sum(held_tokens), 0) AS tokens,"
        " coalesce(sum(CASE WHEN run_id = ? THEN 0 ELSE open_usd END), 0) AS open_usd,"
        " coalesce(sum(CASE WHEN run_id = ? THEN 0 ELSE open_tokens END), 0) AS open_tokens,"
        " count(DISTINCT CASE WHEN unheld_turns > 0 THEN run_id END) AS unheld FROM usage WHERE day = ?",
        (run_id, run_id, day),
    ).fetchone()
    run = conn.execute(
        "SELECT coalesce(sum(held_usd), 0) AS usd, coalesce(sum(held_tokens), 0) AS tokens FROM usage"
        " WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    added = conn.execute("SELECT usd, tokens FROM budget_raises WHERE day = ?", (day,)).fetchone()
    return Spent(
        run_usd=run["usd"],
        run_tokens=run["tokens"],
        day_usd=today["usd"],
        day_tokens=today["tokens"],
        open_usd=today["open_usd"],
        open_tokens=today["open_tokens"],
        added_usd=added["usd"] if added is not None else 0.0,
        added_tokens=added["tokens"] if added is not None else 0,
        unheld_runs=today["unheld"],
    )


def spent_by(conn: Connection, client: str, now: float) -> ClientSpent:
    """Return what a client of the server has spent, with the reservations of its active runs."""
    day = day_of(now)
    row = conn.execute(
        "SELECT coalesce(sum(CASE WHEN day = :day THEN held_usd + open_usd END), 0) AS day_usd,"
        " coalesce(sum(CASE WHEN day = :day THEN held_tokens + open_tokens END), 0) AS day_tokens,"
        " coalesce(sum(held_usd + open_usd), 0) AS month_usd,"
        " coalesce(sum(held_tokens + open_tokens), 0) AS month_tokens,"
        " coalesce(sum(open_usd), 0) AS reserved_usd, coalesce(sum(open_tokens), 0) AS reserved_tokens"
        " FROM usage WHERE day >= :first AND client = :client",
        {"day": day, "first": f"{day[:7]}-01", "client": client},
    ).fetchone()
    return ClientSpent(
        row["day_usd"],
        row["day_tokens"],
        row["month_usd"],
        row["month_tokens"],
        row["reserved_usd"],
        row["reserved_tokens"],
    )


def raise_today(conn: Connection, now: float, usd: float, tokens: int) -> None:
    """Raise today's budget."""
    conn.execute(
        "INSERT INTO budget_raises (day, usd, tokens) VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE"
        " SET usd = usd + excluded.usd, tokens = tokens + excluded.tokens",
        (day_of(now), usd, tokens),
    )


def budget(conn: Connection, now: float, limits: BudgetLimits) -> Budget:
    """Return the limits and what has been spent."""
    gone = spent(conn, now)
    return Budget(
        per_run_usd=limits.per_run_usd,
        per_run_tokens=limits.per_run_tokens,
        per_day_usd=limits.per_day_usd,
        per_day_tokens=limits.per_day_tokens,
        added_usd=gone.added_usd,
        added_tokens=gone.added_tokens,
        spent_usd=gone.day_usd + gone.open_usd,
        spent_tokens=gone.day_tokens + gone.open_tokens,
        unheld_runs=gone.unheld_runs,
    )


def report(conn: Connection, by: str, since: str, now: float, limits: BudgetLimits) -> UsageReport:
    """Return the sums by day, model, connection or thread."""
    column = _COLUMNS[by]
    order = "key DESC" if by == "day" else "max(used_at) DESC, key"
    sql = (
        f"SELECT {column} AS key, {_SUMS} FROM usage WHERE {_COUNTED} AND day >= ?"  # noqa: S608
        f" GROUP BY key ORDER BY {order}"
    )
    rows = conn.execute(sql, (since,)).fetchall()
    titles = _titles(conn, [row["key"] for row in rows]) if by == "thread" else {}
    whole = f"SELECT {_SUMS} FROM usage WHERE {_COUNTED} AND "  # noqa: S608
    total = conn.execute(f"{whole} day >= ?", (since,)).fetchone()
    today = conn.execute(f"{whole} day = ?", (day_of(now),)).fetchone()
    return UsageReport(
        by=by,
        rows=[UsageRow(**_sum(row), key=row["key"], label=titles.get(row["key"])) for row in rows],
        total=UsageSum(**_sum(total)),
        today=UsageSum(**_sum(today)),
        budget=budget(conn, now, limits),
    )


def _sum(row: Row) -> dict[str, Any]:
    names = (
        "runs",
        "runs_without_tokens",
        "runs_without_cost",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
    )
    known = [usd for usd in (row["told_usd"], row["computed_usd"]) if usd is not None]
    return {name: row[name] for name in names} | {
        "cost_usd": sum(known) if known else None,
        "computed_usd": row["computed_usd"] or 0.0,
    }


def _titles(conn: Connection, thread_ids: Sequence[str]) -> dict[str, str]:
    """Return the titles of the threads that still exist."""
    found: dict[str, str] = {}
    for thread_id in thread_ids:
        if not thread_id:
            found[""] = _FILES
            continue
        row = conn.execute("SELECT preview, body FROM threads WHERE id = ?", (thread_id,)).fetchone()
        if row is None:
            continue
        metadata = json.loads(row["body"]).get("metadata") or {}
        title = str(metadata.get(_TITLE) or row["preview"] or "").strip()
        if title:
            found[thread_id] = title[:_LABEL]
    return found
