"""macOS's own sandbox. Off: a wall that nobody has leaned against is none."""

from __future__ import annotations

import platform
from pathlib import Path

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.jails.base import Jail
from aimltui.engine.tools.code_interpreter.limits import Limits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description

_NOT_YET = "The macOS sandbox of this program has not been tried on a Mac yet, so it is not used."


def profile(interpreter: Interpreter, files: str, temporary: str) -> str:
    """The rules in the sandbox's own language: deny everything, then allow what Python needs."""
    read = (
        "/System/Library",
        "/usr/lib",
        "/usr/share/zoneinfo",
        "/private/var/db/timezone",
        *interpreter.paths,
    )
    lines = [
        "(version 1)",
        "(deny default)",
        "(deny network*)",
        "(allow process-fork)",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        "(allow file-read-metadata)",
        *(f"(allow process-exec (literal {_quoted(path)}))" for path in interpreter.programs),
        *(f"(allow file-read* (subpath {_quoted(path)}))" for path in read),
        *(f"(allow file-read* file-write* (literal {_quoted(path)}))" for path in ("/dev/null", "/dev/zero")),
        *(f"(allow file-read* (literal {_quoted(path)}))" for path in ("/dev/random", "/dev/urandom")),
        *(f"(allow file-read* file-write* (subpath {_quoted(path)}))" for path in (files, temporary)),
    ]
    return "\n".join(lines) + "\n"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Seatbelt:
    """`sandbox-exec` with a profile that denies by default."""

    name = "seatbelt"

    def describe(self) -> Description:
        """The sandbox in words."""
        return Description(
            "sandbox: seatbelt", "macOS's sandbox with a profile that denies by default.", (_NOT_YET,)
        )

    def available(self) -> Availability:
        """Not yet, in words."""
        return Availability(False, _NOT_YET if platform.system() == "Darwin" else "This is not macOS.")

    def identity(self) -> str:
        """The system's version."""
        return platform.mac_ver()[0]

    def start(self, directory: Path, limits: Limits, interpreter: Interpreter) -> Jail:
        """Refuse."""
        raise SandboxError(_NOT_YET)
