"""The assistants in the database."""

from __future__ import annotations

import json

from aimltui.engine.store.database import Connection
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.assistants import Assistant, ListAssistants
from aimltui.wire.base import JSONObject, Page
from aimltui.wire.errors import NotFound


def insert(conn: Connection, assistant: Assistant, private: JSONObject) -> None:
    """Insert an assistant."""
    conn.execute(
        "INSERT INTO assistants (id, created_at, private, body) VALUES (?, ?, ?, ?)",
        (assistant.id, assistant.created_at, json.dumps(private), assistant.model_dump_json()),
    )


def get(conn: Connection, assistant_id: str) -> tuple[Assistant, JSONObject]:
    """Return an assistant with its private data.

    Raises:
        NotFound: The assistant does not exist.
    """
    row = conn.execute("SELECT body, private FROM assistants WHERE id = ?", (assistant_id,)).fetchone()
    if row is None:
        raise NotFound(f"No assistant found with id '{assistant_id}'.")
    return Assistant.model_validate_json(row["body"]), json.loads(row["private"])


def save(conn: Connection, assistant: Assistant, private: JSONObject) -> None:
    """Store a changed assistant."""
    conn.execute(
        "UPDATE assistants SET body = ?, private = ? WHERE id = ?",
        (assistant.model_dump_json(), json.dumps(private), assistant.id),
    )


def delete(conn: Connection, assistant_id: str) -> None:
    """Delete an assistant; its threads and runs stay.

    Raises:
        NotFound: The assistant does not exist.
    """
    if conn.execute("DELETE FROM assistants WHERE id = ?", (assistant_id,)).rowcount == 0:
        raise NotFound(f"No assistant found with id '{assistant_id}'.")


def listed(conn: Connection, params: ListAssistants) -> Page[Assistant]:
    """Return one page of assistants."""
    return page(conn, Listing("assistants"), params, lambda row: Assistant.model_validate_json(row["body"]))
