"""Cursor pagination over a column without ties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aimltui.common.dataclass import dataclass
from aimltui.engine.store.database import Connection, Row
from aimltui.wire.base import ListParams, Page, Wire
from aimltui.wire.errors import BadRequest

W = TypeVar("W", bound=Wire)

DEFAULT_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its table, its rows, its order."""

    table: str
    key: str = "seq"
    """A unique, growing integer column."""
    where: str = "1"
    args: Sequence[object] = ()
    columns: str = "*"
    default_limit: int = DEFAULT_LIMIT


def page(conn: Connection, listing: Listing, params: ListParams, build: Callable[[Row], W]) -> Page[W]:
    """Return one page in the listing's order; `before` returns the items nearest to the cursor.

    Raises:
        BadRequest: An unknown cursor or order.
    """
    order = params.order if params.order is not None else "desc"
    if order not in ("asc", "desc"):
        raise BadRequest(
            f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'.",
            param="order",
            code="invalid_value",
        )
    limit = params.limit if params.limit is not None else listing.default_limit
    after = _cursor(conn, listing, "after", params.after)
    before = _cursor(conn, listing, "before", params.before)
    rows, more = _rows(conn, listing, order == "asc", after, before, limit)
    data = [build(row) for row in rows]
    ids = [str(row["id"]) for row in rows]
    return Page[W](
        data=data, first_id=ids[0] if ids else None, last_id=ids[-1] if ids else None, has_more=more
    )


def _rows(
    conn: Connection, listing: Listing, ascending: bool, after: int | None, before: int | None, limit: int
) -> tuple[list[Row], bool]:
    # with `before` alone it walks backwards from the cursor, for the nearest items instead of the list's first ones
    backwards = before is not None and after is None
    walk_up = ascending != backwards
    where, args = [f"({listing.where})"], list(listing.args)
    for cursor, behind in ((after, True), (before, False)):
        if cursor is not None:
            where.append(f"{listing.key} {'>' if ascending == behind else '<'} ?")
            args.append(cursor)
    sql = (
        f"SELECT {listing.columns} FROM {listing.table} WHERE {' AND '.join(where)} "  # noqa: S608  # names are ours
        f"ORDER BY {listing.key} {'ASC' if walk_up else 'DESC'} LIMIT ?"
    )
    rows = conn.execute(sql, (*args, limit + 1)).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    return (rows[::-1] if backwards else rows), more


def _cursor(conn: Connection, listing: Listing, name: str, id_: str | None) -> int | None:
    if id_ is None:
        return None
    sql = f"SELECT {listing.key} FROM {listing.table} WHERE ({listing.where}) AND id = ?"  # noqa: S608  # names are ours
    row = conn.execute(sql, (*listing.args, id_)).fetchone()
    if row is None:
        raise BadRequest(f"Invalid '{name}': nothing with id '{id_}' is in this list.", param=name)
    return int(row[0])
