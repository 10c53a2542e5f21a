"""The host process of a Python compiled to WebAssembly, inside the system's jail if there is one.

It gives the guest two directories and two pipes, and nothing else. The guest's Python reads requests by `pread` of its
standard input and writes events by `pwrite` to its standard error, which have no other use there.

Run as: python wasm_host.py COMPILED DATA TEMPORARY KERNEL MEMORY.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUESTS, EVENTS = 3, 4
INSIDE_DATA, INSIDE_TEMPORARY, INSIDE_KERNEL = "/mnt/data", "/tmp", "/jail/kernel.py"  # noqa: S108  # the guest's
_WASI = "wasi_snapshot_preview1"
_BAD_DESCRIPTOR, _NOT_SUPPORTED = 8, 58
_REFUSED = ("path_symlink", "path_link", "sock_accept", "sock_recv", "sock_send", "sock_shutdown")
"""System calls that fail in the guest. Links could trick a program that reads the directory from outside."""


def make_engine() -> Any:
    """Create a WebAssembly engine. Compiling and running need the same settings.

    Raises:
        ImportError: wasmtime is not installed, or does not support this machine.
    """
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    return wasmtime.Engine(config)


def main() -> None:
    """Run the kernel program until it ends."""
    compiled, data, temporary, kernel, memory = sys.argv[1:6]
    engine = make_engine()
    _stop_when_interrupted(engine)
    lent = Lent(
        compiled,
        kernel,
        data,
        temporary,
        int(memory),
        dict(os.environ),
        lambda most: os.read(REQUESTS, most),
        lambda content: os.write(EVENTS, content),
    )
    os._exit(run(engine, lent) & 0x7F)


@dataclass(frozen=True)
class Lent:
    """The resources of a guest.

    Attributes:
        compiled: The file with the compiled module.
        kernel: The file with the kernel program.
        data: The directory that it sees as /mnt/data.
        temporary: The directory that it sees as /tmp.
        memory_bytes: The limit of its memory.
        environment: All its environment variables.
        read: Waits for requests and returns at most the given number of bytes.
        write: Sends bytes of events and returns how many were sent.
    """

    compiled: str
    kernel: str
    data: str
    temporary: str
    memory_bytes: int
    environment: dict[str, str]
    read: Callable[[int], bytes]
    write: Callable[[bytes], int]


def run(engine: Any, lent: Lent) -> int:
    """Run a guest to its end; return its exit status."""
    import wasmtime

    module = wasmtime.Module.deserialize_file(engine, lent.compiled)
    store = wasmtime.Store(engine)
    store.set_epoch_deadline(1)
    store.set_limits(memory_size=lent.memory_bytes)
    store.set_wasi(_wasi(lent))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.allow_shadowing = True
    given = {"fd_pread": _reads(lent.read), "fd_pwrite": _writes(lent.write)}
    for one in module.imports:
        if one.module != _WASI:
            raise SystemExit(f"The WebAssembly module wants {one.module}.{one.name}, which is not available.")
        made = given.get(str(one.name))
        if made is not None:
            linker.define_func(_WASI, str(one.name), one.type, made, access_caller=True)
        elif one.name in _REFUSED:
            linker.define_func(_WASI, str(one.name), one.type, lambda *_: _NOT_SUPPORTED)
    instance = linker.instantiate(store, module)
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        return int(end.code)
    except wasmtime.Trap:
        return 1
    return 0


def _wasi(lent: Lent) -> Any:
    import wasmtime

    with open(lent.kernel, encoding="utf-8") as file:
        source = file.read()
    wasi = wasmtime.WasiConfig()
    begin = f"exec(compile(__import__('sys').argv.pop(1), {INSIDE_KERNEL!r}, 'exec'), {{'__name__': '__main__', '__file__': {INSIDE_KERNEL!r}}})"
    wasi.argv = ["python", "-I", "-B", "-u", "-X", "utf8", "-c", begin, source, INSIDE_DATA]
    wasi.env = list(lent.environment.items())
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(lent.data, INSIDE_DATA)
    wasi.preopen_dir(lent.temporary, INSIDE_TEMPORARY)
    return wasi


def _stop_when_interrupted(engine: Any) -> None:
    """Let an interrupt end the guest at its next step; a Python signal handler would wait until the guest returns."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.set_wakeup_fd(woken)

    def wait() -> None:
        os.read(wake, 1)
        engine.increment_epoch()

    threading.Thread(target=wait, daemon=True).start()


def _pieces(caller: Any, memory: Any, vectors: int, count: int) -> list[tuple[int, int]]:
    head = bytes(memory.read(caller, vectors, vectors + 8 * count))
    numbers = [int.from_bytes(head[at : at + 4], "little") for at in range(0, len(head), 4)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _reads(read: Callable[[int], bytes]) -> Callable[..., int]:
    def pread(caller: Any, number: int, vectors: int, count: int, offset: int, result: int) -> int:
        if number != 0:
            return _BAD_DESCRIPTOR
        memory = caller["memory"]
        place, size = _pieces(caller, memory, vectors & 0xFFFFFFFF, count)[0]
        content = read(min(size, 1 << 20))
        memory.write(caller, content, place)
        memory.write(caller, len(content).to_bytes(4, "little"), result & 0xFFFFFFFF)
        return 0

    return pread


def _writes(write: Callable[[bytes], int]) -> Callable[..., int]:
    def pwrite(caller: Any, number: int, vectors: int, count: int, offset: int, result: int) -> int:
        if number != 2:
            return _BAD_DESCRIPTOR
        memory = caller["memory"]
        place, size = _pieces(caller, memory, vectors & 0xFFFFFFFF, count)[0]
        written = write(bytes(memory.read(caller, place, place + min(size, 1 << 20))))
        memory.write(caller, written.to_bytes(4, "little"), result & 0xFFFFFFFF)
        return 0

    return pwrite


if __name__ == "__main__":
    main()
