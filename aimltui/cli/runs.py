"""`aimltui runs`: lists and shows runs, records one to a file, and stops one that goes on or waits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.finding import find_one
from aimltui.cli.flags import add_actions
from aimltui.cli.objects import (
    add_action,
    add_limit,
    add_output,
    say,
    say_json,
    say_list,
    say_none,
    say_pairs,
    time_text,
)
from aimltui.cli.thread_actions import every_thread, find_thread

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.run_steps import RunStep
    from aimltui.wire.runs import Run

NAMED = "an id, or the beginning of one; see aimltui runs list"
_IN_THREAD = "only in this thread: an id, the beginning of one, or a title"


def add_runs_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `runs` with its actions to the result of `ArgumentParser.add_subparsers`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "runs", help="list, show, record and stop runs", allow_abbrev=False
    )
    actions = add_actions(parser)
    listing = add_action(actions, "list", "list runs, the newest first", _list)
    add_limit(listing)
    show = add_action(actions, "show", "show a run with its steps", _show)
    cancel = add_action(actions, "cancel", "stop a run; its text so far is saved", _cancel)
    export = add_action(
        actions, "export", "write a recording of a run, which aimltui replay plays", _export, has_json=False
    )
    add_output(export)
    for one in (show, cancel, export):
        one.add_argument("run_id", metavar="RUN", help=NAMED)
    for one in (listing, show, cancel, export):
        one.add_argument("--thread", metavar="THREAD", help=_IN_THREAD)
    return parser


async def find_run(client: AssistantsClient, options: argparse.Namespace) -> Run:
    """Return the run that `RUN` and `--thread` name.

    Raises:
        ConfigError: None is meant, or several could be.
    """
    runs = await _runs(client, options.thread)
    return find_one(runs, options.run_id, "run", listed_by="aimltui runs list")


async def _runs(client: AssistantsClient, thread: str | None) -> list[Run]:
    from aimltui.client.client import every
    from aimltui.wire.runs import ListRuns

    threads = await every_thread(client)
    if thread is not None:
        threads = [find_thread(threads, thread)]
    found: list[Run] = []
    for one in threads:
        found += [run async for run in every(client.runs.list, ListRuns(thread_id=one.id, limit=100))]
    return sorted(found, key=lambda run: -run.created_at)


async def _list(client: AssistantsClient, options: argparse.Namespace) -> int:
    runs = (await _runs(client, options.thread))[: options.limit]
    if options.json:
        say_list(runs)
        return 0
    for run in runs:
        say(f"{run.id}  {time_text(run.created_at)}  {run.status:<15}  {run.model}")
    if not runs:
        say_none("runs yet")
    return 0


async def _show(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.client.client import every
    from aimltui.wire.run_steps import ListRunSteps

    run = await find_run(client, options)
    params = ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
    steps = [step async for step in every(client.runs.list_steps, params)]
    if options.json:
        say_json({**run.to_json(), "steps": [step.to_json() for step in steps]})
        return 0
    say_pairs(_facts(run))
    for step in steps:
        say(f"  {_step_line(step)}")
    return 0


async def _cancel(client: AssistantsClient, options: argparse.Namespace) -> int:
    run = await find_run(client, options)
    stopped = await client.runs.cancel(run.thread_id, run.id)
    if options.json:
        say_json(stopped.to_json())
    else:
        print(f"{run.id} is being stopped.", file=sys.stderr)  # noqa: T201  # there is no screen
    return 0


async def _export(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.tui.controllers.run_inspector import RunInspector
    from aimltui.tui.state.recordings import written
    from aimltui.tui.storage import saving

    inspector = RunInspector(client)
    found = await inspector.read(await find_run(client, options))
    found.events = await inspector.events(found)
    text = written(found, await inspector.messages_before(found.run))
    output: Path | None = options.output
    if str(output) == "-":
        # JSON, escaped: nothing in it drives a terminal
        sys.stdout.write(text)
        return 0
    path = saving.place(output, f"aimltui-{found.run.id}.jsonl")
    saving.write(path, text.encode(), replace=options.force)
    print(f"Recorded as {path}. To play it: aimltui replay {path}", file=sys.stderr)  # noqa: T201
    return 0


def _facts(run: Run) -> list[tuple[str, str]]:
    from aimltui.formatting.money import money_text
    from aimltui.formatting.numbers import seconds_text

    usage, error = run.usage, run.last_error
    tokens = f"{usage.prompt_tokens:,} in, {usage.completion_tokens:,} out" if usage else ""
    cost = money_text(usage.cost_usd) if usage is not None and usage.cost_usd is not None else ""
    wanted = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
    return [
        ("id", run.id),
        ("status", run.status),
        ("thread", run.thread_id),
        ("assistant", run.assistant_id),
        ("model", run.model),
        ("created", time_text(run.created_at)),
        ("took", seconds_text(run.duration_ms / 1000) if run.duration_ms is not None else ""),
        ("tokens", tokens),
        ("cost", cost),
        ("waits for", ", ".join(call.function.name for call in wanted)),
        ("error", f"{error.message} {error.remedy or ''}".strip() if error else ""),
    ]


def _step_line(step: RunStep) -> str:
    from aimltui.common.sanitize import clean_line
    from aimltui.formatting.numbers import seconds_text
    from aimltui.wire.run_steps import FunctionToolCall, ToolCallsDetails

    details = step.step_details
    what = "message"
    if isinstance(details, ToolCallsDetails):
        what = ", ".join(
            call.function.name if isinstance(call, FunctionToolCall) else call.type
            for call in details.tool_calls
        )
    took = seconds_text(step.duration_ms / 1000) if step.duration_ms is not None else ""
    return f"{step.id}  {step.status:<11}  {took:>6}  {clean_line(what)}".rstrip()
