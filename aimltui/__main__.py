"""`python -m aimltui`, and the `aimltui` command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    _open_missing_streams()
    try:
        if sys.argv[1:2] and not sys.argv[1].startswith("-"):
            # a command without the screen
            return _run()
        from aimltui.common.late_modules import load_late

        load_late()
        from aimltui.tui.driver.tty_mode import kept_terminal

        # First, because keys typed while the other modules load are for the screen.
        with kept_terminal():
            return _run()
    except KeyboardInterrupt:
        return 130


def _open_missing_streams() -> None:
    """Give a program that was started with closed streams empty ones.

    The first files that it opens would take their numbers, and what others write to the output would go into those.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # until the end


def _run() -> int:
    from aimltui.cli.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
