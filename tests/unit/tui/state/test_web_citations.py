"""Citations of pages: numbered as those of files, in a live thread and a reopened one."""

from __future__ import annotations

import pytest

from aimltui.formatting.links import source_list
from aimltui.formatting.web_passages import WebPassage, written
from aimltui.tui.state.entries import MessageEntry, RunEntry, StepEntry
from aimltui.tui.state.thread_view import Snapshot, ThreadView
from aimltui.tui.widgets.transcript.renderers.message import message_source
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import Run

OUTPUT = written(
    "Found:",
    1,
    [
        WebPassage("https://a.example/1", "One", "It lasts 12 months."),
        WebPassage("https://www.b.example/2", "Two", "It lasts a year."),
    ],
)


def thread(name: str, text: str) -> ThreadView:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": name, "arguments": '{"query": "x"}', "output": OUTPUT},
    }
    step = RunStep.model_validate(
        {
            "id": "step_1",
            "run_id": "run_1",
            "type": "tool_calls",
            "status": "completed",
            "step_details": {"type": "tool_calls", "tool_calls": [call]},
        }
    )
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    message = Message.model_validate(
        {"id": "msg_1", "role": "assistant", "run_id": "run_1", "content": content, "created_at": 1}
    )
    run = Run(id="run_1", status="completed", created_at=1, web_sources=3)
    return ThreadView.from_snapshot(Snapshot([message], [run], {"run_1": [step]}))


def message_of(view: ThreadView) -> MessageEntry:
    return next(entry for entry in view.entries if isinstance(entry, MessageEntry))


def test_a_mark_becomes_a_numbered_citation_of_its_page() -> None:
    view = thread("web_search", "A year 【w1:2】. Twelve months 【w1:1, w1:2】【w9:9】")
    entry = message_of(view)
    assert message_source(entry) == (
        "A year [1]. Twelve months [2][1]【w9:9】\n\n[1] Two: https://www.b.example/2\n[2] One: https://a.example/1"
    )
    first = entry.citations[0]
    assert first.source is not None
    assert (first.label, first.source.place, first.source.url) == (
        "Two",
        "b.example",
        "https://www.b.example/2",
    )
    assert first.source.text == first.source.page == "It lasts a year."
    step = next(entry for entry in view.entries if isinstance(entry, StepEntry))
    assert [source.name for source in step.calls[0].found or ()] == ["One", "Two"]
    assert next(e for e in view.entries if isinstance(e, RunEntry)).web_sources == 3


def test_the_list_of_a_model_that_searched_by_itself_becomes_citations() -> None:
    titles = {
        "https://a.example/(1)": "One [a] *b*",
        "https://www.b.example/2": "",
        "https://c.example": "Three",
    }
    said = "Rain [1], sun [3] and `x[2]`, [4], [1](https://d.example).\n\n```\ny[2]\n```"
    entry = message_of(thread("lookup", f"{said}\n\n{source_list(titles, said)}"))
    assert entry.text == said
    shown = {c.number: (c.label, c.source.url if c.source else "") for c in entry.citations}
    assert shown == {
        1: ("One [a] *b*", "https://a.example/%281%29"),
        2: ("b.example", "https://www.b.example/2"),
        3: ("Three", "https://c.example"),
    }
    assert [said[c.start : c.end] for c in entry.citations] == ["[1]", "[3]", ""]
    assert "[2] b.example: https://www.b.example/2" in message_source(entry)


@pytest.mark.parametrize(
    "text",
    [
        "So.\n\n**Sources**\n\n1. A book",
        "So.\n\n**Sources**\n\n2. [A](https://a.example)",
        "So.\n\n**Sources**\n\n1. [A](javascript:alert)",
        "So.\n\n**Sources**\n\n1. [A](https://a.example)\n\nAnd more [1].",
        "**Sources**",
    ],
)
def test_another_list_stays_as_it_is(text: str) -> None:
    entry = message_of(thread("lookup", text))
    assert (entry.text, entry.citations) == (text, ())


def test_no_other_function_makes_citations() -> None:
    view = thread("lookup", "A year 【w1:2】.")
    assert message_of(view).citations == ()
    step = next(entry for entry in view.entries if isinstance(entry, StepEntry))
    assert step.calls[0].found is None
