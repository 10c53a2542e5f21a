"""Writes the key table into the README: `python -m tests.support.readme`."""

from __future__ import annotations

import re
from pathlib import Path

from aimltui.tui.commands.derived import key_table_markdown

README = Path(__file__).resolve().parents[2] / "README.md"


def main() -> None:
    """Replace what stands between the two marks."""
    text = README.read_text()
    pattern = re.compile(r"(<!-- keys:[^>]*-->\n).*?(<!-- /keys -->)", re.S)
    README.write_text(
        pattern.sub(lambda match: f"{match[1]}{key_table_markdown().strip()}\n{match[2]}", text)
    )


if __name__ == "__main__":
    main()
