"""What the engine remembers about a run from one model turn to the next, beyond what the API shows of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.engine.runs.tool_calls import Call
from aimltui.wire.base import JSONObject
from aimltui.wire.runs import Usage


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling parameters that a request or an assistant chose; None leaves the choice to the model."""

    temperature: float | None = None
    top_p: float | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Sampling:
        """Return what was stored."""
        given = stored or {}
        return cls(given.get("temperature"), given.get("top_p"))

    def to_json(self) -> JSONObject:
        """Return the JSON object that is stored."""
        return {"temperature": self.temperature, "top_p": self.top_p}


@dataclass(frozen=True, slots=True)
class RunMemory:
    """What the engine remembers about a run; it is stored in the run's row."""

    started: float | None = None
    """Unix seconds at which the run was created, with fractions; the API shows whole seconds only."""
    sampling: Sampling = field(default_factory=Sampling)
    turns: int = 0
    """Finished model turns."""
    spent_prompt: int = 0
    """Tokens that count against the run's limit; estimates where the provider reports none."""
    spent_completion: int = 0
    usage: Usage | None = None
    """The sum over all turns."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Ids of the files that tools made, by the path under which a text may link to them."""
    pictures: tuple[str, ...] = ()
    """Ids of the pictures with which the next message begins."""
    unlinked: tuple[str, ...] = ()
    """Ids of the files that the last message gets as attachments unless a text links to them."""
    last_calls: str = ""
    """The fingerprint of the last turn's hosted tool calls."""
    same_calls: int = 0
    """How many turns in a row made these same calls."""
    tool_turns: int = 0
    """Turns in which hosted tools were called."""
    no_more_tools: bool = False
    """True once the model has to answer without tools."""
    plain: bool = False
    """True once the model has to answer without seeing the calls of this run, which it only repeats."""
    hosted_tools: str = ""
    """Whether hosted tools are offered, as the request says: on, off, auto; empty for on."""
    web: str = ""
    """`on` if a model that can search the web by itself may do so, as the request says."""
    told_cancelling: bool = False
    """True once the event of the cancellation is in the log."""
    code: str = ""
    """Python that the run executes instead of asking its model."""
    searched: bool = False
    """True once the files were searched for a model that cannot call tools."""
    prompt_cache: str = ""
    """`off` if the assistant keeps its prompts out of the provider's cache."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> RunMemory:
        """Return what was stored; a missing name has its default."""
        usage = stored.get("usage")
        return cls(
            started=stored.get("t0"),
            sampling=Sampling.from_json(stored.get("sampling")),
            usage=Usage.model_validate(usage) if usage is not None else None,
            files=stored.get("files", {}),
            pictures=tuple(stored.get("pictures", ())),
            unlinked=tuple(stored.get("unlinked", ())),
            **{name: stored[name] for name in _PLAIN if name in stored},
        )

    def to_json(self) -> JSONObject:
        """Return the JSON object that is stored: the names that have a value."""
        stored: JSONObject = {"t0": self.started, "turns": self.turns, "sampling": self.sampling.to_json()}
        stored |= {name: value for name in _PLAIN if (value := getattr(self, name))}
        if self.usage is not None:
            stored["usage"] = self.usage.to_json()
        if self.files:
            stored["files"] = dict(self.files)
        for name, ids in (("pictures", self.pictures), ("unlinked", self.unlinked)):
            if ids:
                stored[name] = list(ids)
        return stored

    def after_tool_turn(self, fingerprint: str, *, limit: int, most_same: int) -> RunMemory:
        """Return the memory after a turn that called hosted tools.

        Args:
            fingerprint: Of the turn's hosted calls.
            limit: Tool turns that a run may have; after them the model gets no more tools.
            most_same: Turns in a row that may make the same calls.
        """
        same = self.same_calls + 1 if self.last_calls == fingerprint else 1
        count = self.tool_turns + 1
        return replace(
            self,
            last_calls=fingerprint,
            same_calls=same,
            tool_turns=count,
            no_more_tools=same >= most_same or count >= limit,
        )

    def after_search(self) -> RunMemory:
        """Return the memory after the files were searched for a model that cannot call tools."""
        return replace(self, searched=True)

    def with_made(
        self, files: Mapping[str, str], pictures: Sequence[str], others: Sequence[str]
    ) -> RunMemory:
        """Return the memory with files that tools made.

        Args:
            files: Ids by the path under which the text may link to them.
            pictures: Those that the next message shows, in order.
            others: Those that the last message gets as attachments unless a text links to them.
        """
        # a run that is stopped at this moment reports the same files twice
        return replace(
            self,
            files={**self.files, **files},
            pictures=tuple(dict.fromkeys([*self.pictures, *pictures])),
            unlinked=tuple(dict.fromkeys([*self.unlinked, *others])),
        )


@dataclass(frozen=True, slots=True)
class StepMemory:
    """What the engine remembers about a run step; it is stored in the step's row."""

    started: float | None = None
    """Unix seconds at which the step began, with fractions."""
    calls: tuple[Call, ...] = ()
    """The complete tool calls."""
    usage: Usage | None = None
    """The usage of the step's turn, while the calls are open."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StepMemory:
        """Return what was stored; a missing name has its default."""
        usage = stored.get("usage")
        return cls(
            started=stored.get("t0"),
            calls=tuple(Call.from_json(call) for call in stored.get("calls", ())),
            usage=Usage.model_validate(usage) if usage is not None else None,
        )

    def to_json(self) -> JSONObject:
        """Return the JSON object that is stored: the names that have a value."""
        stored: JSONObject = {"t0": self.started}
        if self.calls:
            stored["calls"] = [call.to_json() for call in self.calls]
        if self.usage is not None:
            stored["usage"] = self.usage.to_json()
        return stored


_PLAIN = (
    "turns",
    "spent_prompt",
    "spent_completion",
    "last_calls",
    "same_calls",
    "tool_turns",
    "no_more_tools",
    "plain",
    "hosted_tools",
    "web",
    "told_cancelling",
    "searched",
    "code",
    "prompt_cache",
)
"""The fields that are stored under their names as they are, unless they have their default."""
