"""Advice about code that failed because it is not plain Python, or starts processes in a way that a sandbox refuses."""

from __future__ import annotations

import re

from aimltui.common.patterns import pattern

_FAILED = pattern(r"^(?:SyntaxError|IndentationError|NameError|TabError)\b", re.MULTILINE)
_IPYTHON = pattern(r"^[ \t]*(?:!{1,2}|%{1,2})[A-Za-z]", re.MULTILINE)
_SHELL = pattern(
    r"\A(?:#!\S*(?:sh|env (?:ba|z)?sh)\b|(?:\$ )?(?:sudo |)"
    r"(?:ls|cd|cat|echo|pwd|mkdir|rm|cp|mv|grep|find|head|tail|chmod|curl|wget|git|apt|apt-get|brew|npm|npx|node|pip|pip3|"
    r"python|python3|bash|sh|export)(?:[ \t]{1,4}[-~./$\"'\w][^=(\n]*)?(?:\n|\Z))"
)
_JAVASCRIPT = pattern(
    r"^[ \t]{0,40}(?:(?:const|let|var) [\w${\[]|function ?\w{0,80}\(|console\.\w{1,20}\(|import .{1,200} from ['\"]|"
    r"(?:async )?[\w(), ]{1,80}=>)",
    re.MULTILINE,
)
_PROCESSES = pattern(
    r"[/\\](?:multiprocessing[/\\]|concurrent[/\\]futures[/\\]process\.py|subprocess\.py)|\bos\.fork\("
)
_REFUSED = pattern(
    r"^(?:\w{1,40}\.){0,6}(?:PermissionError|BlockingIOError|EOFError|BrokenProcessPool|ImportError|"
    r"OSError: \[Errno (?:1|38|52|58|95|97|138)\]|OSError: \w+ does not support|FileNotFoundError: .{0,80}No such file or "
    r"directory: '[\w./-]{1,80}'$|ModuleNotFoundError: No module named '_(?:multiprocessing|posixsubprocess|posixshmem))",
    re.MULTILINE,
)
_SEARCHED = 20_000
"""Characters of the code that are searched."""
_ONLY_PYTHON = "This tool runs Python only"
IPYTHON = (
    f"{_ONLY_PYTHON}, not IPython: lines that begin with ! or % do not work. Use Python's own modules instead, such as "
    "os, pathlib and shutil for files; packages cannot be installed from here."
)
SHELL = f"{_ONLY_PYTHON}, no shell commands. Do the same in Python, or show the commands to the user without running them."
JAVASCRIPT = (
    f"{_ONLY_PYTHON}, no JavaScript. Do the same in Python, or show the code to the user without running it."
)
PROCESSES = (
    "The sandbox refused to start another process or to connect to one. Where it allows processes at all, "
    "multiprocessing's Pool, Process, Queue, Lock and Value work, Manager and other programs do not. Use threads "
    "(concurrent.futures.ThreadPoolExecutor), or do the work in one process."
)


def advice(code: str, output: str) -> str:
    """A sentence about why the code failed and what to do; empty if it failed for another reason or did not fail.

    Args:
        code: The code of the call. It is searched, never parsed: it comes from a model.
        output: What the cell printed, its traceback included.
    """
    code, output = code[:_SEARCHED], output[-_SEARCHED:]
    if _PROCESSES.search(output) and _REFUSED.search(output):
        return PROCESSES
    if _FAILED.search(output) is None:
        return ""
    if _IPYTHON.search(code):
        return IPYTHON
    if _SHELL.match(code.lstrip()):
        return SHELL
    return JAVASCRIPT if _JAVASCRIPT.search(code) else ""
