"""SQL stands in the engine's store and nowhere else in the engine."""

from __future__ import annotations

import re
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[4] / "aimltui" / "engine"
CALL = re.compile(r"\.execute(?:many|script)?\(")


def test_only_the_store_executes_sql() -> None:
    found = {
        path.relative_to(ENGINE).parts[0]
        for path in ENGINE.rglob("*.py")
        if CALL.search(path.read_text("utf-8"))
    }
    assert found == {"store"}
