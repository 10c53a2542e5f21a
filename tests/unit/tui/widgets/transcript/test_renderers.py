from __future__ import annotations

from dataclasses import replace

import pytest

from aimltui.tui.state.entries import (
    Attachment,
    Citation,
    ErrorEntry,
    GuideEntry,
    GuideOption,
    MessageEntry,
    NoticeEntry,
    QueuedEntry,
    ReasoningEntry,
    RunEntry,
    StepEntry,
    ToolCallEntry,
    ToolCallOutput,
)
from aimltui.tui.widgets.transcript.canvas import ClickTarget
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.renderers import draw_entry
from tests.unit.tui.widgets.transcript.builders import context, text_of


def rows(
    entry: object, *, unfolded: bool | None = None, width: int = 80, ascii_only: bool = False
) -> list[str]:
    return text_of(draw_entry(entry, context(width, ascii_only=ascii_only, now=1000.0), unfolded))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (RunEntry("r", "r", "queued"), "○ queued"),
        (RunEntry("r", "r", "in_progress", started_at=993), "● running 0:07"),
        (
            RunEntry("r", "r", "requires_action", expires_at=1521, waits_for=("get_weather",)),
            "? needs you: get_weather (expires 8:41)",
        ),
        (RunEntry("r", "r", "cancelling"), "◌ stopping"),
        (
            RunEntry("r", "r", "completed", "m", 0.0, 12.4, None, None, 2113, 1024, 312, 0.0043),
            "✓ completed · 12.4\u00a0s · ↑2,113 (1,024 cached) ↓312 · $0.0043 · m",
        ),
        (RunEntry("r", "r", "failed"), "✗ failed"),
        # what failed is said by the card
        (RunEntry("r", "r", "failed", "m", 0.0, 12.4), "✗ 12.4\u00a0s · m"),
        (RunEntry("r", "r", "cancelled", completion_tokens=3), "■ stopped · ↓3"),
        (
            RunEntry("r", "r", "incomplete", reason="max_completion_tokens"),
            "… incomplete (token limit)",
        ),
        (RunEntry("r", "r", "expired"), "◷ expired"),
        (RunEntry("r", "r", "a new one"), "· a new one"),
    ],
)
def test_each_status_of_a_run_has_a_sign_and_a_word(entry: RunEntry, expected: str) -> None:
    assert rows(entry) == [expected]


def test_a_receipt_says_who_answered_as_far_as_there_is_room() -> None:
    entry = RunEntry("r", "r", "completed", "openai/gpt-mini", prompt_tokens=7, cost_usd=0.0)
    assert rows(entry, width=60) == ["✓ completed · ↑7 · $0 · openai/gpt-mini"]
    assert rows(entry, width=38) == ["✓ completed · ↑7 · $0 · gpt-mini"]
    assert rows(entry, width=30) == ["✓ completed · ↑7 · $0"]


def test_the_ascii_set_uses_ascii_alone() -> None:
    entries = [
        RunEntry("r", "r", status)
        for status in (
            "queued",
            "in_progress",
            "requires_action",
            "cancelling",
            "completed",
            "failed",
            "cancelled",
        )
    ]
    entries += [
        RunEntry("r", "r", "incomplete"),
        RunEntry("r", "r", "expired", prompt_tokens=1, completion_tokens=2),
    ]
    step = StepEntry("s", "r", 1, "failed", (ToolCallEntry("c", "function", "f", "{}"),), 1.0, "why")
    message = MessageEntry(
        "m", "assistant", "A", "- a\n> b\n\n|a|b|\n|-|-|\n|1|2|\n\n***\n", incomplete_reason="x"
    )
    for entry in [*entries, step, message, QueuedEntry("q", "x"), ErrorEntry("e", "t", "d", "r")]:
        assert "".join(rows(entry, unfolded=True, ascii_only=True)).replace("\u00a0", "").isascii()


def test_a_message_shows_author_attachments_citations_and_why_it_ended() -> None:
    text = "It grew【4:0†source】 and grew【4:1†source】."
    first, second = text.index("【"), text.rindex("【")
    entry = MessageEntry(
        "m",
        "assistant",
        "Data analyst",
        text,
        citations=(
            Citation(first, first + 12, 1, "sales.csv"),
            Citation(second, second + 12, 2, "q3.pdf"),
        ),
        attachments=(Attachment("f", "sales.csv", 48_123, "code_interpreter"),),
        incomplete_reason="run_cancelled",
    )
    assert rows(entry) == [
        "Data analyst",
        "It grew[1] and grew[2].",
        "▤ sales.csv 48 KB · code interpreter",
        "",
        "[1] sales.csv",
        "[2] q3.pdf",
        "… stopped by you",
    ]


def test_a_users_lines_stay_lines() -> None:
    assert rows(MessageEntry("m", "user", "You", "one\ntwo")) == ["You", "one", "two"]


CODE = StepEntry(
    "s1",
    "r",
    1,
    "completed",
    (
        ToolCallEntry(
            "c", "code_interpreter", input="a = 1\nprint(a)", outputs=(ToolCallOutput("logs", "1\n"),)
        ),
    ),
    2.1,
)


def test_a_step_is_one_line_until_it_is_unfolded() -> None:
    assert rows(CODE) == ["▸ code interpreter · step 1 · ✓ 2.1\u00a0s · 2 lines → 1 line"]
    opened = rows(CODE, unfolded=True)
    assert opened[0].startswith("▾ code interpreter")
    assert opened[1:] == ["  │  a = 1", "  │  print(a)", "  │ output", "  │ 1"]


def test_of_many_calls_only_the_one_at_work_stands_open() -> None:
    calls = [ToolCallEntry(f"c{n}", "code_interpreter", input=f"f({n})") for n in range(200)]
    calls[:3] = [replace(call, outputs=(ToolCallOutput("logs", "1\n"),)) for call in calls[:3]]
    live = StepEntry("s1", "r", 1, "in_progress", tuple(calls))
    written = replace(live, calls=tuple(calls[3:20]))
    assert rows(written) == [
        "… 16 more calls of this step",
        "▾ code interpreter · step 1, call 17 of 17 · ● running · 1 line",
        "  │  f(19)",
    ]
    assert rows(live) == [
        "▸ code interpreter · step 1, call 1 of 200 · ✓ · 1 line → 1 line",
        "▸ code interpreter · step 1, call 2 of 200 · ✓ · 1 line → 1 line",
        "▾ code interpreter · step 1, call 3 of 200 · ● running · 1 line → 1 line",
        "  │  f(2)",
        "  │ output",
        "  │ 1",
        "… 197 more calls of this step",
    ]
    done = rows(replace(live, status="completed", seconds=9.0))
    assert len(done) == 200
    assert done[199] == "▸ code interpreter · step 1, call 200 of 200 · ✓ · 1 line"


def test_a_function_shows_its_call_and_what_came_back() -> None:
    call = ToolCallEntry(
        "c", "function", "get_weather", '{"city": "Oslo"}', (ToolCallOutput("text", '{"t": 3}'),)
    )
    step = StepEntry("s", "r", 2, "completed", (call,))
    assert rows(step) == ['▸ ƒ get_weather(city="Oslo") → {"t": 3} · ✓']


def test_a_running_step_is_open_at_its_last_lines_and_a_failed_one_is_open() -> None:
    code = "\n".join(f"line{n}" for n in range(20))
    running = StepEntry("s", "r", 1, "in_progress", (ToolCallEntry("c", "code_interpreter", input=code),))
    shown = rows(running)
    assert shown[1] == "  │ … 12 earlier lines"
    assert shown[-1] == "  │  line19"
    failed = StepEntry("s", "r", 1, "failed", running.calls, None, "It broke.")
    assert rows(failed)[-1] == "  │ It broke."


def test_a_tool_nobody_knows_has_a_panel_too() -> None:
    step = StepEntry("s", "r", 1, "completed", (ToolCallEntry("c", "web_browser", "open", "http://x"),))
    assert rows(step) == ["▸ web browser open · step 1 · ✓ · 1 line"]
    assert rows(step, unfolded=True)[1] == "  │  http://x"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_folded_step_stays_one_row(width: int) -> None:
    call = ToolCallEntry(
        "c", "function", "f", '{"a": "' + "x" * 500 + '"}', (ToolCallOutput("text", "y" * 900),)
    )
    found = draw_entry(StepEntry("s", "r", 2, "completed", (call,), 1.0), context(width), None)
    assert len(found.rows) == 1
    assert cells(found.rows[0].text) <= width


def test_a_long_output_shows_its_head_and_tail() -> None:
    call = ToolCallEntry("c", "x", outputs=(ToolCallOutput("logs", "\n".join(map(str, range(1000)))),))
    shown = rows(StepEntry("s", "r", 1, "completed", (call,)), unfolded=True)
    assert "  │ … 900 lines not shown · enter view all" in shown
    assert len(shown) < 110


def test_an_error_says_what_why_what_to_do_and_its_id() -> None:
    shown = rows(
        ErrorEntry("e", "401: the key was refused", "From AIMLAPI_API_KEY.", "Set another key.", "req_1")
    )
    assert shown == [
        "✗ 401: the key was refused",
        "From AIMLAPI_API_KEY.",
        "→ Set another key.",
        "request id req_1",
    ]


def test_notices_queued_messages_and_guides_are_drawn() -> None:
    assert rows(NoticeEntry("n", "Trying again.")) == ["Trying again."]
    assert rows(NoticeEntry("n", "Lost.", "warning")) == ["! Lost."]
    assert rows(QueuedEntry("q", "a\nb")) == ["queued", "a", "b"]
    guide = GuideEntry("g", "# Hello", (GuideOption("one", "First", "a hint"),))
    assert rows(guide) == ["Hello", "", "› First  a hint"]
    assert draw_entry(guide, context(), None).rows[-1].targets[0][2] == ClickTarget("choice", "one")


@pytest.mark.parametrize(
    "hostile", ["[/]", "[@click=app.quit]x[/]", "\x1b]0;PWNED\x07x", "a\u202eb", "\x9b31m"]
)
def test_hostile_text_is_harmless_wherever_it_stands(hostile: str) -> None:
    call = ToolCallEntry("c", hostile, hostile, hostile, (ToolCallOutput("logs", hostile, hostile),))
    named = ToolCallEntry(
        "c", "function", hostile, f'{{"{hostile[0]}": 1}}', (ToolCallOutput("text", hostile),)
    )
    entries = [
        MessageEntry(
            "m",
            "assistant",
            hostile,
            f"{hostile}\n\n`{hostile}`\n\n```{hostile}\n{hostile}\n```\n\n|{hostile}|b|\n|-|-|\n|1|2|",
            attachments=(Attachment("f", hostile, 1, hostile),),
            citations=(Citation(0, 1, 1, hostile),),
            incomplete_reason=hostile,
        ),
        StepEntry("s", "r", 1, hostile, (call, named), 1.0, hostile),
        RunEntry("r", "r", hostile, reason=hostile, waits_for=(hostile,)),
        RunEntry("r", "r", "requires_action", waits_for=(hostile,)),
        ErrorEntry("e", hostile, hostile, hostile, hostile),
        NoticeEntry("n", hostile),
        QueuedEntry("q", hostile),
        GuideEntry("g", hostile, (GuideOption("c", hostile, hostile),)),
    ]
    for entry in entries:
        canvas = draw_entry(entry, context(), True)
        painted = "".join(row.text for row in canvas.rows)
        assert painted.isprintable() or "\u00a0" in painted
        assert not set("\x1b\x9b\u202e\x07") & set(painted + "".join(canvas.lines))
        if hostile.startswith("["):
            assert hostile in painted


def test_a_thought_shows_its_last_rows_while_it_grows_and_one_line_afterwards() -> None:
    text = "\n\n".join(f"idea {number}" for number in range(9))
    growing = ReasoningEntry("t", "r", text, streaming=True)
    assert rows(growing) == ["▾ thinking…", "  │ idea 6", "  │ idea 7", "  │ idea 8"]
    assert rows(growing, unfolded=False) == ["▸ thinking…"]
    done = ReasoningEntry("t", "r", text, seconds=4.0, tokens=1180)
    assert rows(done) == ["▸ thought for 4.0\u00a0s · 1,180 tokens"]
    assert len(rows(done, unfolded=True)) == 1 + 17
    assert rows(ReasoningEntry("t", "r", "x")) == ["▸ thought"]


def test_a_thought_cannot_reach_the_terminal() -> None:
    drawn = "".join(rows(ReasoningEntry("t", "r", "a\x1b]52;c;x\x07b[red]c", streaming=True)))
    assert "\x1b" not in drawn
    assert "[red]c" in drawn


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (RunEntry("r", "r", "completed", prompt_tokens=7, completion_tokens=3), "↑7 ↓3"),
        (
            RunEntry("r", "r", "completed", prompt_tokens=7, cost_usd=0.0043, cost_is_computed=True),
            "↑7 · ≈\u00a0$0.0043",
        ),
        (
            RunEntry(
                "r", "r", "completed", prompt_tokens=7, cost_usd=0.0, context_tokens=7, context_length=200
            ),
            "↑7 · $0 · ctx\u00a04\u00a0%",
        ),
        (
            RunEntry(
                "r",
                "r",
                "completed",
                prompt_tokens=7,
                cost_usd=1.5,
                cost_is_partial=True,
                tokens_are_partial=True,
            ),
            "over ↑7 · over\u00a0$1.50",
        ),
        (
            RunEntry("r", "r", "completed", prompt_tokens=0, tokens_are_partial=True, cost_usd=0.5),
            "$0.500",
        ),
    ],
)
def test_a_receipt_makes_no_number_up(entry: RunEntry, expected: str) -> None:
    assert rows(entry) == [f"✓ completed · {expected}"]


def test_a_wait_is_counted_down_and_a_silence_up() -> None:
    retry = NoticeEntry("n", "Too many requests", "warning", until=1003.2, attempt="2/3")
    silence = NoticeEntry("n", "No answer from api.test", "warning", since=970.0)
    assert rows(retry) == ["! Too many requests · retrying in 4 s (2/3) · esc to stop"]
    assert rows(replace(retry, until=999.0)) == ["! Too many requests · retrying now (2/3) · esc to stop"]
    assert rows(silence) == ["! No answer from api.test for 30 s · esc to stop"]
