"""Calls that models print as text, in the ways that are met."""

from __future__ import annotations

import json
import time

import pytest

from aimltui.engine.runs.printed_calls import printed_calls
from aimltui.engine.runs.text_tool_calls import (
    CALL,
    TEXT,
    FencedCallParser,
    PrintedCallParser,
    Segment,
    TextCalls,
)

NAMES = frozenset({"weather", "time", "python"})
OSLO = '{"name": "weather", "arguments": {"city": "Oslo"}}'
ROME = '{"name": "weather", "arguments": {"city": "Rome"}}'
PRINTED = [
    (OSLO, ["Oslo"]),
    (f"```json\n{OSLO}\n```", ["Oslo"]),
    (f"```\n{OSLO}\n```\n", ["Oslo"]),
    (f"<tool_call>\n{OSLO}\n</tool_call>", ["Oslo"]),
    (f"<tool_call>\n{OSLO}\n</tool_call>\n<tool_call>\n{ROME}\n</tool_call>", ["Oslo", "Rome"]),
    (f"<tool_call>{OSLO}</tool_call>\nIt rains in Oslo, 7 degrees.", ["Oslo"]),
    (f"[{OSLO}, {ROME}]", ["Oslo", "Rome"]),
    (f"{OSLO}\n{ROME}", ["Oslo", "Rome"]),
    (f"[TOOL_CALLS][{OSLO},{ROME}]", ["Oslo", "Rome"]),
    (f"<|python_tag|>{OSLO}<|eom_id|>", ["Oslo"]),
    ('{"name": "weather", "parameters": {"city": "Oslo"}}', ["Oslo"]),
    ('{"type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}}', ["Oslo"]),
    ('<function=weather>{"city": "Oslo"}</function>', ["Oslo"]),
    ("<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>", ["Oslo"]),
    ('[weather(city="Oslo"), weather(city="Rome")]', ["Oslo", "Rome"]),
]  # fmt: skip
TEXTS = [
    '{"name": "Ada", "city": "Oslo"}',
    '{"name": "other", "arguments": {"city": "Oslo"}}',
    f"{OSLO} is how the call looks.",
    f"Here is a call:\n{OSLO}",
    '[weather("Oslo")]',
    "[link](x) and more",
    "[1, 2]",
    "<b>bold</b>",
    "<tool_call>\nnot JSON at all\n</tool_call>",
    "```python\nweather()\n```",
    "The tag `<tool_call>` begins a call.",
    "{" * 3000,
    "[" * 3000,
]


def split(parser: PrintedCallParser | TextCalls, text: str, size: int) -> list[Segment]:
    found: list[Segment] = []
    for at in range(0, len(text), size):
        found += parser.feed(text[at : at + size])
    return found + parser.finish()


def read(segments: list[Segment]) -> tuple[str, list[str]]:
    """The text that is shown, and the cities that are asked for."""
    shown = "".join(segment.value for segment in segments if segment.kind == TEXT)
    cities = [json.loads(segment.value)["city"] for segment in segments if segment.kind == CALL]
    return shown, cities


def parsers() -> list[PrintedCallParser | TextCalls]:
    fenced = FencedCallParser(runs_code=False, names=NAMES)
    return [PrintedCallParser(NAMES, ()), TextCalls(PrintedCallParser(NAMES, (), fences=False), fenced)]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "cities"), PRINTED)
def test_a_text_that_is_nothing_but_calls_is_these_calls(text: str, cities: list[str], size: int) -> None:
    assert read(split(PrintedCallParser(NAMES, ()), text, size)) == ("", cities)


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", TEXTS)
def test_every_other_text_is_shown_as_it_is(text: str, size: int) -> None:
    assert read(split(PrintedCallParser(NAMES, ()), text, size)) == (text, [])


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("place", [0, 1])
def test_calls_in_tags_may_follow_a_text(size: int, place: int) -> None:
    text = f"I will look.\n<tool_call>\n{OSLO}\n</tool_call>"
    assert read(split(parsers()[place], text, size)) == ("I will look.\n", ["Oslo"])


@pytest.mark.parametrize("place", [0, 1])
def test_what_a_model_invents_after_a_call_ends_the_turn(place: int) -> None:
    parser = parsers()[place]
    found = parser.feed(f"<tool_call>\n{OSLO}\n</tool_call>\n<tool_response>")
    assert parser.is_over
    assert read(found) == ("", ["Oslo"])
    assert parser.feed("It rains") == parser.finish() == []


@pytest.mark.parametrize("text", ['{"name": "Ada', "[link](", "[1,", "<b", "```py"])
def test_an_answer_that_cannot_be_a_call_streams_at_once(text: str) -> None:
    found = PrintedCallParser(NAMES, ()).feed(text)
    assert "".join(segment.value for segment in found) == text


def test_code_after_the_python_tag_is_code() -> None:
    found = split(PrintedCallParser(NAMES, {"python"}), "<|python_tag|>print(6 * 7)", 4)
    assert [segment.value for segment in found if segment.kind == "code"] == ["print(6 * 7)"]


def test_values_of_parameters_have_their_types() -> None:
    text = "<function=time><parameter=hours>5</parameter><parameter=zone>UTC</parameter></function>"
    assert json.loads(printed_calls(text, NAMES)[0].arguments) == {"hours": 5, "zone": "UTC"}


@pytest.mark.parametrize("value", ["{(1, 2): 3}", "{[1]: 2}", "{[1]}"])
def test_a_list_of_calls_with_values_that_json_does_not_have_is_text(value: str) -> None:
    assert printed_calls(f"[weather(city={value})]", NAMES) == []


def test_a_thousand_blank_lines_before_an_answer_are_left_out() -> None:
    parser = TextCalls(PrintedCallParser(NAMES, (), fences=False), FencedCallParser())
    found = [*parser.feed("\n" * 3_000), *parser.feed("Hello there."), *parser.finish()]
    assert "".join(segment.value for segment in found) == "Hello there."


@pytest.mark.parametrize("start", ["```", "```json"])
def test_a_long_blank_line_after_a_fence_is_read_at_once(start: str) -> None:
    began = time.process_time()
    is_none = printed_calls(start + "\t" * 60_000 + "x", NAMES) == []
    assert is_none
    assert time.process_time() - began < 2


def test_odd_escapes_of_a_model_print_no_warning() -> None:
    (call,) = printed_calls(r"[weather(city='C:\d')]", NAMES)
    assert json.loads(call.arguments) == {"city": r"C:\d"}
