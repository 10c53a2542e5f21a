"""Bytes in params and answers, forms, filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from aimltui.wire import operations as op
from aimltui.wire.binary import BinaryContent, Blob
from aimltui.wire.errors import BadRequest
from aimltui.wire.files import CreateFile, ListFiles
from aimltui.wire.filters import MAX_DEPTH, check_filter, passes
from aimltui.wire.parsing import form_fields

EVERY_BYTE = bytes(range(256))


def test_bytes_survive_json() -> None:
    params = CreateFile(file=Blob(filename="a", content=EVERY_BYTE), purpose="assistants")
    again = CreateFile.model_validate(json.loads(json.dumps(params.given())))
    assert again == params
    answer = BinaryContent(content=EVERY_BYTE)
    assert BinaryContent.model_validate(json.loads(json.dumps(answer.to_json()))) == answer
    with pytest.raises(ValidationError, match="not base64"):
        BinaryContent.model_validate({"content": "§"})


def test_the_bytes_of_a_file_are_not_in_its_representation() -> None:
    assert "secret" not in repr(Blob(filename="a", content=b"secret"))


def test_two_operations_have_a_form_and_name_its_file() -> None:
    forms = {operation.name: operation.blob for operation in op.OPERATIONS if operation.body == "multipart"}
    assert forms == {"create_file": "file", "add_upload_part": "data"}
    assert all(not operation.blob for operation in op.OPERATIONS if operation.body == "json")


def test_the_fields_of_a_form_become_what_they_have_to_be() -> None:
    pairs = [
        ("purpose", "vision"),
        ("expires_after[anchor]", "created_at"),
        ("expires_after[seconds]", "7200"),
    ]
    assert form_fields(op.CREATE_FILE, pairs) == {
        "purpose": "vision",
        "expires_after": {"anchor": "created_at", "seconds": 7200},
    }


@pytest.mark.parametrize(
    ("operation", "pair"),
    [
        (op.CREATE_FILE, ("file", "x")),
        (op.CREATE_FILE, ("file[path]", "/etc/passwd")),
        (op.CREATE_FILE, ("purpose[a]", "x")),
        (op.CREATE_FILE, ("expires_after", "x")),
        (op.CREATE_FILE, ("expires_after[days]", "1")),
        (op.CREATE_FILE, ("expires_after[seconds]", "1.5")),
        (op.CREATE_FILE, ("", "x")),
        (op.ADD_UPLOAD_PART, ("upload_id", "upload_2")),
        (op.ADD_UPLOAD_PART, ("data[content]", "eA==")),
    ],
)
def test_a_field_that_does_not_belong_into_a_form_is_refused(operation: Any, pair: tuple[str, str]) -> None:
    with pytest.raises(BadRequest):
        form_fields(operation, [pair])


def test_lists_of_files_may_be_long() -> None:
    assert ListFiles(limit=10_000).limit == 10_000
    with pytest.raises(ValidationError):
        ListFiles(limit=10_001)


def test_a_filter_may_be_deep_but_not_too_deep() -> None:
    condition: dict[str, Any] = {"type": "eq", "key": "a", "value": 1}
    for _ in range(MAX_DEPTH - 1):
        condition = {"type": "and", "filters": [condition]}
    check_filter("filters", condition)
    assert passes({"a": 1}, condition)
    with pytest.raises(BadRequest, match="too large"):
        check_filter("filters", {"type": "or", "filters": [condition]})
    with pytest.raises(BadRequest, match="too large"):
        check_filter("filters", {"type": "or", "filters": [{"type": "eq", "key": "a", "value": 1}] * 1_000})


def test_values_of_different_kinds_are_unequal_and_have_no_order() -> None:
    def holds(kind: str, value: object, attributes: dict[str, object]) -> bool:
        return passes(attributes, {"type": kind, "key": "k", "value": value})

    assert holds("eq", 1.0, {"k": 1})
    assert not holds("eq", 1, {"k": True})
    assert not holds("eq", "1", {"k": 1})
    assert not holds("gt", "1", {"k": 2})
    assert not holds("lte", 1, {})
    assert holds("ne", 1, {})
    assert holds("nin", [1], {})
    assert not passes(None, {"type": "in", "key": "k", "value": [1]})
