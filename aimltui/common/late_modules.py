"""Loads some modules at their first use, although others import them earlier.

`asyncio` imports `ssl`, which brings OpenSSL: 5 MB, and a twentieth of the start of a program that shows a screen first.
`hashlib` brings 4 MB of it, too, and `pydantic` imports that by `secrets`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # its module costs more than this one saves

NAMES = frozenset(
    {
        "ssl",
        "asyncio.sslproto",
        "asyncio.staggered",
        "asyncio.trsock",
        "ipaddress",
        "mimetypes",
        "bz2",
        "lzma",
        "linecache",
        "textwrap",
        "tokenize",
        "json",
        "secrets",
        "hmac",
        "hashlib",
    }
)
"""What the imports of a screen import, and a screen does not use."""
_late: set[str] = set()
_loading = RLock()


class _LateModule(ModuleType):
    """A module that is loaded when something in it is asked for.

    The one of `importlib.util.LazyLoader` is loaded already when a second module imports it.
    """

    def __getattr__(self, name: str) -> object:
        # the import system asks before the module is registered, and for the path by which it tells packages
        if name != "__path__" and sys.modules.get(self.__name__) is self:
            with _loading:
                # another thread may have loaded it, which makes it a plain module
                _load(self)
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)


class _LateLoader(Loader):
    """Makes the module, and leaves the rest to it."""

    def __init__(self, real: Loader) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that loads itself."""
        return _LateModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing yet."""


class _LateFinder:
    """Finds the modules that are loaded late."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module; None leaves it to the other finders."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _late else None
        if spec is not None and spec.loader is not None:
            spec.loader = _LateLoader(spec.loader)
        return spec


def load_late(names: Iterable[str] = NAMES) -> None:
    """Load modules at their first use from now on.

    Args:
        names: Of modules, or of packages, whose own modules can be imported without loading them.
    """
    _late.update(names)
    if _LateFinder not in sys.meta_path:
        sys.meta_path.insert(0, _LateFinder)


def _load(module: ModuleType) -> None:
    spec = module.__spec__
    late = spec.loader if spec is not None else None
    if spec is None or not isinstance(late, _LateLoader):
        return
    spec.loader = late.real
    module.__loader__ = spec.loader
    try:
        spec.loader.exec_module(module)
    except BaseException:
        spec.loader = late
        raise
    module.__class__ = ModuleType
