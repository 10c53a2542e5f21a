"""`python -m aimltui`, and the `aimltui` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
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


def _run() -> int:
    from aimltui.cli.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
