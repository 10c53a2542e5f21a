"""The text of a web page that is attached to a draft, as a file until it is sent. It blocks."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aimltui.common.disk import ensure_private_dir, random_name, write_private
from aimltui.common.patterns import pattern

_ODD: Final = pattern(r"[^\w .,()+-]+")
_LONGEST: Final = 60


def page_name(url: str, title: str) -> str:
    """Return the name under which a page is attached and cited: its title and its host."""
    host = (urlsplit(url).hostname or "page").removeprefix("www.")
    words = " ".join(_ODD.sub(" ", title).split())[:_LONGEST].strip(" .,-")
    return f"{words} ({host}).txt" if words else f"{host}.txt"


def save_page(folder: Path, url: str, title: str, text: str) -> Path:
    """Write the text of a page into a new file, which no other draft has, and return it.

    Raises:
        OSError: The file cannot be written.
        ConfigError: The folder cannot be used.
    """
    ensure_private_dir(folder)
    path = folder / f"{random_name(16)}.txt"
    head = f"{title}\n{url}\n\n" if title and not text.startswith(title) else f"{url}\n\n"
    write_private(path, f"{head}{text}\n".encode("utf-8", "replace"))
    return path


def forget_page(path: str) -> None:
    """Delete the file of a page that was sent or is no longer attached."""
    with suppress(OSError):
        Path(path).unlink()
