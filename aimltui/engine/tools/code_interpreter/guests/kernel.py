"""The kernel program inside the jail: runs cells like a notebook and keeps their variables.

The jail's interpreter runs it with the standard library only. It reads requests from descriptor 3 and writes events to
descriptor 4, each as four bytes of length and JSON. Output of the model's code goes to descriptors 1 and 2 unchanged,
also from C code.
"""

from __future__ import annotations

import ast
import base64
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import inspect
import io
import json
import linecache
import os
import signal
import struct
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import Sequence
from typing import Any

REQUESTS, EVENTS = 3, 4
IS_GUEST = sys.platform == "wasi"
"""Whether this program runs in WebAssembly, inside `wasm_host`."""
DATA = "/mnt/data"
FIGURES = "aimltui_figures"
"""The module of the plotting backend, which exists only in this process."""

_MOST_TEXT = 200_000
_MOST_TRACEBACK = 50_000
_REMEMBERED = 50
"""The number of cells whose source is kept for tracebacks."""
_FLUSH_S = 0.04
_THREADS_S = 3.0
"""Seconds that a cell waits for threads that it has started and not joined."""
_OWN_FILES = (__file__, ast.__file__)

_BACKEND = """
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas
from matplotlib._pylab_helpers import Gcf
import __aimltui__

def show(*args, **kwargs):
    for manager in Gcf.get_all_fig_managers():
        __aimltui__.send_figure(manager.canvas.figure)
    Gcf.destroy_all()
"""


class Kernel:
    """Runs cells in one namespace and sends their events.

    Args:
        data: The directory that the model knows as /mnt/data.
    """

    def __init__(self, data: str) -> None:
        self._data = data
        self._main = types.ModuleType("__main__")
        self._main.__dict__["__builtins__"] = builtins
        self._cell = 0
        self._pid = os.getpid()
        self._writing = threading.Lock()
        self._is_running = threading.Event()
        sys.modules["__main__"] = self._main
        bridge = types.ModuleType("__aimltui__")
        bridge.send_figure = self._send_figure  # type: ignore[attr-defined]
        sys.modules["__aimltui__"] = bridge
        sys.meta_path.append(_Figures())
        if not IS_GUEST:
            sys.meta_path.insert(0, _Processes())

    def serve(self) -> None:
        """Run cells until the requests end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not IS_GUEST:
            # WebAssembly has no threads and writes output at once
            threading.Thread(target=self._flush_now_and_then, daemon=True).start()
        self._send(event="ready")
        while (request := _read_frame()) is not None:
            self._cell = request["cell"]
            is_ok = False
            # an interrupt may arrive after the cell's end, before interrupts are ignored
            with contextlib.suppress(KeyboardInterrupt):
                is_ok = self._run(request["code"])
            if os.getpid() != self._pid:
                # a process that the cell forked has reached the cell's end
                os._exit(0)
            self._is_running.clear()
            _flush()
            self._send(event="done", cell=self._cell, ok=is_ok)

    def _run(self, code: str) -> bool:
        name = f"<cell {self._cell}>"
        lines = code.splitlines(keepends=True)
        linecache.cache[name] = (len(code), None, lines, name)
        linecache.cache.pop(f"<cell {self._cell - _REMEMBERED}>", None)
        self._is_running.set()
        before = set(threading.enumerate())
        is_ok = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._execute(code, name)
            self._wait_for_threads(before)
        except SystemExit as end:
            is_ok = end.code in (None, 0)
            if not is_ok:
                self._send_error(end, name)
        except BaseException as error:
            is_ok = False
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._send_error(error, name)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            sys.last_traceback = None  # it would keep all variables of the failed frames alive
        return is_ok

    def _execute(self, code: str, name: str) -> None:
        if IS_GUEST and ("asyncio" in code or "await" in code):
            _use_plain_loop()
        tree = _parse(code, name)
        if self._data != DATA:
            tree = _Elsewhere(self._data).visit(tree)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if tree.body:
            self._do(compile(tree, name, "exec", flags=flags))
        if last is not None and isinstance(last, ast.Expr):
            value = self._do(compile(ast.Expression(last.value), name, "eval", flags=flags))
            if value is not None:
                self._main.__dict__["_"] = value
                self._show(value)
        plots = sys.modules.get("matplotlib.pyplot")
        if plots is not None and plots.get_fignums():
            plots.show()

    def _wait_for_threads(self, before: set[threading.Thread]) -> None:
        """Wait a moment for threads that the cell did not join, as Python does at a program's end."""
        if os.getpid() != self._pid:
            return
        end = time.monotonic() + _THREADS_S
        pools = getattr(sys.modules.get("concurrent.futures.thread"), "_threads_queues", ())
        started = [t for t in threading.enumerate() if not (t.daemon or t in before or t in pools)]
        for thread in started:
            # in short waits, because an interrupt does not end a long one
            while thread.is_alive() and time.monotonic() < end:
                thread.join(0.05)
        left = sum(thread.is_alive() for thread in started)
        if left:
            self._send(event="threads", cell=self._cell, count=left)

    def _do(self, code: types.CodeType) -> object:
        value = eval(code, self._main.__dict__)  # noqa: S307  # this is what the jail is for
        if code.co_flags & inspect.CO_COROUTINE:
            import asyncio

            return asyncio.run(value)
        return value

    def _show(self, value: object) -> None:
        _flush()
        if type(value).__module__ == "matplotlib.figure" and hasattr(value, "savefig"):
            self._send_figure(value)
            sys.modules["matplotlib.pyplot"].close(value)
            return
        make = getattr(type(value), "_repr_png_", None)
        if make is not None:
            picture = make(value)
            if isinstance(picture, bytes):
                self._send_picture(picture)
                return
        self._send(event="value", cell=self._cell, text=_cut(repr(value), _MOST_TEXT))

    def _send_figure(self, figure: object) -> None:
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about glyphs missing in all fonts
            figure.savefig(buffer, format="png", bbox_inches="tight")  # type: ignore[attr-defined]
        self._send_picture(buffer.getvalue())

    def _send_picture(self, picture: bytes) -> None:
        _flush()
        self._send(event="image", cell=self._cell, png=base64.b64encode(picture).decode())

    def _send_error(self, error: BaseException, name: str) -> None:
        _flush()
        try:
            message = str(error)
        except BaseException:
            message = "(its message cannot be shown)"
        self._send(
            event="error",
            cell=self._cell,
            name=type(error).__name__,
            message=_cut(message, _MOST_TEXT),
            traceback=_cut(_trace(error), _MOST_TRACEBACK),
        )

    def _send(self, **event: object) -> None:
        payload = json.dumps(event).encode()
        rest = memoryview(struct.pack(">I", len(payload)) + payload)
        with self._writing:
            while rest:
                rest = rest[os.pwrite(2, rest, 0) if IS_GUEST else os.write(EVENTS, rest) :]

    def _flush_now_and_then(self) -> None:
        # complete lines are written at once; this is for a line without an end
        while True:
            self._is_running.wait()
            time.sleep(_FLUSH_S)
            _flush()


class _Elsewhere(ast.NodeTransformer):
    """Replaces /mnt/data at the start of string literals by the real directory, where nothing can be mounted."""

    def __init__(self, data: str) -> None:
        self._data = data

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str) and (node.value == DATA or node.value.startswith(DATA + "/")):
            return ast.copy_location(ast.Constant(self._data + node.value[len(DATA) :]), node)
        return node


class _Figures(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the plotting backend that sends figures as pictures."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(FIGURES, self) if fullname == FIGURES else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(_BACKEND, module.__dict__)  # noqa: S102  # our own few lines


class _Processes(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports multiprocessing so that it works in a jail: it forks, and has semaphores that need no files."""

    def __init__(self) -> None:
        self._loaders: dict[str, Any] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in ("_multiprocessing", "multiprocessing.context"):
            return None
        found = importlib.machinery.BuiltinImporter.find_spec(fullname)
        found = found or importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is not None:
            self._loaders[fullname], found.loader = found.loader, self
        return found

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        made: types.ModuleType | None = self._loaders[spec.name].create_module(spec)
        return made

    def exec_module(self, module: types.ModuleType) -> None:
        self._loaders[module.__name__].exec_module(module)
        if module.__name__ == "multiprocessing.context":
            contexts = module._concrete_contexts
            # other processes could not import what a cell defines
            contexts |= dict.fromkeys(("spawn", "forkserver"), contexts["fork"])
            module._default_context._default_context = contexts["fork"]
            return
        try:
            module.SemLock(1, 1, 1, f"/jail-{os.getpid()}", True)
        except OSError:
            # importlib cannot be used: the directory of this file is not on the path
            source = os.path.join(os.path.dirname(__file__), "semaphores.py")
            names: dict[str, Any] = {"__name__": "semaphores"}
            with contextlib.suppress(OSError), open(source, encoding="utf-8") as file:
                exec(compile(file.read(), source, "exec"), names)  # noqa: S102  # our own file
                module.SemLock = names["SemLock"]  # type: ignore[attr-defined]


def _use_plain_loop() -> None:
    """Use an asyncio loop that only waits for the clock, because the usual one needs sockets, which WebAssembly lacks."""
    import asyncio

    class Waiter:
        def select(self, timeout: float | None) -> list[object]:
            if timeout is None:
                raise RuntimeError("This would wait for ever: there is no network.")
            time.sleep(timeout)
            return []

    class Loop(asyncio.BaseEventLoop):
        _selector = Waiter()

        def _process_events(self, events: list[object]) -> None:
            pass

        def _write_to_self(self) -> None:
            pass

    class Policy(asyncio.DefaultEventLoopPolicy):
        _loop_factory = Loop

    asyncio.set_event_loop_policy(Policy())


def _parse(code: str, name: str) -> ast.Module:
    try:
        return ast.parse(code, name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # no code of the cell has run, so all frames are the parser's
        raise error.with_traceback(None) from None


def _trace(error: BaseException) -> str:
    """The traceback without the frames of this file."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        frames = one.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename in _OWN_FILES:
            frames = frames.tb_next
        one.__traceback__ = frames
        todo += [one.__cause__, one.__context__]
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:
        return f"{type(error).__name__} (its traceback cannot be shown)\n"


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters are left out ...\n{text[-half:]}"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # the cell has closed or replaced the stream
            continue


def _read_frame() -> dict[str, Any] | None:
    head = _read(4)
    if head is None:
        return None
    body = _read(struct.unpack(">I", head)[0])
    return None if body is None else dict(json.loads(body))


def _read(count: int) -> bytes | None:
    parts = []
    while count:
        part = os.pread(0, count, 0) if IS_GUEST else os.read(REQUESTS, count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _take_fonts() -> None:
    """Copy the list of fonts from the setup into matplotlib's configuration directory."""
    source, target = os.path.join(sys.prefix, "aimltui-fonts"), os.environ.get("MPLCONFIGDIR")
    if not target or not os.path.isdir(source):
        return
    with contextlib.suppress(OSError):
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(source):
            with (
                open(os.path.join(source, name), "rb") as known,
                open(os.path.join(target, name), "wb") as copy,
            ):
                copy.write(known.read())


def main() -> None:
    """Serve until the requests end."""
    data = sys.argv[1]
    sys.argv = [""]
    os.chdir(data)
    sys.path.insert(0, data)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    _take_fonts()
    for number in () if IS_GUEST else (REQUESTS, EVENTS):
        os.set_inheritable(number, False)
    Kernel(data).serve()


if __name__ == "__main__":
    main()
