"""The name of an assistant at the beginning of a line."""

from __future__ import annotations

import pytest

from aimltui.cli.addressing import behind_name


@pytest.mark.parametrize(
    ("said", "name", "rest"),
    [
        ("Editor check this", "Editor", " check this"),
        ("EDITOR: check this", "Editor", ": check this"),
        ("Editorial work", "Editor", None),
        ("Ed", "Editor", None),
        ("Editor", "Editor", ""),
        # capitals of these letters are longer
        ("STRASSE 5", "Straße", " 5"),
        ("straße 5", "STRASSE", " 5"),
        ("ASST_A1, go", "asst_a1", ", go"),
    ],
)
def test_what_is_behind_a_name_begins_after_it_in_any_case(said: str, name: str, rest: str | None) -> None:
    assert behind_name(said, name) == rest
