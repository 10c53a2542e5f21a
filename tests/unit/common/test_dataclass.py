"""Our `dataclass` behaves as the standard library's, and generates nothing before it is needed."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar

import pytest

import aimltui
from aimltui.common.dataclass import dataclass, used_by_libraries


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


def test_nothing_is_generated_for_the_first_instances() -> None:
    point = made()
    before = vars(point)["__init__"]
    few = [point(x, z=3) for x in range(3)]
    assert vars(point)["__init__"] is before
    many = [point(x, z=3) for x in range(100)]
    assert vars(point)["__init__"] is not before
    assert few == many[:3]
    assert [(one.x, one.y, one.z) for one in (few[2], many[99])] == [(2, [], 3), (99, [], 3)]
    assert few[0].y is not few[1].y


@pytest.mark.parametrize("call", [((), {}), ((1, [], 2, 3), {}), ((1,), {"x": 2}), ((1,), {"w": 2})], ids=str)
def test_a_wrong_call_of_an_unused_class_is_refused_as_by_the_standard_library(call: Any) -> None:
    args, given = call
    standard = dataclasses.make_dataclass(
        "Point", [("x", int), ("y", list, field(default_factory=list)), ("z", int, 7)]
    )
    with pytest.raises(TypeError) as expected:
        standard(*args, **given)
    with pytest.raises(TypeError) as found:
        made()(*args, **given)
    assert str(found.value).endswith(str(expected.value).rpartition(".")[2])


def test_fields_that_are_not_given_or_only_by_name_are_as_in_the_standard_library() -> None:
    @dataclass(slots=True)
    class Timed:
        name: str
        tags: list[str] = field(init=False, default_factory=list)
        size: int = field(kw_only=True, default=2)

        def __post_init__(self) -> None:
            self.name += "!"

    assert (Timed("a").name, Timed("a").tags, Timed("a", size=3).size) == ("a!", [], 3)
    with pytest.raises(TypeError):
        Timed("a", 3)  # type: ignore[call-arg]


def unslotted(*, frozen: bool = False) -> Any:
    """A class without slots that nothing has used."""

    class Base:
        def __post_init__(self) -> None:
            object.__setattr__(self, "is_ready", True)

    @dataclass(frozen=frozen)
    class Message(Base):
        """What happened."""

        text: str
        count: int = 1

        def doubled(self) -> Any:
            return type(self)(self.text * 2, count=self.count)

    return Message


@pytest.mark.parametrize("frozen", [False, True])
def test_a_class_without_slots_stays_the_same_and_generates_late(frozen: bool) -> None:
    message = unslotted(frozen=frozen)
    before = vars(message)["__init__"]
    assert message.count == 1
    one, *_ = [message("a") for _ in range(100)]
    assert vars(message)["__init__"] is not before
    assert (one.text, one.count, one.is_ready, one.doubled().text) == ("a", 1, True, "aa")
    assert one == message("a") != message("a", 2)
    assert repr(one).endswith("Message(text='a', count=1)")
    assert dataclasses.asdict(unslotted()("b")) == {"text": "b", "count": 1}
    assert copy.deepcopy(one) == one
    if frozen:
        assert hash(one) == hash(message("a"))
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.text = "c"
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.text
    else:
        one.text = "c"
        assert one.text == "c"
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)


def test_a_subclass_without_slots_has_the_fields_of_its_base() -> None:
    base = unslotted()

    @dataclass
    class More(base):  # type: ignore[misc,valid-type]
        where: str = "here"

    before = vars(base)["__init__"]
    more = More("a", where="there")
    assert (more.text, more.count, more.where, more.is_ready) == ("a", 1, "there", True)
    assert more == More("a", 1, "there") != base("a")
    assert isinstance(more, base)
    assert vars(base)["__init__"] is not before
    assert repr(More("a")).endswith("More(text='a', count=1, where='here')")


def test_a_class_without_slots_keeps_the_defaults_of_its_fields_and_no_field() -> None:
    @dataclass
    class Theme:
        name: str
        dark: bool = field(default=True, repr=False)
        variables: dict[str, str] = field(default_factory=dict)

    assert (Theme.dark, hasattr(Theme, "variables")) == (True, False)
    first, second = Theme("a"), Theme("a", variables={"b": "c"})
    assert (first.dark, first.variables, second.variables) == (True, {}, {"b": "c"})
    assert first == Theme("a") != second
    assert first.variables is not Theme("a").variables
    assert repr(first).endswith("Theme(name='a', variables={})")
    assert [found.name for found in dataclasses.fields(Theme)] == ["name", "dark", "variables"]


LIBRARY = """
import dataclasses
from dataclasses import dataclass

@dataclass(frozen=True{slots})
class Key:
    name: str
    size: int = 2

@dataclass{slots_alone}
class Only:
    first: int
    _: dataclasses.KW_ONLY
    second: int = 3
"""


@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize("head", ["", "from __future__ import annotations"])
def test_classes_of_libraries_that_are_imported_meanwhile_behave_alike(head: str, slots: bool) -> None:
    source = LIBRARY.format(slots=", slots=True" * slots, slots_alone="(slots=True)" * slots)
    library: dict[str, Any] = {"__name__": __name__}
    standard = dataclasses.dataclass
    with used_by_libraries():
        exec(compile(head + source, "library", "exec", dont_inherit=True), library)
    assert dataclasses.dataclass is standard
    key, only = library["Key"], library["Only"]
    if head or sys.version_info < (3, 14):
        assert Path(key.__eq__.__code__.co_filename).name == "dataclass.py"
    assert key("a") == key("a", 2) != key("b")
    assert {key("a"): 1}[key("a")] == 1
    assert hasattr(key("a"), "__dict__") is not slots
    with pytest.raises(dataclasses.FrozenInstanceError):
        key("a").name = "b"
    assert (only(1, second=4).second, only(1).second) == (4, 3)
    with pytest.raises(TypeError):
        only(1, 4)


def test_fields_left_out_of_comparing_and_of_the_text_are_left_out() -> None:
    @dataclass(frozen=True, slots=True)
    class Part:
        name: str
        at: float = field(default=0.0, compare=False, repr=False)

    @dataclass(slots=True)
    class Nothing:
        pass

    assert Part("a", 1.0) == Part("a", 2.0)
    assert len({Part("a", 1.0), Part("a", 2.0)}) == 1
    assert repr(Part("a", 1.0)).endswith("Part(name='a')")
    assert Nothing() == Nothing()
    nested = Count()
    nested.value = nested  # type: ignore[assignment]
    assert repr(nested) == "Count(value=...)"


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


def test_every_module_that_uses_it_keeps_its_annotations_as_text() -> None:
    # from Python 3.14 on, a class made anew loses annotations that are not text
    package = Path(aimltui.__file__).parent
    users = [
        path
        for path in package.rglob("*.py")
        if "aimltui.common.dataclass import" in path.read_text(encoding="utf-8")
    ]
    assert len(users) > 100
    assert [
        path for path in users if "from __future__ import annotations" not in path.read_text(encoding="utf-8")
    ] == []
