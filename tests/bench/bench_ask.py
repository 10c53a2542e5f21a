"""Time to the first byte of an answer in a pipe: `aimltui ask` against the `openai` package doing the same.

    python -m tests.bench.bench_ask [runs]

Both ask the same server, in turns, with their bytecode written before; the figures are medians. Target: no more than
the time that `python -c "import openai; ..."` needs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import environment, median, table, verdict

TARGET = 1.0
OPENAI = """
import openai, sys
client = openai.OpenAI(api_key="x", base_url=sys.argv[1])
asked = [{"role": "user", "content": "Hello"}]
for chunk in client.chat.completions.create(model="m", messages=asked, stream=True):
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
"""


def first_byte(command: Sequence[str], env: dict[str, str]) -> float:
    """Seconds until the first byte; the program is then read to its end."""
    begin = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as program:
        assert program.stdout is not None
        first = program.stdout.read(1)
        taken = time.monotonic() - begin
        program.stdout.read()
    assert first, f"{command} wrote nothing"
    return taken


def main(runs: int = 9) -> None:
    """Print the table."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.chat_server", "--port", "0", "--scene", "greeting"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    theirs: list[float] = []
    ours: list[float] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, **environment(Path(folder, "bytecode"))}
            openai = [sys.executable, "-c", OPENAI, url]
            ask = [sys.executable, "-m", "aimltui", "ask", "--data-dir", f"{folder}/data"]
            ask += ["--base-url", url, "-m", "m", "Hello"]
            for command in (openai, ask, openai, ask):
                first_byte(command, env)
            for _ in range(runs):
                theirs.append(first_byte(openai, env))
                ours.append(first_byte(ask, env))
    finally:
        server.terminate()
        server.wait()
    rows = [(name, f"{median(found):.3f}") for name, found in (("openai", theirs), ("aimltui ask", ours))]
    print(table(("", "first byte, s"), rows))
    print(verdict("first byte", median(o / t for o, t in zip(ours, theirs, strict=True)), TARGET, " x"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
