"""`dataclass`: the standard library's decorator, whose methods are generated at their first use.

Generating `__init__`, `__repr__`, `__eq__` and the others of a class costs most of a millisecond, and the program has
hundreds of such classes, of which a start needs few: it was a third of the time that the imports took.
"""

from __future__ import annotations

import dataclasses
import inspect
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Make a class a dataclass; see `dataclasses.dataclass`."""
        return _prepared(cls, options) if cls is not None else lambda found: _prepared(found, options)


_FIELDS = "__dataclass_fields__"
_KNOWN = frozenset({"frozen", "slots", "eq", "repr"})
_LOCK = threading.RLock()


def _prepared(cls: type, options: dict[str, bool]) -> type:
    hints = inspect.get_annotations(cls)
    is_plain = options.get("slots") and set(options) <= _KNOWN
    if not is_plain or any("InitVar" in str(hint) for hint in hints.values()):
        return dataclasses.dataclass(**options)(cls)
    names = [
        name for name, hint in hints.items() if not str(hint).startswith(("ClassVar", "typing.ClassVar"))
    ]
    made = _with_slots(cls, names)
    _Pending(cls, made, options).place()
    return made


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
        original: The class as it was written.
        made: The class that the program uses.
        options: The decorator's arguments.
    """

    def __init__(self, original: type, made: type, options: dict[str, bool]) -> None:
        self._original = original
        self._made = made
        self._options = options
        self._placed: list[str] = []

    def place(self) -> None:
        """Give the class methods that generate all of them when one is called."""
        made, is_frozen = self._made, self._options.get("frozen", False)
        methods: dict[str, Any] = {"__init__": self._stub("__init__")}
        if self._options.get("repr", True):
            methods["__repr__"] = self._stub("__repr__")
        if self._options.get("eq", True):
            methods["__eq__"] = self._stub("__eq__")
            methods["__hash__"] = self._stub("__hash__") if is_frozen else None
        for name in (_FIELDS, "__dataclass_params__", "__match_args__"):
            methods[name] = _Attribute(self, name)
        if "__replace__" not in made.__dict__:
            # for `copy.replace` of Python 3.13
            made.__replace__ = _replaced  # type: ignore[attr-defined]
        for name, method in methods.items():
            # what the class defines stays
            if made.__dict__.get(name) is None:
                setattr(made, name, method)
                self._placed.append(name)
        if is_frozen:
            for name, method in _FROZEN.items():
                setattr(made, name, method)

    def generate(self) -> None:
        """Generate the methods, unless another thread has done it meanwhile."""
        with _LOCK:
            if not self._placed:
                return
            options = {name: value for name, value in self._options.items() if name != "slots"}
            dataclasses.dataclass(**options)(self._original)
            for name in self._placed:
                setattr(self._made, name, self._original.__dict__[name])
            self._placed = []

    def _stub(self, name: str) -> Callable[..., Any]:
        def method(instance: Any, *args: Any, **given: Any) -> Any:
            self.generate()
            return getattr(self._made, name)(instance, *args, **given)

        method.__name__ = name
        method.__qualname__ = f"{self._made.__qualname__}.{name}"
        return method


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
