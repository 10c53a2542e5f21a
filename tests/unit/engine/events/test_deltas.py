"""A delta's value has one stored form, the one that databases of earlier versions have."""

from __future__ import annotations

import pytest

from aimltui.engine.events.deltas import (
    ARGUMENTS,
    CALL,
    FILE_PATH,
    CallHead,
    DeltaKind,
    FileLink,
    decode_value,
    encode_value,
)

STORED: list[tuple[DeltaKind, str | CallHead | FileLink, str]] = [
    (ARGUMENTS, '{"a": 1', '{"a": 1'),
    (CALL, CallHead("call_1", "weather"), '{"id": "call_1", "name": "weather"}'),
    (
        CALL,
        CallHead("call_2", "python", "code_interpreter"),
        '{"id": "call_2", "name": "python", "type": "code_interpreter"}',
    ),
    (
        FILE_PATH,
        FileLink("sandbox:/mnt/data/ü.csv", "file-1", 12, 0),
        '{"text": "sandbox:/mnt/data/\\u00fc.csv", "file_id": "file-1", "start": 12, "number": 0}',
    ),
]


@pytest.mark.parametrize(("kind", "value", "stored"), STORED)
def test_a_value_is_stored_and_read_as_earlier_versions_did(
    kind: DeltaKind, value: str | CallHead | FileLink, stored: str
) -> None:
    assert encode_value(value) == stored
    assert decode_value(kind, stored) == value
