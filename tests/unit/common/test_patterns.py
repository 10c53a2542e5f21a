"""A regular expression that is compiled at its first use behaves as one that is compiled at once."""

from __future__ import annotations

import re

import pytest

from aimltui.common.patterns import pattern


def test_it_finds_what_a_compiled_one_finds() -> None:
    lazy, plain = pattern(r"(?P<digit>\d)|x", re.IGNORECASE), re.compile(r"(?P<digit>\d)|x", re.IGNORECASE)
    assert [one.span() for one in lazy.finditer("a1X")] == [one.span() for one in plain.finditer("a1X")]
    assert lazy.sub("-", "a1X") == plain.sub("-", "a1X") == "a--"
    assert (lazy.pattern, lazy.flags, lazy.groupindex) == (plain.pattern, plain.flags, plain.groupindex)
    assert pattern(rb"\x1b.").match(b"\x1b[", 0) is not None


def test_it_is_compiled_at_its_first_use_and_once() -> None:
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.search("")
    right = pattern("b")
    search = right.search
    assert right.search is search
    with pytest.raises(AttributeError):
        right.nothing  # type: ignore[attr-defined]  # noqa: B018
