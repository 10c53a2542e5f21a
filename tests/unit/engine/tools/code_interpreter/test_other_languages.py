"""Code that is no plain Python gets a sentence that tells the model what to do instead."""

from __future__ import annotations

import pytest

from aimltui.engine.tools.code_interpreter.other_languages import IPYTHON, JAVASCRIPT, SHELL, advice

SYNTAX = 'Traceback (most recent call last):\n  File "<cell 1>", line 1\nSyntaxError: invalid syntax\n'
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
    ],
)
def test_the_sentence(code: str, output: str, told: str) -> None:
    assert advice(code, output) == told


@pytest.mark.parametrize(
    "code", ["!" * 100_000, "(" * 100_000, "a, " * 50_000, "ls " + "-x " * 50_000, " \n" * 100_000]
)
def test_hostile_code_is_searched_and_never_parsed(code: str) -> None:
    advice(code, SYNTAX)
