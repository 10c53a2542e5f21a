"""Chooses the sandbox: the strongest one that passes its self-test."""

from __future__ import annotations

from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sandboxes.bubblewrap import Bubblewrap
from aimltui.engine.tools.code_interpreter.sandboxes.landlock import Reduced
from aimltui.engine.tools.code_interpreter.sandboxes.namespaces import Namespaces
from aimltui.engine.tools.code_interpreter.sandboxes.wasm import Wasm

WASM = "wasm"
"""The directory of the compiled module, in the program's data directory."""
MEMORY = "sandboxes.json"
"""The file with the passed self-tests, in the program's data directory."""

NONE = (
    "No sandbox was found. Code written by the model would run with your rights: it could read your files and use the "
    "network. The code interpreter is off."
)

_HOW_TO = "A sandbox that works on every system is Python in WebAssembly: run {steps}, once."


@dataclass(frozen=True, slots=True)
class Considered:
    """One kind of sandbox and the result of its test."""

    name: str
    holds: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class SandboxChoice:
    """The chosen sandbox and the results of all kinds."""

    sandbox: Sandbox | None
    """None if no sandbox works on this machine."""
    considered: tuple[Considered, ...]
    advice: str = ""
    """A sentence about how to get a sandbox; empty without a way."""

    @property
    def sentence(self) -> str:
        """The result as a sentence for the user."""
        return self.sandbox.describe().label if self.sandbox else f"{NONE} {self.advice}".rstrip()


def kinds() -> tuple[Sandbox, ...]:
    """The kinds of sandbox that the system provides, strongest first."""
    return (Bubblewrap(), Namespaces(), Reduced())


def every(directory: Path) -> tuple[Sandbox, ...]:
    """All kinds in the order in which they are tried.

    Args:
        directory: The program's data directory.
    """
    return (*kinds(), Wasm(directory / WASM))


def advice(directory: Path) -> str:
    """A sentence about how to get a sandbox on a system without one; empty if everything is done already.

    Args:
        directory: The program's data directory.
    """
    steps = Wasm(directory / WASM).steps()
    return _HOW_TO.format(steps=" and then ".join(f"`{step}`" for step in steps)) if steps else ""


async def choose(
    interpreter: Interpreter, directory: Path, memory: Path, *, only: str | None = None
) -> SandboxChoice:
    """The first kind that passes its self-test.

    Args:
        interpreter: The Python that will run in it.
        directory: The program's data directory; a test creates its canaries there.
        memory: The file with the passed self-tests.
        only: The name of the only kind to try; None tries all.
    """
    considered: list[Considered] = []
    for sandbox in every(directory):
        if only is not None and sandbox.name != only:
            considered.append(Considered(sandbox.name, False, f"Your settings ask for {only}."))
            continue
        verdict = await selftest.test_once(sandbox, interpreter, directory, memory)
        considered.append(Considered(sandbox.name, verdict.holds, verdict.sentence))
        if verdict.holds:
            return SandboxChoice(sandbox, tuple(considered))
    return SandboxChoice(None, tuple(considered), advice(directory) if only in (None, Wasm.name) else "")
