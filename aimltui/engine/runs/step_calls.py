"""Stores the calls of a step within a transaction of its run; no event tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aimltui.engine.runs.run_memory import StepMemory
from aimltui.engine.runs.tool_calls import Call, with_calls
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import runs
from aimltui.wire.runs import Usage


def draft_calls(transaction: RunTransaction, step_id: str, calls: Sequence[Call]) -> None:
    """Store incomplete calls, so that they survive a killed program."""
    row = runs.step_row(transaction.conn, step_id)
    runs.save_step(transaction.conn, with_calls(row.step, calls))


def set_calls(transaction: RunTransaction, step_id: str, calls: Sequence[Call], usage: Usage | None) -> None:
    """Store complete calls, and the usage of their turn."""
    row = runs.step_row(transaction.conn, step_id)
    memory = replace(StepMemory.from_json(row.private), calls=tuple(calls), usage=usage)
    runs.save_step(transaction.conn, with_calls(row.step, calls), memory.to_json())


def answer_calls(transaction: RunTransaction, step_id: str, calls: Sequence[Call]) -> None:
    """Store calls of which some have outputs."""
    row = runs.step_row(transaction.conn, step_id)
    memory = replace(StepMemory.from_json(row.private), calls=tuple(calls))
    runs.save_step(transaction.conn, with_calls(row.step, calls), memory.to_json())
