"""Our `dataclass` behaves as the standard library's, and generates nothing before it is needed."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from threading import Barrier
from typing import Any, ClassVar

import pytest

from aimltui.common.dataclass import dataclass


def made(base: type = object) -> Any:
    """A class that nothing has used."""

    @dataclass(frozen=True, slots=True)
    class Point(base):  # type: ignore[misc]
        x: int
        y: list[int] = field(default_factory=list)
        origin: ClassVar[int] = 0
        z: int = 7

        @property
        def sum(self) -> int:
            return self.x + self.z

    return Point


@dataclass(frozen=True, slots=True)
class Saved:
    """At the module's level, for pickle."""

    name: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class SavedMore(Saved):
    more: str = ""


@dataclass(slots=True)
class Count:
    value: int = 0


def test_the_first_instance_has_its_defaults_and_equals_another() -> None:
    point = made()
    assert (point(1).x, point(1).y, point(1).z, point(x=2, z=3).sum) == (1, [], 7, 5)
    assert point(1) == point(1) != point(2)
    assert point(1).y is not point(1).y
    assert not hasattr(point(1), "__dict__")
    assert made()(1) != made()(1)


def test_whatever_is_used_first_works() -> None:
    assert [one.name for one in dataclasses.fields(made())] == ["x", "y", "z"]
    assert made().__match_args__ == ("x", "y", "z")
    assert dataclasses.is_dataclass(made())
    assert dataclasses.replace(Saved("a"), size=2) == Saved("a", 2)
    assert dataclasses.asdict(SavedMore("a", 1, "b")) == {"name": "a", "size": 1, "more": "b"}
    assert repr(Saved("a")) == "Saved(name='a', size=0)"
    assert hash(Saved("a")) == hash(Saved("a"))
    match Saved("a", 3):
        case Saved(name, size):
            assert (name, size) == ("a", 3)
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'x'"):
        made()()


def test_a_frozen_one_does_not_change_and_another_does() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'size'"):
        Saved("a").size = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'size'"):
        del Saved("a").size
    count = Count()
    count.value = 2
    assert count == Count(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(count)


@pytest.mark.parametrize("value", [Saved("a", 1), SavedMore("a", 1, "b"), Count(3)], ids=repr)
def test_it_is_copied_and_pickled(value: object) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_a_subclass_of_an_unused_class_has_its_fields() -> None:
    base = made()

    @dataclass(frozen=True, slots=True)
    class More(base):  # type: ignore[misc,valid-type]
        w: int = 9

    assert (More(1).z, More(1).w, More(1, w=2).w) == (7, 9, 2)
    assert isinstance(More(1), base)


def test_it_is_changed_in_a_copy_as_the_protocol_of_python_3_13_asks() -> None:
    point = made()
    assert point(1).__replace__(x=3) == point(3)
    assert point(1) != point(3)


def test_nothing_is_generated_before_the_first_use() -> None:
    point = made()
    before = vars(point)["__init__"]
    point(1)
    assert vars(point)["__init__"] is not before


def test_several_threads_may_be_first() -> None:
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(50):
                point, start = made(), Barrier(4)

                def first(number: int, point: Any = point, start: Barrier = start) -> Any:
                    start.wait(20)
                    return point(number)

                assert [one.x for one in pool.map(first, range(4))] == [0, 1, 2, 3]
    finally:
        sys.setswitchinterval(switching)
