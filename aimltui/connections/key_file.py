"""Keys in a file that is its owner's alone (0600), in a directory that is, too (0700)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError

_LIMIT_BYTES = 1_000_000
_VERSION = 1
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""How the file is opened that could be a link or a pipe. Windows has no such flags, no owner ids and no modes: there the
access lists of the user's own directory are what keeps others out.
"""

Entries = dict[str, dict[str, str]]


class KeyFile:
    """One file of keys by connection, each with the origin it belongs to.

    A file that others could read or change is not used: its keys may be known, or not be the user's own.

    Args:
        file: Where it is, or will be.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def get(self, name: str, origin: str) -> str | None:
        """The key of a connection for this origin; None if there is none, or it belongs to another origin.

        Raises:
            ConfigError: The file cannot be used; the text says why and what to do.
        """
        entry = self._read().get(name, {})
        return entry.get("key") if entry.get("origin") == origin else None

    def put(self, name: str, origin: str, key: str) -> None:
        """Keep a key, in place of the one of the same connection.

        Raises:
            ConfigError: The file cannot be used or written.
        """
        self._change(name, {"origin": origin, "key": key})

    def delete(self, name: str, origin: str) -> None:
        """Drop the key of a connection; also one that belongs to another origin: no use is left for it.

        Raises:
            ConfigError: The file cannot be used or written.
        """
        if name in self._read():
            self._change(name, None)

    def _change(self, name: str, entry: dict[str, str] | None) -> None:
        # here and below: milliseconds before the first frame, which comes before any key is read
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
                f"The key file {self.file} is damaged. Move it away and enter the keys anew on the Connect screen."
            ) from error

    def _check_directory(self) -> None:
        self._check(self.file.parent.stat(), self.file.parent, "700")

    def _check(self, found: os.stat_result, path: Path, wanted: str) -> None:
        is_right_kind = stat.S_ISDIR(found.st_mode) if wanted == "700" else stat.S_ISREG(found.st_mode)
        is_posix = os.name == "posix"
        if not is_right_kind or (is_posix and found.st_uid != os.getuid()):
            raise ConfigError(
                f"The keys in {self.file} are not used: {path} is not yours or not what it should be. Move it away."
            )
        if is_posix and found.st_mode & 0o077:
            raise ConfigError(
                f"The keys in {self.file} are not used: others on this machine may open {path} "
                f"(mode {stat.S_IMODE(found.st_mode):o}). Make it yours alone with: chmod {wanted} '{path}'. "
                "If others could read it, have the provider change the key."
            )


def _entries(document: object) -> Entries:
    """The keys in the document.

    Raises:
        ValueError: It is none of ours.
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
