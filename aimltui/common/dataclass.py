"""`dataclass`: the standard library's decorator, whose methods are generated at their first use.

Generating `__init__`, `__repr__`, `__eq__` and the others of a class costs most of a millisecond, and the program has
hundreds of such classes, of which a start needs few: it was a third of the time that the imports took. The first
instances of a class are filled without a generated `__init__`, because most classes have few.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Make a class a dataclass; see `dataclasses.dataclass`."""
        return _prepared(cls, options) if cls is not None else lambda found: _prepared(found, options)


@contextmanager
def used_by_libraries() -> Iterator[None]:
    """Make the dataclasses of the libraries that are imported meanwhile in this way, too: a screen has fifty."""
    dataclasses.dataclass = _of_library
    try:
        yield
    finally:
        dataclasses.dataclass = _standard


Fields = tuple[dataclasses.Field[Any], ...]
_standard = dataclasses.dataclass
_FIELDS = "__dataclass_fields__"
_PARAMS = "__dataclass_params__"
_KNOWN = frozenset({"frozen", "slots", "eq", "repr"})
_LOCK = threading.RLock()
_FILLED = 50
"""Instances before an `__init__` is generated, which takes as long as filling a hundred."""


def _prepared(cls: type, options: dict[str, bool]) -> type:
    hints = inspect.get_annotations(cls)
    if not set(options) <= _KNOWN or any(
        special in str(hint) for hint in hints.values() for special in ("InitVar", "KW_ONLY")
    ):
        return _standard(**options)(cls)
    names = [
        name for name, hint in hints.items() if not str(hint).startswith(("ClassVar", "typing.ClassVar"))
    ]
    if options.get("slots"):
        made = _with_slots(cls, names)
        _Pending(lambda: cls, made, options).place()
        return made
    own = (*names, "__annotations__", "__module__", "__qualname__", "__doc__")
    body = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
    for name in names:
        if isinstance(found := body.get(name), dataclasses.Field):
            # as the standard decorator leaves it
            if found.default is dataclasses.MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, found.default)
    _Pending(lambda: _model_of(cls, body), cls, options).place()
    return cls


def _of_library(cls: type | None = None, /, **options: bool) -> Any:
    """Make a class of a library a dataclass.

    From Python 3.14 on, a class has its annotations only if they are text; without them it cannot be made in parts.
    """
    if cls is None:
        return partial(_of_library, **options)
    return _prepared(cls, options) if "__annotations__" in cls.__dict__ else _standard(cls, **options)


def _model_of(cls: type, own: Mapping[str, Any]) -> type:
    """Return a class for the generated methods of one without slots, which other threads may use meanwhile."""
    body = dict(own)
    if hasattr(cls, "__post_init__"):
        body["__post_init__"] = cls.__post_init__
    inherited: dict[str, Any] = {}
    for base in reversed([base for base in cls.__mro__[1:] if _FIELDS in base.__dict__]):
        inherited[_FIELDS] = inherited.get(_FIELDS, {}) | getattr(base, _FIELDS)
        inherited[_PARAMS] = getattr(base, _PARAMS)
    return type(cls.__name__, (type("Base", (), inherited),) if inherited else (), body)


def _with_slots(cls: type, names: list[str]) -> type:
    """Return the class with slots, which take the place of the default values; the original class keeps those."""
    inherited = {name for base in cls.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    left_out = {*names, "__dict__", "__weakref__"}
    body = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


class _Pending:
    """The methods of a dataclass that do not exist yet.

    Args:
        original: Returns a class whose methods can be generated: the one that was written, or one like it.
        made: The class that the program uses.
        options: The decorator's arguments.
    """

    def __init__(self, original: Callable[[], type], made: type, options: dict[str, bool]) -> None:
        self._original = original
        self._made = made
        self._options = options
        self._placed: list[str] = []
        self._filled = 0
        self._plan: tuple[tuple[str, Callable[[], Any] | None], ...] | None = None
        """What makes the value of each field that is not given; None until the first instance."""

    def place(self) -> None:
        """Give the class methods that generate all of them when one is called."""
        made, is_frozen = self._made, self._options.get("frozen", False)
        methods: dict[str, Any] = {"__init__": self._first_init()}
        if self._options.get("repr", True):
            methods["__repr__"] = self._stub("__repr__")
        if self._options.get("eq", True):
            methods["__eq__"] = self._stub("__eq__")
            methods["__hash__"] = self._stub("__hash__") if is_frozen else None
        for name in (_FIELDS, _PARAMS, "__match_args__"):
            methods[name] = _Attribute(self, name)
        if "__replace__" not in made.__dict__:
            # for `copy.replace` of Python 3.13
            made.__replace__ = _replaced  # type: ignore[attr-defined]
        for name, method in methods.items():
            # what the class defines stays
            if made.__dict__.get(name) is None:
                setattr(made, name, method)
                if method is not None:
                    self._placed.append(name)
        if is_frozen:
            for name, method in _FROZEN.items():
                if name.endswith("attr__") or self._options.get("slots"):
                    setattr(made, name, method)

    def generate(self) -> None:
        """Generate the methods, unless another thread has done it meanwhile."""
        with _LOCK:
            if not self._placed:
                return
            is_frozen = self._options.get("frozen", False)
            original = self._original()
            _standard(frozen=is_frozen, eq=False, repr=False)(original)
            found = dataclasses.fields(original)
            for name in self._placed:
                make = _MADE.get(name)
                setattr(self._made, name, make(found) if make else original.__dict__[name])
            self._placed = []

    def _first_init(self) -> Callable[..., None]:
        generated = self._stub("__init__")

        def method(instance: Any, *args: Any, **given: Any) -> None:
            self._filled += 1
            if self._filled > _FILLED or not self._fill(instance, args, given):
                generated(instance, *args, **given)

        method.__name__ = "__init__"
        method.__qualname__ = generated.__qualname__
        return method

    def _fill(self, instance: Any, args: tuple[Any, ...], given: dict[str, Any]) -> bool:
        """Do what `__init__` would; False for what only a generated one can do, such as saying what is missing."""
        if self._plan is None:
            with _LOCK:
                self._plan = _plan_of(self._original(), self._made)
        if not self._plan:
            return False
        names = [name for name, _ in self._plan]
        values = dict(zip(names, args, strict=False)) | given
        # too many, twice or unknown
        if len(values) != len(args) + len(given) or not values.keys() <= set(names):
            return False
        for name, default in self._plan:
            if name not in values:
                if default is None:
                    return False
                values[name] = default()
        put = object.__setattr__ if self._options.get("frozen") else setattr
        for name in names:
            put(instance, name, values[name])
        if hasattr(self._made, "__post_init__"):
            instance.__post_init__()
        return True

    def _stub(self, name: str) -> Callable[..., Any]:
        def method(instance: Any, *args: Any, **given: Any) -> Any:
            self.generate()
            return getattr(self._made, name)(instance, *args, **given)

        method.__name__ = name
        method.__qualname__ = f"{self._made.__qualname__}.{name}"
        return method


def _plan_of(original: type, made: type) -> tuple[tuple[str, Callable[[], Any] | None], ...]:
    """Return the fields of a class, and what makes their defaults; nothing for a class that needs generating."""
    plan: list[tuple[str, Callable[[], Any] | None]] = []
    if any(_FIELDS in base.__dict__ for base in made.__mro__[1:]):
        return ()
    for name, hint in inspect.get_annotations(original).items():
        if str(hint).startswith(("ClassVar", "typing.ClassVar")):
            continue
        found = original.__dict__.get(name, dataclasses.MISSING)
        value = found.default if isinstance(found, dataclasses.Field) else found
        is_special = isinstance(found, dataclasses.Field) and (not found.init or found.kw_only is True)
        if is_special or "KW_ONLY" in str(hint) or type(value).__hash__ is None:
            return ()
        if isinstance(found, dataclasses.Field) and found.default_factory is not dataclasses.MISSING:
            plan.append((name, found.default_factory))
        else:
            plan.append((name, None if value is dataclasses.MISSING else partial(_same, value)))
    return tuple(plan)


def _same(value: Any) -> Any:
    return value


class _Attribute:
    """An attribute of a dataclass that exists after its methods have been generated."""

    def __init__(self, pending: _Pending, name: str) -> None:
        self._pending = pending
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        self._pending.generate()
        return getattr(owner, self._name)


def _set(instance: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(instance: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _replaced(instance: Any, /, **changes: Any) -> Any:
    return dataclasses.replace(instance, **changes)


def _state(instance: Any) -> list[Any]:
    return [getattr(instance, field.name) for field in dataclasses.fields(instance)]


def _set_state(instance: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(instance), state, strict=True):
        object.__setattr__(instance, field.name, value)


_FROZEN = {
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
"""The methods of all frozen classes; the last two are for copies and pickles."""


def _reader(fields: Iterable[dataclasses.Field[Any]]) -> Callable[[Any], Any]:
    """Return a function that reads all these fields of an instance as a tuple."""
    names = [field.name for field in fields]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple([getattr(instance, name) for name in names])


def _equal(fields: Fields) -> Callable[[Any, Any], Any]:
    read = _reader(field for field in fields if field.compare)

    def __eq__(self: Any, other: Any) -> Any:
        return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hashed(fields: Fields) -> Callable[[Any], int]:
    read = _reader(field for field in fields if (field.compare if field.hash is None else field.hash))

    def __hash__(self: Any) -> int:
        return hash(read(self))

    return __hash__


def _shown(fields: Fields) -> Callable[[Any], str]:
    names = [field.name for field in fields if field.repr]

    @recursive_repr()
    def __repr__(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return __repr__


_MADE: dict[str, Callable[[Fields], Callable[..., Any]]] = {
    "__eq__": _equal,
    "__hash__": _hashed,
    "__repr__": _shown,
}
"""What makes the methods for which no code has to be compiled."""
