"""Approvals: which files of functions may run, and which tools may be called without a question."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError

log = logging.getLogger(__name__)


class Approvals:
    """Remembers what the user allowed, bound to hashes: a changed file or description ends an approval.

    What changes something blocks: call it in a worker thread.

    Args:
        file: Where it is saved; None remembers until the program ends.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._files: dict[str, str] = {}
        self._tools: dict[str, str] = {}
        self._threads: dict[str, dict[str, str]] = {}
        self._load()

    def is_trusted(self, path: Path, sha256: str) -> bool:
        """Whether the user approved a file in this form."""
        return self._files.get(str(path)) == sha256

    def trust_file(self, path: Path, sha256: str) -> None:
        """Trust a file in this form."""
        self._change(lambda: self._files.update({str(path): sha256}))

    def allows(self, fingerprint: str, thread_id: str) -> bool:
        """Whether a tool may be called without a question in a thread."""
        return fingerprint in self._tools or fingerprint in self._threads.get(thread_id, {})

    def allow(self, fingerprint: str, name: str) -> None:
        """Allow every call of a tool."""
        self._change(lambda: self._tools.update({fingerprint: name}))

    def allow_in_thread(self, fingerprint: str, name: str, thread_id: str) -> None:
        """Allow every call of a tool in a thread."""
        self._change(lambda: self._threads.setdefault(thread_id, {}).update({fingerprint: name}))

    def _load(self) -> None:
        read = _read(self._file)
        self._files.update(_texts(read.get("files")))
        self._tools.update(_texts(read.get("tools")))
        threads = read.get("threads")
        for key, value in (threads if isinstance(threads, dict) else {}).items():
            self._threads.setdefault(str(key), {}).update(_texts(value))

    def _change(self, change: Callable[[], None]) -> None:
        change()
        if self._file is None:
            return
        try:
            ensure_private_dir(self._file.parent)
            with exclusive(self._file.parent):
                # another window may have saved something
                self._load()
                change()
                document = {"files": self._files, "tools": self._tools, "threads": self._threads}
                write_private(self._file, json.dumps(document, indent=1).encode())
        except (ConfigError, OSError):
            # the approval holds until the program ends; the next start asks again
            log.exception("the approvals could not be saved")


def _read(file: Path | None) -> dict[str, Any]:
    try:
        read = json.loads(file.read_bytes()) if file is not None else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}
