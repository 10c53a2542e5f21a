"""The protocol of iTerm2 for pictures, which WezTerm and mintty know too. Pure."""

from __future__ import annotations

from base64 import b64encode


def file_sequence(png: bytes, columns: int, rows: int) -> str:
    """Return what draws a picture at the cursor.

    Args:
        png: The file.
        columns: Cells that it fills.
        rows: Rows that it fills.
    """
    head = f"inline=1;size={len(png)};width={columns};height={rows};preserveAspectRatio=0;doNotMoveCursor=1"
    return f"\x1b]1337;File={head}:{b64encode(png).decode('ascii')}\x07"
