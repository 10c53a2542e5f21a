"""What the card about function calls shows: its lines as pieces of text with a role, and the answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import wrapped
from aimltui.formatting.numbers import plural
from aimltui.formatting.web_passages import FETCH_PAGE
from aimltui.tui.state.visible import visible

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.forms import Form
    from aimltui.tui.state.pending_calls import PendingCall

Role = Literal["plain", "muted", "name", "key", "text", "number", "warning", "chosen", "code"]
"""A line of the role `code` is Python."""
Piece = tuple[str, Role]
Line = tuple[Piece, ...]

FILL, OPEN, DECLINE = "fill", "open", "decline"
ONCE, THREAD, ALWAYS, ALL, EDIT, GIVE, REJECT = (
    "once",
    "thread",
    "always",
    "all",
    "edit",
    "give",
    "reject",
)
_SOON_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A possible answer to the card."""

    id: str
    key: str
    label: str


def answers_for(call: PendingCall, waiting: Sequence[PendingCall]) -> tuple[Answer, ...]:
    """The answers that the card offers for a call.

    Args:
        call: The call.
        waiting: All calls of the card that need a decision.
    """
    found: list[Answer] = []
    tool = call.tool
    if call.form is not None:
        return _answers_to(call.form)
    if call.is_code:
        always = Answer(THREAD, "t", "Always in this thread, until you quit")
        return Answer(ONCE, "o", "Run once"), always, Answer(REJECT, "r", "Reject with a reason")
    if tool is not None and tool.kind != "schema":
        found.append(Answer(ONCE, "o", "Run once"))
        if call.may_always:
            of_host = (
                f" for {clean_line(tool.source)}" if tool.name == FETCH_PAGE and tool.kind == "web" else ""
            )
            found.append(Answer(THREAD, "t", f"Always{of_host} in this thread"))
            found.append(Answer(ALWAYS, "f", f"Always{of_host or ' for this function'}"))
        waiting = [one for one in waiting if one.form is None and not one.is_code]
        if len(waiting) > 1 and all(one.tool is not None and one.tool.is_trusted for one in waiting):
            found.append(Answer(ALL, "a", f"Run all {len(waiting)} once"))
        found.append(Answer(EDIT, "e", "Edit the arguments"))
    found.append(Answer(GIVE, "g", "Give the output by hand"))
    found.append(Answer(REJECT, "r", "Reject with a reason"))
    return tuple(found)


def _answers_to(form: Form) -> tuple[Answer, ...]:
    decline = Answer(DECLINE, "d", "Decline")
    if form.url:
        return Answer(OPEN, "o", f"Open {clean_line(urlsplit(form.url).hostname or '')}"), decline
    return Answer(FILL, "f", "Fill in the form"), decline


def title_of(calls: Sequence[PendingCall], seconds_left: float | None) -> Line:
    """The first line: that a decision is needed, and how long the run waits."""
    asked = sum(call.state == "asked" for call in calls)
    is_form = any(call.state == "asked" and call.form is not None for call in calls)
    one = "needs your answer" if is_form else "needs your decision"
    what = one if asked == 1 else f"{asked} calls need your decision"
    if seconds_left is None:
        return ((what, "name"),)
    left = max(0, int(seconds_left))
    role: Role = "warning" if left <= _SOON_S else "muted"
    return ((what, "name"), (f" · expires in {left // 60}:{left % 60:02}", role))


def list_lines(calls: Sequence[PendingCall], shown: PendingCall) -> list[Line]:
    """One line for each of several calls."""
    if shown.form is not None:
        # the call during which a server asks needs no decision any longer
        calls = [call for call in calls if call.state == "asked"]
    if len(calls) < 2:
        return []
    marks = {"asked": "?", "running": "…", "done": "✓"}
    lines: list[Line] = []
    for call in calls:
        role: Role = "chosen" if call is shown else "muted"
        arguments = clean_line(visible(call.arguments))
        lines.append(
            (
                (
                    f"{'▸' if call is shown else ' '} {marks[call.state]} {clean_line(call.name)} {arguments}",
                    role,
                ),
            )
        )
    return lines


def body_lines(call: PendingCall) -> list[Line]:
    """What would run, with all its arguments, and what it may touch; or what its server asks."""
    if call.form is not None:
        return _form_lines(call.form)
    tool = call.tool
    if tool is not None and call.is_code:
        return [
            (
                ("Run this code without a sandbox?", "name"),
                (f"  {_counted(tool.code)}", "muted"),
                # what it may touch must be seen also where the card has room for a few lines only
                (" · your files, your network", "warning"),
            ),
            *_code(tool.code),
            ((tool.touches, "warning"),),
        ]
    where = ""
    if tool is not None:
        where = f"  {'at' if tool.kind == 'web' else 'from'} {clean_line(tool.source)}"
    lines: list[Line] = [((clean_line(visible(call.name)), "name"), (where, "muted"))]
    lines += _arguments(call.arguments)
    if tool is None:
        lines.append((("No function of this name is here. You can give its output by hand.", "muted"),))
        return lines
    if not tool.may_always and tool.kind != "web":
        lines.append((("Its server calls it destructive, so each call needs your decision.", "warning"),))
    lines.append(((tool.touches, "muted"),))
    if not tool.is_trusted:
        lines.append((("New or changed file: running it approves the file as it is here.", "warning"),))
        lines += _code(tool.code)
    return lines


def _code(text: str) -> list[Line]:
    return [((f"  {line}", "code"),) for line in visible(text.rstrip("\n")).split("\n")]


def _counted(code: str) -> str:
    return plural(code.rstrip("\n").count("\n") + 1, "line")


def wrap(line: Line, width: int) -> list[Line]:
    """A line that is a sentence, in as many lines as it needs; other lines stay as they are and are cut."""
    text, role = line[0]
    if len(line) > 1 or role not in ("muted", "warning") or text.startswith(" "):
        return [line]
    return [((part, role),) for part in wrapped(text, width)]


def _form_lines(form: Form) -> list[Line]:
    from aimltui.local_tools.mcp.forms import hint_of

    asks: Line = ((f"{clean_line(form.server)} asks", "name"), ("  during the call", "muted"))
    lines: list[Line] = [asks, *(((f"  {line}", "plain"),) for line in visible(form.message).split("\n"))]
    if form.url:
        lines.append((("  address: ", "key"), (visible(form.url), "text")))
        told = "It may ask for a password there. Open it only if you know this address."
        return [*lines, ((told, "muted"),)]
    for field in form.fields:
        about = f"  {field.about}" if field.about else ""
        lines.append(((f"  {visible(field.label)}: ", "key"), (hint_of(field), "plain"), (about, "muted")))
    return [*lines, (("What you write goes to this server. Give it no passwords.", "muted"),)]


def _arguments(text: str) -> list[Line]:
    try:
        read = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        wrong: Line = (("  The arguments are not a JSON object:", "warning"),)
        return [wrong, *(((f"  {line}", "plain"),) for line in visible(text).split("\n"))]
    if not read:
        return [(("  no arguments", "muted"),)]
    lines: list[Line] = []
    for name, value in read.items():
        key: Piece = (f"  {visible(str(name))}: ".replace("\n", "\\n"), "key")
        if isinstance(value, str) and "\n" in value:
            lines.append((key,))
            lines += [((f"    {line}", "text"),) for line in visible(value).split("\n")]
        elif isinstance(value, dict | list) and value:
            first, *rest = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
            lines.append((key, (visible(first), "plain")))
            lines += [((f"  {visible(line)}", "plain"),) for line in rest]
        else:
            role: Role = "text" if isinstance(value, str) else "number"
            lines.append((key, (visible(json.dumps(value, ensure_ascii=False)), role)))
    return lines


def whole_text(call: PendingCall) -> str:
    """Everything about a call as text, for the viewer."""
    return "\n".join("".join(text for text, _ in line) for line in body_lines(call))
