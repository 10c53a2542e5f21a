"""Real documents for the retrieval benchmark: the standard library, and what ships with the installed packages."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path

_LARGEST = 400_000
"""Bytes: a few generated tables are larger."""
_SKIPPED = frozenset(
    (
        *("test", "tests", "site-packages", "__pycache__", "idlelib", "lib2to3", "distutils", "encodings"),
        *("pydoc_data", "turtledemo", "__phello__", "ensurepip", "_vendor", "_stubs"),
    )
)
_PACKAGES = (
    *("_pytest", "click", "h11", "httpx2", "jinja2", "packaging", "pexpect", "platformdirs", "pluggy"),
    *("python_multipart", "rich", "starlette", "uvicorn", "yaml"),
)
_PROSE = frozenset((".md", ".rst", ".txt"))


def corpus() -> dict[str, Path]:
    """Return the documents by a name that does not depend on a package's version.

    `stdlib/argparse.py` is a module of the standard library, `click/core.py` one of a package, `click/README.md` the
    description that a package ships as its metadata.
    """
    found = dict(_modules(Path(sysconfig.get_path("stdlib")), "stdlib"))
    site = Path(sysconfig.get_path("purelib"))
    for package in _PACKAGES:
        found |= _modules(site / package, package)
    for metadata in sorted(site.glob("*.dist-info/METADATA")):
        found[f"{_project(metadata.parent)}/README.md"] = metadata
    for path in sorted(site.rglob("*")):
        parts = path.relative_to(site).parts
        if path.suffix in _PROSE and _SKIPPED.isdisjoint(parts) and not _is_a_list(path):
            found["/".join((_project(site / parts[0]), *parts[1:]))] = path
    return found


def _modules(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if _SKIPPED.isdisjoint(parts) and 500 < path.stat().st_size < _LARGEST:
            yield "/".join((name, *parts)), path


def _project(folder: Path) -> str:
    return folder.name.split("-")[0] if folder.name.endswith(".dist-info") else folder.name


def _is_a_list(path: Path) -> bool:
    """Whether the file is a list for installers, or a licence, which every package repeats."""
    return not path.is_file() or path.stat().st_size < 500 or "licenses" in path.parts or "LICEN" in path.name
