"""PendingCall: a function call that a run waits for, a question of its server, or code that no sandbox contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aimltui.common.dataclass import dataclass

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.forms import Form
    from aimltui.local_tools.types import LocalTool


@dataclass(eq=False, slots=True, weakref_slot=True)
class PendingCall:
    """A call that a run waits for. Each one is its own: two calls with the same values are not equal."""

    thread_id: str
    run_id: str
    id: str
    name: str
    arguments: str
    """JSON as the model wrote it, or as the user changed it."""
    tool: LocalTool | None = None
    """What can run it; None if only the user can give the output."""
    expires_at: int | None = None
    """Unix seconds at which the run ends, whether the user has answered or not."""
    may_always: bool = False
    """Whether the user may allow later calls, too."""
    form: Form | None = None
    """What the tool's server asks the user; None if a decision about a call is needed."""
    state: Literal["asked", "running", "done"] = "asked"

    @property
    def is_code(self) -> bool:
        """Whether it is a piece of the model's code."""
        return self.tool is not None and self.tool.kind == "code"
