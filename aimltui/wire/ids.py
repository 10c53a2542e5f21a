"""Ids: a prefix for the kind, and 24 random characters."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom

ASSISTANT = "asst_"
THREAD = "thread_"
MESSAGE = "msg_"
RUN = "run_"
STEP = "step_"
CALL = "call_"
FILE = "file-"
VECTOR_STORE = "vs_"
VECTOR_STORE_BATCH = "vsfb_"
UPLOAD = "upload_"
UPLOAD_PART = "part_"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 24
_COUNT = len(_ALPHABET) ** _LENGTH
_RANDOM = SystemRandom()
"""What `secrets` uses, without its other parts, which bring OpenSSL."""

NewId = Callable[[str], str]
"""Takes a prefix and returns a new id. Injected, so that tests can use counted ids."""


def new_id(prefix: str) -> str:
    """Return a random id, e.g. `thread_4mYk...`."""
    # one number for all characters: a call of the system for each takes ten times as long
    number, characters = _RANDOM.randrange(_COUNT), []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[place])
    return prefix + "".join(characters)
