"""Ids: a prefix for the kind, and 24 random characters."""

from __future__ import annotations

import secrets
from collections.abc import Callable

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

NewId = Callable[[str], str]
"""Takes a prefix and returns a new id. Injected, so that tests can use counted ids."""


def new_id(prefix: str) -> str:
    """Return a random id, e.g. `thread_4mYk...`."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
