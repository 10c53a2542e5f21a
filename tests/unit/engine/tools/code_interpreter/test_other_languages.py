"""Code that is no plain Python gets a sentence that tells the model what to do instead."""

from __future__ import annotations

import pytest

from aimltui.engine.tools.code_interpreter.other_languages import (
    IPYTHON,
    JAVASCRIPT,
    PROCESSES,
    SHELL,
    advice,
)

SYNTAX = 'Traceback (most recent call last):\n  File "<cell 1>", line 1\nSyntaxError: invalid syntax\n'
POOL = (
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/multiprocessing/context.py", line 119\n'
)
RUN = 'Traceback (most recent call last):\n  File "/usr/lib/python3.11/subprocess.py", line 1950\n'
NAME = "Traceback (most recent call last):\nNameError: name 'ls' is not defined\n"


@pytest.mark.parametrize(
    ("code", "output", "told"),
    [
        ("!ls -la", SYNTAX, IPYTHON),
        ("import pandas\n!pip install seaborn\n", SYNTAX, IPYTHON),
        ("%matplotlib inline\nimport numpy", SYNTAX, IPYTHON),
        ("%%bash\nls", SYNTAX, IPYTHON),
        ("ls", NAME, SHELL),
        ("ls -la /mnt/data", SYNTAX, SHELL),
        ("#!/bin/bash\nfor f in *; do echo $f; done", SYNTAX, SHELL),
        ("pip install requests", SYNTAX, SHELL),
        ("cat a.txt | grep b\n", SYNTAX, SHELL),
        ("const x = 3;\nconsole.log(x)", SYNTAX, JAVASCRIPT),
        ("function add(a, b) { return a + b }", SYNTAX, JAVASCRIPT),
        ("console.log('hi')", "NameError: name 'console' is not defined", JAVASCRIPT),
        ("print('!ls')\nx = = 1", SYNTAX, ""),
        ("find = 3\nfind(", SYNTAX, ""),
        ("x %y\nprint(z)", "NameError: name 'z' is not defined", ""),
        ("!ls", "fine\n", ""),
        ("print(a)", NAME, ""),
        ("mp.Manager()", f"{POOL}EOFError\n", PROCESSES),
        ("mp.Pool()", f"{POOL}PermissionError: [Errno 1] Operation not permitted\n", PROCESSES),
        ("mp.Pool()", f"{POOL}OSError: [Errno 97] Address family not supported by protocol\n", PROCESSES),
        ("ex.map()", f"{POOL}concurrent.futures.process.BrokenProcessPool: A process ended\n", PROCESSES),
        ("run('ls')", f"{RUN}FileNotFoundError: [Errno 2] No such file or directory: 'ls'\n", PROCESSES),
        ("import multiprocessing, x", "ModuleNotFoundError: No module named 'x'", ""),
        ("pool.map(f, x)", f"{POOL}ValueError: my own\n", ""),
        ("open('x')", "FileNotFoundError: [Errno 2] No such file or directory: 'x'\n", ""),
    ],
)
def test_the_sentence(code: str, output: str, told: str) -> None:
    assert advice(code, output) == told


@pytest.mark.parametrize(
    "code", ["!" * 100_000, "(" * 100_000, "a, " * 50_000, "ls " + "-x " * 50_000, " \n" * 100_000]
)
def test_hostile_code_and_output_are_searched_and_never_parsed(code: str) -> None:
    advice(code, SYNTAX)
    advice("x", POOL + code)
    advice("x", POOL + "a." * 100_000)
