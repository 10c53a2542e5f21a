"""Reads pictures of text with tesseract, where that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

_MOST_LANGUAGES: Final = 3
_LANGUAGES: Final = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin", "fr": "fra",
    "he": "heb", "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor", "nb": "nor", "nl": "nld", "pl": "pol", "pt": "por",
    "ro": "ron", "ru": "rus", "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "chi_sim",
}  # fmt: skip
"""Tesseract's names of the languages that a locale names."""
_TIMEOUT_S: Final = 50.0


class Tesseract:
    """The program, with the user's language and English where they are installed.

    Args:
        program: Its path.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._languages = _chosen(self._run(["--list-langs"]).decode("utf-8", "replace").split())

    @classmethod
    def find(cls) -> Tesseract | None:
        """Return it; None if it is not installed or does not run."""
        program = shutil.which("tesseract")
        if program is None:
            return None
        try:
            return cls(program)
        except (OSError, subprocess.SubprocessError):
            return None

    def read(self, picture: bytes) -> str:
        """Return the text of a picture; empty if there is none.

        Args:
            picture: A PGM file.
        """
        languages = ["-l", "+".join(self._languages)] if self._languages else []
        try:
            return (
                self._run(["stdin", "stdout", *languages], picture)
                .decode("utf-8", "replace")
                .replace("\f", "")
            )
        except (OSError, subprocess.SubprocessError):
            return ""

    def _run(self, arguments: list[str], given: bytes = b"") -> bytes:
        return subprocess.run(  # noqa: S603
            [self._program, *arguments],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            timeout=_TIMEOUT_S,
            check=True,
        ).stdout


def _chosen(installed: list[str]) -> list[str]:
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    own = _LANGUAGES.get(locale[:2], "")
    return [name for name in dict.fromkeys((own, "eng")) if name in installed][:_MOST_LANGUAGES]
