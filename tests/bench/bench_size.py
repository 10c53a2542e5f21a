"""What an installation takes on the disk: the program and everything that it requires, without byte code and pip.

    python -m tests.bench.bench_size

The files are those that this environment's packages list, document readers included and extras not. Target: at most 80 MB.
"""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import aimltui
from tests.bench.measure import table, verdict

TARGET_MB = 80.0
_LARGEST = 8


def required(name: str, extras: frozenset[str] = frozenset()) -> dict[str, Distribution]:
    """A distribution and those that it requires, and theirs, by their names."""
    found: dict[str, Distribution] = {}
    todo, done = [(name, extras)], set()
    while todo:
        wanted = todo.pop()
        if wanted in done:
            continue
        done.add(wanted)
        name, extras = wanted
        one = found[canonicalize_name(name)] = distribution(name)
        for text in one.requires or ():
            other = Requirement(text)
            if other.marker is None or any(other.marker.evaluate({"extra": e}) for e in ("", *extras)):
                todo.append((other.name, frozenset(other.extras)))
    return found


def megabytes(one: Distribution) -> float:
    """The size of its files without byte code."""
    paths = {Path(str(one.locate_file(file))) for file in one.files or () if file.suffix != ".pyc"}
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def own_megabytes() -> float:
    """The size of the program's own files, which a checkout does not list."""
    package = Path(aimltui.__file__).parent
    themes = package.parent / "themes"
    paths = [path for folder in (package, themes) for path in folder.rglob("*") if path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    """Print the table."""
    sizes = {name: megabytes(one) for name, one in required("aimltui").items()}
    sizes["aimltui"] = own_megabytes()
    ordered = sorted(sizes.items(), key=lambda item: item[1], reverse=True)
    rows = [(name, f"{size:.1f} MB") for name, size in ordered[:_LARGEST]]
    rest = sum(size for _, size in ordered[_LARGEST:])
    print(table(("package", "size"), [*rows, (f"{len(ordered) - len(rows)} others", f"{rest:.1f} MB")]))
    print(verdict("installed", sum(sizes.values()), TARGET_MB, " MB"))


if __name__ == "__main__":
    main()
