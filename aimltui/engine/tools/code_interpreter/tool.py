"""The code interpreter tool: runs a model's Python in the thread's session and copies files in and out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import cast

from aimltui.common.text import plain_text
from aimltui.engine.approval import AskApproval, CodeToRun
from aimltui.engine.tools.base import (
    ArgumentsReader,
    Definition,
    DrawnImage,
    MadeFile,
    OutputStore,
    PrintedText,
    ProvidedFile,
    ToolAnswer,
    ToolCall,
    ToolContext,
    ToolError,
    ToolEvent,
)
from aimltui.engine.tools.code_interpreter.approval import FOR_THE_MODEL, permit
from aimltui.engine.tools.code_interpreter.arguments import CodeReader, without_fence
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing as outputs
from aimltui.engine.tools.code_interpreter.other_languages import advice
from aimltui.engine.tools.code_interpreter.sessions import events
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool, SessionSlot
from aimltui.engine.tools.code_interpreter.sessions.transcript import CellTranscript

PLACE = "/mnt/data/"
HEAD, TAIL = 8_000, 4_000
"""Characters of the output in the answer for the model: its beginning and its end."""
SHOWN = 250_000
"""Characters of output that a run step stores, see `runs.hosted_tools`; longer output is also saved as a file."""
MOST_FILES = 50
"""Files of one cell that are saved."""
MOST_BYTES = 256 << 20
"""Bytes of the largest file that is copied in or out."""
_NAMED = 20
_ABOUT = (
    "It is a sandbox that works like a notebook: variables are kept between calls, and the value of the last "
    "expression is shown. {packages} There is no network. Figures of matplotlib are shown to the user. Files are read "
    "from and written to /mnt/data; give the user a file with a link like [table](sandbox:/mnt/data/table.csv).{files}"
)
STANDARD = "Python's standard library is available."
_SCHEMA = {
    "type": "object",
    "properties": {"code": {"type": "string", "description": "Python 3 code"}},
    "required": ["code"],
    "additionalProperties": False,
}


class CodeInterpreter:
    """The API's `code_interpreter`.

    Args:
        sessions: The sessions of all threads.
        ask_approval: Asks the user about code without a sandbox; None refuses such code.
        packages: Gives a sentence for the model about what can be imported.
    """

    type = "code_interpreter"

    def __init__(
        self,
        sessions: SessionPool,
        *,
        packages: Callable[[], str] = lambda: STANDARD,
        ask_approval: AskApproval | None = None,
    ) -> None:
        self._sessions = sessions
        self._packages = packages
        self._ask_approval = ask_approval

    def definition(self, files: Sequence[ProvidedFile]) -> Definition:
        """The definition for a model."""
        about = _ABOUT.format(packages=self._packages(), files=_listed(files))
        aliases = frozenset({"python", "run_python", "execute_python", "code-interpreter"})
        return Definition("code_interpreter", f"Runs Python. {about}", _SCHEMA, aliases)

    def reader(self) -> ArgumentsReader:
        """A reader of the code in the arguments."""
        return CodeReader()

    async def run(self, call: ToolCall, context: ToolContext) -> AsyncGenerator[ToolEvent, None]:
        """Run a cell."""
        code = without_fence(call.input)
        if not code.strip():
            raise ToolError("There is no code in this call, so nothing was run.")
        if context.keep is None:
            raise ToolError("The files that the code creates cannot be saved, so nothing was run.")
        try:
            async with self._sessions.of(context.run.thread_id) as slot:
                if not slot.runner.is_confined:
                    run = context.run
                    wanted = CodeToRun(run.thread_id, run.id, code, run.expires_at, call.id)
                    await permit(self._ask_approval, wanted, FOR_THE_MODEL)
                notes = await _bring_in(slot, context.files)
                cell = _CellOutput(slot, context.keep, notes)
                is_new_session, slot.has_run = context.has_run_code and not slot.has_run, True
                if is_new_session:
                    # the session that the model remembers has ended: it belonged to an earlier process, or made room for another
                    for said in await cell.take(events.Notice(events.RESTARTED)):
                        yield said
                told = cast(AsyncGenerator[events.SessionEvent, None], slot.runner.run(code))
                try:
                    async with aclosing(told):
                        async for event in told:
                            for said in await cell.take(event):
                                yield said
                except (asyncio.CancelledError, GeneratorExit):
                    await asyncio.shield(_rescue(cell, slot, context.late))
                    raise
                if advised := cell.advise(code):
                    yield advised
                yield ToolAnswer(cell.answer())
        except SandboxError as error:
            raise ToolError(error.message) from error

    async def clean_up(self) -> None:
        """Delete the sessions of engines that were killed."""
        await self._sessions.clean_up()

    async def forget(self, thread_id: str) -> None:
        """End the thread's session."""
        await self._sessions.forget(thread_id)

    async def aclose(self) -> None:
        """End all sessions."""
        await self._sessions.aclose()


class _CellOutput:
    """Turns the output of one cell into events for the run step and an answer for the model."""

    def __init__(self, slot: SessionSlot, keep: OutputStore, notes: list[str]) -> None:
        self._seat = slot
        self._keep = keep
        self._notes = notes
        self._transcript = CellTranscript(HEAD, TAIL)
        self._printed: list[str] = []
        self._size = 0
        self._pictures = 0
        self._made: list[str] = []
        self._unkept = 0

    async def take(self, event: events.SessionEvent) -> list[ToolEvent]:
        """Turn an event of the session into events for the run step."""
        match event:
            case events.Image(png=png):
                return [await self._picture(png)]
            case events.FileChanged(path=path):
                made = await self.keep_file(path)
                return [made] if made else []
            case _:
                text = self._transcript.take(event)
                told: list[ToolEvent] = [self._printed_text(text)] if text else []
                return [*told, *await self._all_output()] if isinstance(event, events.Done) else told

    def advise(self, code: str) -> PrintedText | None:
        """A sentence for the model and the user about what to do instead, if the code failed for a known reason."""
        told = advice(code, plain_text(self._transcript.text))
        return self._printed_text(self._transcript.add_line(f"[{told}]")) if told else None

    def answer(self) -> str:
        """The answer for the model about its code."""
        parts = [plain_text(self._transcript.text).strip("\n")]
        if self._pictures:
            parts.append(f"[Pictures that are shown to the user: {self._pictures}]")
        if self._made:
            named = ", ".join(f"sandbox:{PLACE}{path}" for path in self._made[:_NAMED])
            more = f", and {len(self._made) - _NAMED} more" if len(self._made) > _NAMED else ""
            parts.append(f"[New or changed files: {named}{more}]")
        if self._unkept:
            parts.append(
                f"[{self._unkept} more files were created, but only {MOST_FILES} of a call are saved.]"
            )
        parts += [f"[{note}]" for note in self._notes]
        return "\n".join(part for part in parts if part) or "[The code ran and printed nothing.]"

    def _printed_text(self, text: str) -> PrintedText:
        self._printed.append(text)
        self._size += len(text)
        return PrintedText(text)

    async def _all_output(self) -> list[ToolEvent]:
        """Save the output as a file if it is too long for the run step."""
        if self._size <= SHOWN:
            return []
        self._seat.outputs += 1
        name = f"full-output-{self._seat.outputs}.txt"
        file_id = await self._keep(name, "".join(self._printed).encode("utf-8", "replace"))
        return [
            self._printed_text(self._transcript.add_line(f"[All of the output is kept as {name}.]")),
            MadeFile(file_id, PLACE + name),
        ]

    async def _picture(self, png: bytes) -> DrawnImage:
        self._seat.pictures += 1
        file_id = await self._keep(f"figure-{self._seat.pictures}.png", png)
        self._pictures += 1
        return DrawnImage(file_id)

    async def keep_file(self, path: str) -> MadeFile | None:
        """Save a new or changed file; None if it is not saved."""
        if any(part.startswith(".") or part == "__pycache__" for part in path.split("/")):
            return None
        if len(self._made) >= MOST_FILES:
            self._unkept += 1
            return None
        # outside of /mnt/data, so that the code cannot change the copy
        self._seat.copies += 1
        copied = self._seat.directory / f"output-{self._seat.copies}"
        try:
            await asyncio.to_thread(outputs.copy, self._seat.runner.files, path, MOST_BYTES, copied)
            file_id = await self._keep(path.rpartition("/")[2], copied)
        except SandboxError as error:
            self._notes.append(error.message)
            return None
        finally:
            copied.unlink(missing_ok=True)
        self._made.append(path)
        self._seat.copied[path] = file_id
        return MadeFile(file_id, PLACE + path)


async def _rescue(cell: _CellOutput, slot: SessionSlot, late: Callable[[MadeFile], None] | None) -> None:
    """Save the files of a stopped cell."""
    for path in slot.runner.untold if late is not None else ():
        with suppress(ToolError):
            made = await cell.keep_file(path)
            if made is not None and late is not None:
                late(made)


async def _bring_in(slot: SessionSlot, files: Sequence[ProvidedFile]) -> list[str]:
    """Copy missing files into the session; return a remark for each file that cannot be copied."""
    notes: list[str] = []
    for file in files:
        if slot.copied.get(file.name) == file.file_id:
            continue
        try:
            await asyncio.to_thread(_copy, slot, file)
        except (SandboxError, OSError) as error:
            notes.append(f"The file {file.name!r} is not in {PLACE}: {error}")
        # also after a failure, so that the remark is not repeated
        slot.copied[file.name] = file.file_id
    return notes


def _copy(slot: SessionSlot, file: ProvidedFile) -> None:
    if file.size > MOST_BYTES:
        raise SandboxError(f"it has {file.size:,} bytes, and at most {MOST_BYTES:,} are allowed.")
    outputs.put(slot.runner.files, file.name, file.source)


def _listed(files: Sequence[ProvidedFile]) -> str:
    if not files:
        return ""
    named = ", ".join(f"{PLACE}{file.name} ({file.size:,} bytes)" for file in files[:_NAMED])
    more = f", and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return f" Available files: {named}{more}."
