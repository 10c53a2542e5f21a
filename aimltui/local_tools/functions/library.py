"""FunctionLibrary: the user's functions in one or more folders, kept up to date with the files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.functions.parsing import BrokenFile, Parsed, parse_functions
from aimltui.local_tools.functions.process import Answer, ask_guest
from aimltui.local_tools.types import RIGHTS, CallResult, Limits, LocalTool, Problem, fingerprint_of

NAME = pattern(r"[a-zA-Z0-9_-]{1,64}")
BY_HAND = "Nothing runs: you give the output."
_MOST_BYTES = 1_000_000
_MOST_FILES = 200


@dataclass(slots=True)
class _File:
    """What is known of one file."""

    signature: tuple[int, int, int]
    sha256: str = ""
    is_trusted: bool = True
    tools: list[LocalTool] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class FunctionLibrary:
    """Offers the functions of Python files, and functions that only have a JSON schema. See `ToolSource`.

    A Python file is run only after the user approved it in its present form; before that its functions are known from
    reading its text.

    Args:
        folders: The folders; the first that has a name wins. They need not exist.
        approvals: Which files are approved.
        limits: The limits of each call.
    """

    def __init__(self, folders: Sequence[Path], approvals: Approvals, limits: Limits | None = None) -> None:
        self._folders = tuple(folders)
        self._approvals = approvals
        self._limits = limits or Limits()
        self._files: dict[Path, _File] = {}
        self._tools: dict[str, tuple[LocalTool, Path]] = {}
        self._problems: list[Problem] = []
        self._lock = asyncio.Lock()

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The functions that a model may call."""
        return [tool for tool, _ in self._tools.values()]

    @property
    def problems(self) -> Sequence[Problem]:
        """Files that are broken, and functions that are not offered, with the reason."""
        return self._problems

    async def refresh(self) -> None:
        """Read the files that are new or have changed."""
        async with self._lock:
            found = await asyncio.to_thread(self._signatures)
            self._files = {path: file for path, file in self._files.items() if path in found}
            for path, signature in found.items():
                known = self._files.get(path)
                if known is None or known.signature != signature:
                    self._files[path] = await self._read(path, signature)
            self._merge()

    def start(self) -> None:
        """Do nothing: each call starts its process."""

    async def trust(self, tool: LocalTool) -> None:
        """Trust the file of a function in the form that was shown."""
        entry = self._tools.get(tool.name)
        file = self._files.get(entry[1]) if entry is not None else None
        if entry is None or file is None or tool.kind != "function":
            return
        if entry[0].fingerprint != tool.fingerprint:
            # the file has changed since it was shown
            return
        await self.trust_file(entry[1])

    async def trust_file(self, path: Path) -> None:
        """Trust a file in the form that was read last."""
        file = self._files.get(path)
        if file is not None and file.sha256:
            await asyncio.to_thread(self._approvals.trust_file, path, file.sha256)
            async with self._lock:
                self._files[path] = await self._read(path, file.signature)
                self._merge()

    def file_of(self, name: str) -> Path | None:
        """The file of a function."""
        entry = self._tools.get(name)
        return entry[1] if entry is not None else None

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Call a function in a separate process."""
        entry = self._tools.get(tool.name)
        file = self._files.get(entry[1]) if entry is not None else None
        if entry is None or file is None:
            names = ", ".join(sorted(self._tools)) or "none"
            return CallResult(f"There is no function named {tool.name}. There are: {names}.", False)
        current, path = entry
        if current.kind == "schema":
            return CallResult("This function has only a definition: nothing can run it here.", False)
        if not file.is_trusted:
            return CallResult(
                "The user has not approved the file of this function, so it was not run.", False
            )
        answer = await ask_guest(path, file.sha256, self._limits, tool.name, arguments)
        return _result(answer, path, self._limits)

    async def aclose(self) -> None:
        """Do nothing: no process outlives its call."""

    def _signatures(self) -> dict[Path, tuple[int, int, int]]:
        found: dict[Path, tuple[int, int, int]] = {}
        for folder in self._folders:
            try:
                paths = sorted(folder.iterdir())
            except OSError:
                continue
            for path in paths[:_MOST_FILES]:
                if path.suffix in (".py", ".json") and path.name[0] not in "._" and path.is_file():
                    stat = path.stat()
                    found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found

    async def _read(self, path: Path, signature: tuple[int, int, int]) -> _File:
        file = _File(signature)
        try:
            source = await asyncio.to_thread(_bytes_of, path)
        except (OSError, ValueError) as error:
            file.problems.append(Problem(path.name, f"{path} cannot be read: {error}."))
            return file
        file.sha256 = hashlib.sha256(source).hexdigest()
        if path.suffix == ".json":
            _read_schemas(file, path, source)
            return file
        try:
            parsed = await asyncio.to_thread(parse_functions, source)
            if parsed and (file_is_trusted := self._approvals.is_trusted(path, file.sha256)):
                parsed = await self._described(file, path)
            else:
                file_is_trusted = not parsed
        except BrokenFile as error:
            where = f", line {error.line}" if error.line else ""
            file.problems.append(Problem(path.name, f"{path}{where}: {clean(error.reason)}."))
            return file
        file.is_trusted = file_is_trusted
        code = "" if file_is_trusted else source.decode("utf-8", "replace")
        for one in parsed:
            if one.problem:
                told = f"{path}, line {one.line}: {one.name} {one.problem}, so it is not offered."
                file.problems.append(Problem(path.name, told))
            else:
                file.tools.append(_tool(one, path, file.sha256, code))
        return file

    async def _described(self, file: _File, path: Path) -> list[Parsed]:
        answer = await ask_guest(path, file.sha256, self._limits)
        if "functions" in answer.values:
            return [Parsed(**{"parameters": None, **one}) for one in answer.values["functions"]]
        raise BrokenFile(int(answer.values.get("line", 0)), _failure(answer, self._limits))

    def _merge(self) -> None:
        self._tools, self._problems = {}, []
        for path, file in self._files.items():
            self._problems += file.problems
            for tool in file.tools:
                if tool.name in self._tools:
                    other = self._tools[tool.name][1]
                    told = f"{path}: {tool.name} is not offered, since {other} has a function of this name."
                    self._problems.append(Problem(path.name, told))
                else:
                    self._tools[tool.name] = (tool, path)


def _bytes_of(path: Path) -> bytes:
    source = path.read_bytes()
    if len(source) > _MOST_BYTES:
        raise ValueError("it is larger than 1 MB")
    return source


def _tool(parsed: Parsed, path: Path, sha256: str, code: str) -> LocalTool:
    about, parameters = clean(parsed.description), parsed.parameters or {"type": "object", "properties": {}}
    return LocalTool(
        parsed.name,
        about,
        parameters,
        "function",
        str(path),
        RIGHTS,
        fingerprint_of(sha256, parsed.name, about, parameters),
        is_trusted=not code,
        code=code,
    )


def _read_schemas(file: _File, path: Path, source: bytes) -> None:
    """Take the functions that have only a definition, one or a list, with or without the API's wrapping."""
    try:
        read = json.loads(source)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        where = f", line {line}" if line else ""
        file.problems.append(
            Problem(path.name, f"{path}{where}: this is not JSON ({getattr(error, 'msg', error)}).")
        )
        return
    for item in read if isinstance(read, list) else [read]:
        one = item.get("function", item) if isinstance(item, dict) else {}
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or not NAME.fullmatch(name):
            told = f"{path}: a definition needs a name of up to 64 letters, digits, _ and -."
            file.problems.append(Problem(path.name, told))
            continue
        parameters = one.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {"type": "object", "properties": {}}
        about = clean(str(one.get("description") or ""))
        mark = fingerprint_of(file.sha256, name, about, parameters)
        file.tools.append(LocalTool(name, about, parameters, "schema", str(path), BY_HAND, mark))


def _result(answer: Answer, path: Path, limits: Limits) -> CallResult:
    values = answer.values
    printed = _cut(answer.printed.strip(), limits)
    if "result" in values:
        text = _cut(values["result"], limits)
        if not printed:
            return CallResult(text or "The function returned nothing.")
        return CallResult(f"{text}\n\nPrinted:\n{printed}" if not values["is_nothing"] else printed)
    if "invalid" in values:
        told = (
            f"The arguments are not valid: {values['invalid']}. Call it again with arguments of the schema."
        )
    else:
        line = values.get("line", 0)
        where = f" ({path.name}, line {line})" if line else ""
        told = f"The function failed: {_failure(answer, limits)}{where}"
    return CallResult(f"{told}\n\nPrinted:\n{printed}" if printed else told, False)


def _failure(answer: Answer, limits: Limits) -> str:
    if answer.is_late:
        return f"it was stopped at the time limit of {limits.seconds:g} s"
    if "error" in answer.values:
        return _cut(str(answer.values["error"]), limits)
    if answer.status < 0:
        try:
            name = signal.Signals(-answer.status).name
        except ValueError:
            name = str(-answer.status)
        return f"its process was ended by {name}"
    return f"its process ended with status {answer.status} and no answer"


def _cut(text: str, limits: Limits) -> str:
    most = limits.output_characters
    return text if len(text) <= most else f"{text[:most]}\n[cut off after {most} characters]"
