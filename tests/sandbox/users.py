"""Who the suites run as: the user who runs the tests, and, where that is root, somebody without any rights."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
ROOT = Path(__file__).parents[2]
NEEDED = (3, 11)


@functools.cache
def python_of(user: str) -> str | None:
    """An interpreter that the user can start and that can read this checkout; None if there is none."""
    check = "import sys, tests.sandbox.attempts; raise SystemExit(sys.version_info < (3, 11))"
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run(
                [candidate, "-B", "-c", check],
                cwd="/",
                env={"PYTHONPATH": str(ROOT)},
                capture_output=True,
                **_as(user),
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


def why_not(user: str) -> str | None:
    """Why nothing can run as this user, if so."""
    if user == "nobody" and os.geteuid() != 0:
        return "only root can be somebody else"
    if python_of(user) is None:
        return f"{user} can start no Python that reads this checkout"
    return None


def run_as(user: str, module: str, *arguments: str, home: Path) -> str:
    """Run a module of the tests as a user; its output."""
    home.mkdir(parents=True, exist_ok=True)
    if user == "nobody":
        os.chown(home, NOBODY, NOBODY)
    python = python_of(user)
    assert python
    done = subprocess.run(
        [python, "-B", "-m", module, *arguments],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "HOME": str(home), "CANARY_VARIABLE": "x"},
        capture_output=True,
        text=True,
        timeout=300,
        **_as(user),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _as(user: str) -> dict[str, object]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if user == "nobody" else {}
