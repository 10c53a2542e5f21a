"""SkillSource: offers the skills of several folders to a model through one tool; see `ToolSource`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.numbers import bytes_text
from aimltui.local_tools.skills.reading import (
    MOST_BYTES,
    Skill,
    SkillError,
    contents_of,
    files_of,
    read_file,
    read_skill,
    skill_folders,
)
from aimltui.local_tools.types import CallResult, LocalTool, Problem

log = logging.getLogger(__name__)

TOOL = "load_skill"
PLACE = "/mnt/data/"
MOST_LINES = 6_000
"""Characters of the descriptions in the prompt, all skills together."""
_LEAST_LINE = 40
"""Characters of a description that are not cut off, however many skills there are."""
_LISTED = 50
_ABOUT = (
    "Loads a skill: instructions for a kind of task, and the list of its files. If a skill fits what the user wants, "
    "load it before you begin. With file, it returns that file of the skill."
)
_SOURCE = "the skills of this program"

CopyIn = Callable[[str, Mapping[str, bytes]], Awaitable[str]]
"""Copies files into the sandbox of a thread's code interpreter; returns why that is not possible, or an empty text."""


@dataclass(frozen=True, slots=True)
class SkillFolder:
    """A folder with skills."""

    path: Path
    is_own: bool = False
    """Whether it is that of the configuration directory."""


class SkillSource:
    """Reads the skills before each run, and loads one when a model asks for it.

    Args:
        folders: Where skills are; the first one that has a name wins.
        most: The most characters of a result.
        copy_in: Copies the files of a skill into the sandbox; None if there is none.
    """

    def __init__(
        self, folders: Sequence[SkillFolder], most: int = 50_000, copy_in: CopyIn | None = None
    ) -> None:
        self.copy_in = copy_in
        self._folders = tuple(folders)
        self._most = most
        self._offered: set[str] = set()
        """The names that were offered to a model."""
        self.skills: tuple[Skill, ...] = ()
        """The usable skills, in the order of their names."""
        self.problems: Sequence[Problem] = ()
        self.own_problems: Sequence[Problem] = ()
        """Those of the configuration directory: a skill of another program need not be usable here."""

    @property
    def places(self) -> str:
        """Where the user can put skills, for a sentence."""
        return " or ".join(clean_line(str(folder.path)) for folder in self._folders)

    async def refresh(self) -> None:
        """Read the skills again."""
        self.skills, self.problems, self.own_problems = await asyncio.to_thread(self._read)

    def start(self) -> None:
        """Do nothing: reading a skill does not take long."""

    def _read(self) -> tuple[tuple[Skill, ...], Sequence[Problem], Sequence[Problem]]:
        found: dict[str, Skill] = {}
        problems: list[Problem] = []
        own: list[Problem] = []
        for folder in self._folders:
            for path in skill_folders(folder.path):
                try:
                    skill = read_skill(path, is_own=folder.is_own)
                except SkillError as error:
                    problems.append(Problem(path.name, str(error)))
                    own += problems[-1:] if folder.is_own else []
                else:
                    found.setdefault(skill.name, skill)
        return tuple(sorted(found.values(), key=lambda skill: skill.name)), problems, own

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The tool that loads a skill, for all usable skills."""
        return [self.tool_for(self.skills)] if self.skills else []

    def tool_for(self, skills: Sequence[Skill]) -> LocalTool:
        """The tool that loads one of some skills."""
        lines = "\n".join(lines_of(skills))
        parameters = {
            "type": "object",
            "properties": {
                "name": {
                    "type": "string",
                    "enum": [skill.name for skill in skills],
                    "description": f"The skill:\n{lines}",
                },
                "file": {"type": "string", "description": "One of the skill's files; leave it out at first."},
            },
            "required": ["name"],
        }
        return LocalTool(TOOL, _ABOUT, parameters, "skill", _SOURCE, "It reads files of the skill's folder.")

    def offer(self, names: Sequence[str]) -> LocalTool | None:
        """The tool for the skills of these names; None if none of them is usable."""
        skills = [skill for skill in self.skills if skill.name in names]
        self._offered.update(skill.name for skill in skills)
        return self.tool_for(skills) if skills else None

    async def trust(self, tool: LocalTool) -> None:
        """Do nothing: the user trusts a skill by switching it on."""

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Load a skill or a file of one, without copying anything into a sandbox."""
        return await self.load(arguments, "")

    async def load(self, arguments: Mapping[str, Any], thread_id: str) -> CallResult:
        """Load a skill or a file of one for the model.

        Args:
            arguments: What the model wrote.
            thread_id: The thread whose sandbox gets the files; empty for none.
        """
        name, file = arguments.get("name"), arguments.get("file")
        skill = next((one for one in self.skills if one.name == name), None)
        # after a restart nothing was offered yet, and the run that waits has its offer from before
        if skill is None or (self._offered and skill.name not in self._offered):
            names = ", ".join(
                one.name for one in self.skills if not self._offered or one.name in self._offered
            )
            return CallResult(
                f"There is no skill named {clean_line(str(name))}. There are: {names or 'none'}.", False
            )
        try:
            if isinstance(file, str) and file.strip() not in ("", "SKILL.md"):
                return CallResult(await asyncio.to_thread(self._file_text, skill, file))
            return CallResult(await self._skill_text(skill, thread_id))
        except SkillError as error:
            return CallResult(str(error), False)

    def _file_text(self, skill: Skill, path: str) -> str:
        content = read_file(skill, path, MOST_BYTES)
        if b"\0" in content[:8192]:
            return f"{clean_line(path)} is not text ({bytes_text(len(content))})."
        return self._cut(clean(content.decode("utf-8", "replace")))

    async def _skill_text(self, skill: Skill, thread_id: str) -> str:
        files = await asyncio.to_thread(files_of, skill)
        parts = [f"# Skill {skill.name}", self._cut(skill.body) or "It has no instructions."]
        if files:
            listed = "\n".join(f"- {file.path} ({bytes_text(file.size)})" for file in files[:_LISTED])
            more = f"\n- and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
            parts.append(f"Files of this skill ({TOOL} with file reads one):\n{listed}{more}")
            parts.append(await self._place_text(skill, thread_id))
        return "\n\n".join(parts)

    async def _place_text(self, skill: Skill, thread_id: str) -> str:
        """Copy the files into the sandbox, and say where they are; or say that nothing of the skill can be run."""
        nowhere = "Its scripts cannot be run here"
        if self.copy_in is None or not thread_id:
            return f"{nowhere}: there is no code interpreter. Do what they do by other means."
        try:
            contents = await asyncio.to_thread(self._contents, skill)
            problem = await self.copy_in(thread_id, contents)
        except SkillError as error:
            problem = str(error)
        if problem:
            return f"{nowhere}: {problem}"
        return (
            f"The files are in {PLACE}{folder_of(skill)}/ of the code interpreter. Run its scripts there, if you have "
            "that tool, and nowhere else."
        )

    def _contents(self, skill: Skill) -> dict[str, bytes]:
        return {
            f"{folder_of(skill)}/{path}": content for path, content in contents_of(skill, MOST_BYTES).items()
        }

    def _cut(self, text: str) -> str:
        if len(text) <= self._most:
            return text
        return f"{text[: self._most]}\n[cut off after {self._most} characters]"

    async def aclose(self) -> None:
        """Do nothing: nothing runs."""


def folder_of(skill: Skill) -> str:
    """The folder of a skill below /mnt/data."""
    return f"skills/{skill.name}"


def lines_of(skills: Sequence[Skill], most: int = MOST_LINES) -> list[str]:
    """A line for each skill; where they do not all fit, long descriptions are cut to the same length.

    Args:
        skills: The skills.
        most: The most characters of all lines together, as far as every skill keeps a few words.
    """
    room = most - sum(len(skill.name) + 5 for skill in skills)
    limit = _fair(sorted(len(skill.description) for skill in skills), room)
    return [f"- {skill.name}: {_shortened(skill.description, max(_LEAST_LINE, limit))}" for skill in skills]


def _fair(lengths: Sequence[int], room: int) -> int:
    """The greatest length to which texts of these lengths, the shortest first, can be cut so that all fit."""
    for number, length in enumerate(lengths):
        share = room // (len(lengths) - number)
        if length > share:
            return share
        room -= length
    return lengths[-1] if lengths else 0


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
