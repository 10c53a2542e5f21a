"""Reads saved conversations: tells which format each file has and hands out what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol

from aimltui.common.dataclass import dataclass
from aimltui.interchange import own
from aimltui.interchange.detection import Sample, sample
from aimltui.interchange.formats import (
    aichat,
    assistants_api,
    chatbox,
    chatgpt,
    claude,
    claude_code,
    codex,
    gptme,
    jan,
    librechat,
    llm,
    lmstudio,
    opencode,
    openwebui,
    oterm,
    own_html,
    own_json,
    own_markdown,
)
from aimltui.interchange.inputs import Bundle, Member, collect
from aimltui.interchange.keys import cleared
from aimltui.interchange.records import Item, Skipped, Thread, UnreadableInput


class Format(Protocol):
    """How one program saves conversations."""

    ID: str
    NAME: str

    def claims(self, sample: Sample) -> bool:
        """True if a file is of this format."""
        ...

    def read(self, members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
        """The conversations of all files of this format."""
        ...


FORMATS: tuple[Format, ...] = (
    own_json,
    own_markdown,
    own_html,
    chatgpt,
    claude,
    openwebui,
    librechat,
    chatbox,
    lmstudio,
    opencode,
    jan,
    assistants_api,
    codex,
    claude_code,
    gptme,
    aichat,
    oterm,
    llm,
)
"""The first that claims a file has it."""
NAMES = {own.ID: own.NAME, **{format_.ID: format_.NAME for format_ in FORMATS}}
"""What formats are called, by the id that conversations have."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a person named, sorted by format."""

    bundle: Bundle
    groups: tuple[tuple[Format, tuple[Member, ...]], ...]
    others: tuple[Member, ...] = ()
    """Files that are no conversations, or of no format that is known."""
    skipped: tuple[Skipped, ...] = field(default=())

    def __enter__(self) -> Found:
        return self

    def __exit__(self, *_: object) -> None:
        self.bundle.close()


def look(paths: Iterable[Path]) -> Found:
    """See which files hold conversations. The answer keeps archives open for as long as its block lasts."""
    bundle, skipped = collect(paths)
    groups: dict[str, list[Member]] = {}
    others = []
    for member in bundle.members:
        try:
            seen = sample(member)
        except UnreadableInput as error:
            skipped.append(Skipped(member.path, str(error)))
            continue
        format_ = next((candidate for candidate in FORMATS if candidate.claims(seen)), None)
        if format_ is None:
            others.append(member)
        else:
            groups.setdefault(format_.ID, []).append(member)
    sorted_groups = ((format_, tuple(groups[format_.ID])) for format_ in FORMATS if format_.ID in groups)
    return Found(bundle, tuple(sorted_groups), tuple(others), tuple(skipped))


def read(found: Found) -> Iterator[Item]:
    """All conversations, each once and without keys, and what could not be read."""
    yield from found.skipped
    seen = set[tuple[str, str]]()
    for format_, members in found.groups:
        for item in format_.read(members, found.bundle):
            if isinstance(item, Thread):
                key = (item.format, item.source_id)
                if key in seen:
                    continue
                seen.add(key)
                yield cleared(item)
            else:
                yield item
