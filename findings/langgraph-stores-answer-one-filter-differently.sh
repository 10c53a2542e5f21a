#!/usr/bin/env bash
# langgraph-checkpoint 4.3.2 and langgraph-checkpoint-sqlite 3.1.2: two stores with one interface find different items with one filter.
# {"state": {"$ne": "done"}} gives the items that have no state from InMemoryStore and leaves them out of SqliteStore, which compares
# with SQL's NULL; a date is compared as text by SqliteStore, and makes InMemoryStore raise ValueError, as it turns both sides into
# numbers. The interface names the operators once for all stores (langgraph.store.base.SearchOp.filter: "Not equal to", "Greater
# than"), so one would expect one answer. Tests with the store in memory pass, and the program with the database loses its open tasks.
# Seen on 2026-12-01, Linux, Python 3.11:
#     {'state': 'done'} InMemoryStore ['first']
#     {'state': 'done'} SqliteStore ['first']
#     {'state': {'$ne': 'done'}} InMemoryStore ['second', 'third']
#     {'state': {'$ne': 'done'}} SqliteStore ['second']
#     {'due': {'$gt': '2026-04-01'}} InMemoryStore ValueError: could not convert string to float: '2026-03-01'
#     {'due': {'$gt': '2026-04-01'}} SqliteStore ['second', 'third']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'langgraph-checkpoint==4.3.2' 'langgraph-checkpoint-sqlite==3.1.2'

expected=$(cat <<'OUT'
{'state': 'done'} InMemoryStore ['first']
{'state': 'done'} SqliteStore ['first']
{'state': {'$ne': 'done'}} InMemoryStore ['second', 'third']
{'state': {'$ne': 'done'}} SqliteStore ['second']
{'due': {'$gt': '2026-04-01'}} InMemoryStore ValueError: could not convert string to float: '2026-03-01'
{'due': {'$gt': '2026-04-01'}} SqliteStore ['second', 'third']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

TASKS = {
    "first": {"state": "done", "due": "2026-03-01"},
    "second": {"state": "open", "due": "2026-05-01"},
    "third": {"due": "2026-06-01"},
}
FILTERS = [{"state": "done"}, {"state": {"$ne": "done"}}, {"due": {"$gt": "2026-04-01"}}]

with SqliteStore.from_conn_string(":memory:") as in_file:
    in_file.setup()
    for condition in FILTERS:
        for store in (InMemoryStore(), in_file):
            for key, value in TASKS.items():
                store.put(("tasks",), key, value)
            try:
                found = sorted(item.key for item in store.search(("tasks",), filter=condition))
            except ValueError as error:
                found = f"ValueError: {error}"
            print(condition, type(store).__name__, found)
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
