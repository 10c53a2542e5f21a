"""Options of runs that differ from the assistant: for the next run, or for all runs of a thread. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field, fields, replace
from typing import Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import plural
from aimltui.tui.state.assistant_form import number_of, number_problem
from aimltui.wire.constraints import METADATA_VALUE
from aimltui.wire.tools import TruncationStrategy

KEY: Final = "run_options_"
"""Metadata keys of a thread's options begin with this; a number follows, since a value is limited."""
PARTS: Final = 3
EXAMPLE: Final = "Please address the user as Jane Doe. The user has a premium account."
LEAST_TOKENS: Final = 256
_MOST_INSTRUCTIONS: Final = 256_000


@dataclass(frozen=True)
class RunOptions:
    """The options as they are typed; an empty one is as in the assistant."""

    additional: str = ""
    """Instructions after those of the assistant."""
    instructions: str = ""
    """Instructions instead of those of the assistant."""
    model: str = ""
    connection: str = ""
    temperature: str = ""
    max_prompt: str = ""
    """Tokens."""
    max_completion: str = ""
    """Tokens."""
    last_messages: str = ""
    """The number of messages that the model is sent."""

    def __bool__(self) -> bool:
        return self != RunOptions()


@dataclass
class OptionState:
    """The options of a conversation."""

    thread: RunOptions = field(default_factory=RunOptions)
    next: RunOptions = field(default_factory=RunOptions)
    """For the next run; emptied when that has started."""
    planned: RunOptions | None = None
    """Those for the next run with which the run that is being started was planned."""

    def plan(self, *, is_addressed: bool) -> dict[str, Any]:
        """The parameters of the next run.

        Args:
            is_addressed: Whether another assistant than the thread's answers, whose own instructions hold.
        """
        thread = replace(self.thread, instructions="") if is_addressed else self.thread
        self.planned = self.next
        return params_of(merged(thread, self.next))

    @property
    def told(self) -> str:
        """What the line over the prompt says about the options in force."""
        parts = [("next run", told(self.next)), ("thread", told(self.thread))]
        return " · ".join(f"{word}: {text}" for word, text in parts if text)

    def started(self) -> None:
        """A run has started: options for the next run are used up, unless they were changed meanwhile."""
        if self.planned is not None and self.planned == self.next:
            self.next = RunOptions()
        self.planned = None


def merged(thread: RunOptions, once: RunOptions) -> RunOptions:
    """The options of both; those for one run come first, and additional instructions are joined."""
    given = {name: value for name, value in asdict(once).items() if value}
    more = "\n".join(part for part in (thread.additional, once.additional) if part.strip())
    return replace(thread, **{**given, "additional": more})


def problems_of(options: RunOptions, *, is_for_thread: bool) -> dict[str, str]:
    """What cannot be used: a sentence by the name of the field."""
    checks = {
        "instructions": _too_long(options.instructions),
        "additional": _too_long(options.additional),
        "temperature": number_problem(options.temperature, 0, 2),
        "max_prompt": _count_problem(options.max_prompt, LEAST_TOKENS),
        "max_completion": _count_problem(options.max_completion, LEAST_TOKENS),
        "last_messages": _count_problem(options.last_messages, 1),
    }
    if is_for_thread and not any(checks.values()) and len(_written(options)) > PARTS * METADATA_VALUE:
        checks["instructions"] = (
            f"A thread holds about {PARTS * METADATA_VALUE:,} characters of options. Use an assistant for longer ones."
        )
    return {name: problem for name, problem in checks.items() if problem}


def _too_long(text: str) -> str:
    return f"At most {_MOST_INSTRUCTIONS:,} characters." if len(text) > _MOST_INSTRUCTIONS else ""


def _count_problem(text: str, least: int) -> str:
    text = text.strip()
    if not text or (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= least):
        return ""
    return f"A whole number from {least}, or empty."


def params_of(options: RunOptions) -> dict[str, Any]:
    """The parameters of a run; only those that are given."""
    last = options.last_messages.strip()
    found = {
        "additional_instructions": options.additional.strip() or None,
        "instructions": options.instructions or None,
        "model": options.model or None,
        "connection": options.connection or None,
        "temperature": number_of(options.temperature),
        "max_prompt_tokens": int(options.max_prompt) if options.max_prompt.strip() else None,
        "max_completion_tokens": int(options.max_completion) if options.max_completion.strip() else None,
        "truncation_strategy": TruncationStrategy(type="last_messages", last_messages=int(last))
        if last
        else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def told(options: RunOptions) -> str:
    """The options in a few words."""
    parts = [
        "own instructions" if options.instructions else "",
        "more instructions" if options.additional.strip() else "",
        options.model,
        f"temperature {options.temperature.strip()}" if options.temperature.strip() else "",
        f"prompt to {options.max_prompt.strip()} tokens" if options.max_prompt.strip() else "",
        f"answer to {options.max_completion.strip()} tokens" if options.max_completion.strip() else "",
        f"last {plural(int(options.last_messages), 'message')}" if options.last_messages.strip() else "",
    ]
    return ", ".join(part for part in parts if part)


def metadata_of(options: RunOptions, before: RunOptions | None = None) -> dict[str, str]:
    """The metadata of a thread with these options.

    Args:
        options: The options.
        before: Those that it had: an empty value takes an earlier one away.
    """
    parts = _parts(options)
    return {**dict.fromkeys(_parts(before or RunOptions()), ""), **parts}


def _parts(options: RunOptions) -> dict[str, str]:
    text = written(options)
    return {
        f"{KEY}{start // METADATA_VALUE + 1}": text[start : start + METADATA_VALUE]
        for start in range(0, len(text), METADATA_VALUE)
    }


def from_metadata(metadata: Mapping[str, str]) -> RunOptions:
    """A thread's options; none if they cannot be read."""
    text = "".join(metadata.get(f"{KEY}{part + 1}", "") for part in range(PARTS))
    return read(text, is_for_thread=True)


def read(text: str, *, is_for_thread: bool = False) -> RunOptions:
    """The options that `written` has written; none if they cannot be read.

    Args:
        text: JSON.
        is_for_thread: Whether they are those of a thread.
    """
    try:
        values = json.loads(text) if text else {}
        known = {one.name for one in fields(RunOptions)}
        options = RunOptions(**{name: str(value) for name, value in values.items() if name in known})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return RunOptions()
    return RunOptions() if problems_of(options, is_for_thread=is_for_thread) else options


def written(options: RunOptions) -> str:
    """The options as JSON; empty if there are none."""
    return _written(options) if options else ""


def _written(options: RunOptions) -> str:
    return json.dumps({name: value for name, value in asdict(options).items() if value}, ensure_ascii=False)
