"""Stores keys in a file that only its owner can read (0600), in a directory that only its owner can enter (0700)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError

_LIMIT_BYTES = 1_000_000
_VERSION = 1
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags for opening the file, which could be a link or a pipe. Windows has no such flags, owner ids and modes: there the
access control lists of the user's directory protect the file.
"""

Entries = dict[str, dict[str, str]]


class KeyFile:
    """A file of keys by connection, each with the origin it belongs to.

    A file that others can read or change is not used: its keys may be known to others or come from them.

    Args:
        file: The file; it need not exist.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def get(self, name: str, origin: str) -> str | None:
        """Return the key of a connection; None if there is none, or it belongs to another origin.

        Raises:
            ConfigError: The file cannot be used; the text says why and what to do.
        """
        entry = self._read().get(name, {})
        return entry.get("key") if entry.get("origin") == origin else None

    def put(self, name: str, origin: str, key: str) -> None:
        """Store a key, replacing the connection's previous one.

        Raises:
            ConfigError: The file cannot be used or written.
        """
        self._change(name, {"origin": origin, "key": key})

    def delete(self, name: str, origin: str) -> None:
        """Delete the key of a connection, whatever origin it belongs to.

        Raises:
            ConfigError: The file cannot be used or written.
        """
        if name in self._read():
            self._change(name, None)

    def _change(self, name: str, entry: dict[str, str] | None) -> None:
        # Imported late, here and below: the first frame is painted before any key is read.
        import json

        ensure_private_dir(self.file.parent)
        self._check_directory()
        try:
            with exclusive(self.file.parent):
                entries = self._read()
                entries.pop(name, None)
                if entry is not None:
                    entries[name] = entry
                document = {"version": _VERSION, "keys": entries}
                write_private(self.file, (json.dumps(document, indent=1) + "\n").encode())
        except OSError as error:
            raise ConfigError(
                f"The key file {self.file} cannot be written: {error.strerror or error}."
            ) from error

    def _read(self) -> Entries:
        import json

        try:
            descriptor = os.open(self.file, _READ)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(
                f"The key file {self.file} cannot be read: {error.strerror or error}."
            ) from error
        with os.fdopen(descriptor, "rb") as stream:
            self._check(os.fstat(descriptor), self.file, "600")
            self._check_directory()
            content = stream.read(_LIMIT_BYTES)
        try:
            return _entries(json.loads(content))
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"The key file {self.file} is damaged. Move it away and enter the keys again on the Connect screen."
            ) from error

    def _check_directory(self) -> None:
        self._check(self.file.parent.stat(), self.file.parent, "700")

    def _check(self, found: os.stat_result, path: Path, wanted: str) -> None:
        is_right_kind = stat.S_ISDIR(found.st_mode) if wanted == "700" else stat.S_ISREG(found.st_mode)
        kind = "directory" if wanted == "700" else "regular file"
        is_posix = os.name == "posix"
        if not is_right_kind or (is_posix and found.st_uid != os.getuid()):
            raise ConfigError(
                f"The keys in {self.file} are not used: {path} belongs to another user or is not a {kind}. Move it away."
            )
        if is_posix and found.st_mode & 0o077:
            raise ConfigError(
                f"The keys in {self.file} are not used: other users of this machine can open {path} "
                f"(mode {stat.S_IMODE(found.st_mode):o}). Restrict it with: chmod {wanted} '{path}'. "
                "If others could have read it, replace the keys at the provider."
            )


def _entries(document: object) -> Entries:
    """Return the entries of a key file's document.

    Raises:
        ValueError: It is not the document of a key file.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, dict):
        raise ValueError("no keys")
    return {
        name: {"origin": entry["origin"], "key": entry["key"]}
        for name, entry in keys.items()
        if isinstance(entry, dict)
        and isinstance(entry.get("origin"), str)
        and isinstance(entry.get("key"), str)
    }
