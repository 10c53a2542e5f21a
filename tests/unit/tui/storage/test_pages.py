"""The texts of web pages that are attached to drafts."""

from __future__ import annotations

import stat
from pathlib import Path

from aimltui.tui.storage.pages import forget_page, save_page

URL = "https://a.example/terms"


def test_each_draft_has_its_own_file_of_a_page(tmp_path: Path) -> None:
    first = save_page(tmp_path / "pages", URL, "Terms", "It lasts 12 months.")
    second = save_page(tmp_path / "pages", URL, "Terms", "It lasts 24 months.")
    assert "12 months" in first.read_text()
    assert stat.S_IMODE(second.stat().st_mode) == 0o600
    forget_page(str(first))
    assert second.read_text() == f"Terms\n{URL}\n\nIt lasts 24 months.\n"
    forget_page(str(second))
    assert list((tmp_path / "pages").iterdir()) == []
