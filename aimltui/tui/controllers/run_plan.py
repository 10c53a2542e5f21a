"""What a run needs before it starts: the thread, the assistant and the model, or the reason why nothing was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import OTHER_MODEL, CardAction
from aimltui.wire.tools import Tool


@dataclass(frozen=True)
class Plan:
    """The thread, the assistant and the model of the next run."""

    thread_id: str
    assistant_id: str
    model: str | None
    connection: str | None = None
    """The connection of the model, if it is not the default one."""
    tools: tuple[Tool, ...] | None = None
    """The assistant's tools with those that run beside this client; None: as in the assistant."""
    hosted_tools: str | None = None
    """Whether hosted tools are offered; None sends nothing: they are."""
    web: str | None = None
    """Whether a model that searches the web by itself may do so; None sends nothing."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the run that the user set for it, or for the thread."""
    shortens: bool = False
    """Whether the server can shorten long texts of the thread before it leaves messages out."""


class NotSent(Exception):
    """Nothing was sent because this program lacks something, such as a model. The texts are for the user.

    Args:
        title: What happened, one line.
        detail: Why.
        remedy: What to do.
        actions: What the error card offers.
    """

    def __init__(
        self, title: str, detail: str, remedy: str, actions: tuple[CardAction, ...] = (OTHER_MODEL,)
    ) -> None:
        super().__init__(detail)
        self.title = title
        self.detail = detail
        self.remedy = remedy
        self.actions = actions
