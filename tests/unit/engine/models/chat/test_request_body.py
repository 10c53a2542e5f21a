from __future__ import annotations

from typing import Any

import pytest

from aimltui.engine.models.base import ChatRequest
from aimltui.engine.models.chat.history import fold_system
from aimltui.engine.models.chat.request_body import request_body
from aimltui.engine.models.compat.learning import learn
from aimltui.engine.models.compat.quirks import Quirks, wants_completion_tokens

USER = {"role": "user", "content": "Hi"}


def body(quirks: Quirks | None = None, **more: Any) -> dict[str, Any]:
    return request_body(ChatRequest("m", [USER], **more), quirks or Quirks())


def test_a_plain_request_says_only_what_it_must() -> None:
    assert body() == {
        "model": "m",
        "messages": [USER],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert body(stream=False) == {"model": "m", "messages": [USER]}


def test_what_is_asked_for_is_sent() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    assert body(
        tools=[tool],
        tool_choice="required",
        parallel_tool_calls=False,
        temperature=0.0,
        top_p=0.5,
        max_tokens=10,
        response_format={"type": "json_object"},
        reasoning_effort="low",
        stream=False,
    ) == {
        "model": "m",
        "messages": [USER],
        "tools": [tool],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 10,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "low",
    }


def test_settings_of_tools_are_not_sent_without_tools() -> None:
    assert "tool_choice" not in body(tool_choice="auto", parallel_tool_calls=True)
    assert "parallel_tool_calls" not in body(tool_choice="auto", parallel_tool_calls=True)


def test_no_null_is_sent_except_where_it_means_something() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {
            "role": "assistant",
            "content": None,
            "name": None,
            "tool_calls": [{**call, "extra_content": {"g": None}}],
        },
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,", "detail": None}}]},
    ]
    schema = {"type": "object", "properties": {"a": {"enum": ["x", None], "default": None}}}
    tools = [
        {
            "type": "function",
            "function": {"name": "f", "description": None, "strict": None, "parameters": schema},
        }
    ]
    sent = request_body(ChatRequest("m", messages, tools=tools, tool_choice=None), Quirks())
    assert sent["messages"] == [
        {"role": "assistant", "tool_calls": [{**call, "extra_content": {"g": None}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
    ]
    assert sent["tools"] == [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    assert "tool_choice" not in sent


@pytest.mark.parametrize(
    ("model", "wants"),
    [
        ("o1", True),
        ("o3-mini", True),
        ("o4-mini", True),
        ("gpt-5", True),
        ("gpt-5.1-codex", True),
        ("openai/o3", True),
        ("gpt-4o", False),
        ("gpt-4.1", False),
        ("solo1", False),
        ("o10x", False),
    ],
)
def test_openais_reasoning_models_are_recognised(model: str, wants: bool) -> None:
    assert wants_completion_tokens(model) is wants


def test_reasoning_models_get_their_own_limit() -> None:
    sent = body(Quirks(completion_tokens=True), max_tokens=5)
    assert sent["max_completion_tokens"] == 5
    assert "max_tokens" not in sent


@pytest.mark.parametrize(
    ("messages", "folded"),
    [
        ([{"role": "system", "content": "S"}, USER], [{"role": "user", "content": "S\n\nHi"}]),
        (
            [{"role": "system", "content": "S"}, {"role": "user", "content": [{"type": "image_url"}]}],
            [{"role": "user", "content": [{"type": "text", "text": "S"}, {"type": "image_url"}]}],
        ),
        (
            [{"role": "system", "content": "S"}, USER, {"role": "developer", "content": "T"}],
            [{"role": "user", "content": "S\n\nT\n\nHi"}],
        ),
        ([{"role": "system", "content": "S"}], [{"role": "user", "content": "S"}]),
        ([USER], [USER]),
    ],
)
def test_folding_keeps_the_instructions_before_the_first_user_message(messages: Any, folded: Any) -> None:
    assert fold_system(messages) == folded


SYSTEM = {"messages": [{"role": "system", "content": "S"}, USER]}


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "messages.0.role: Invalid enum value. Expected 'user' | 'assistant', received 'system'",
        "System role not supported",
        "Unexpected role 'system': only 'user' and 'assistant' are allowed",
    ],
)
def test_a_refused_system_role_is_learned_from(text: str) -> None:
    assert learn(Quirks(), 400, text, SYSTEM) == Quirks(fold_system=True)


@pytest.mark.parametrize(
    ("status", "text", "sent"),
    [
        (400, "Unsupported value: role system", {"messages": [USER]}),
        (401, "system role not supported", SYSTEM),
        (400, "The model is overloaded", SYSTEM),
        (400, "stream_options is unknown", SYSTEM),
        (400, "use max_completion_tokens", SYSTEM),
        (503, "stream_options", {**SYSTEM, "stream_options": {}}),
    ],
)
def test_a_refusal_that_cannot_be_about_what_was_sent_teaches_nothing(
    status: int, text: str, sent: Any
) -> None:
    assert learn(Quirks(), status, text, sent) is None


def test_refused_options_and_limits_are_learned_from() -> None:
    assert learn(Quirks(), 400, "extra field: stream_options", {"stream_options": {}}) == Quirks(
        no_stream_options=True
    )
    text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    assert learn(Quirks(), 400, text, {"max_tokens": 5}) == Quirks(completion_tokens=True)


CLAUDE = Quirks(cache_marks=True, thinking_budget=True)
LONG = "x" * 20_000
MARK = {"type": "ephemeral"}


def marks(messages: list[dict[str, Any]]) -> list[int]:
    """The places of the messages that end with a mark for the cache."""
    sent = request_body(ChatRequest("m", messages), CLAUDE)["messages"]
    return [
        place
        for place, message in enumerate(sent)
        if isinstance(message["content"], list) and message["content"][-1].get("cache_control") == MARK
    ]


def test_a_long_prompt_is_marked_behind_the_instructions_and_the_newest_question() -> None:
    system = {"role": "system", "content": LONG}
    answer = {"role": "assistant", "content": "yes"}
    assert marks([USER]) == []
    assert marks([system, USER]) == [0, 1]
    assert marks([{"role": "system", "content": "Be."}, {"role": "user", "content": LONG}]) == [1]
    assert marks([system, USER, answer, USER]) == [0, 3]
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:," + LONG}}]}
    assert marks([picture]) == []
    body = request_body(ChatRequest("m", [system, USER]), CLAUDE)
    assert body["messages"][0]["content"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    assert request_body(ChatRequest("m", [system, USER]), Quirks())["messages"] == [system, USER]
    unmarked = request_body(ChatRequest("m", [system, USER], prompt_cache=False), CLAUDE)
    assert unmarked["messages"] == [system, USER]


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        ({}, None),
        ({"reasoning_effort": "none"}, None),
        ({"reasoning_effort": "low"}, 2048),
        ({"reasoning_effort": "high"}, 16_384),
        ({"reasoning_effort": "high", "max_tokens": 8192}, 4096),
        ({"reasoning_effort": "high", "max_tokens": 1500}, None),
        ({"reasoning_effort": "low", "tools": [{"type": "function"}], "tool_choice": "required"}, None),
        ({"reasoning_effort": "low", "tools": [{"type": "function"}], "tool_choice": "auto"}, 2048),
    ],
)
def test_an_effort_is_a_budget_for_thinking(given: dict[str, Any], budget: int | None) -> None:
    sent = body(CLAUDE, temperature=0.2, top_p=0.9, **given)
    expected = {"type": "enabled", "budget_tokens": budget} if budget else None
    assert sent.get("thinking") == expected
    assert "reasoning_effort" not in sent
    assert ("temperature" in sent, "top_p" in sent) == (not budget, not budget)


def test_a_model_does_not_begin_to_think_between_a_call_and_its_answer() -> None:
    called = [USER, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "1"}]
    assert "thinking" not in request_body(ChatRequest("m", called, reasoning_effort="low"), CLAUDE)


def test_refused_marks_and_budgets_are_learned_from() -> None:
    marked = request_body(ChatRequest("m", [{"role": "user", "content": LONG}]), CLAUDE)
    for text in ("messages.0.content.0.cache_control: Extra inputs", "messages[0].content must be a string"):
        learned = learn(CLAUDE, 400, text, marked)
        assert learned is not None
        assert learned.since(CLAUDE) == {"no_cache_marks": True}
        assert request_body(ChatRequest("m", [{"role": "user", "content": LONG}]), learned)["messages"] == [
            {"role": "user", "content": LONG}
        ]
    asked = ChatRequest("m", [USER], reasoning_effort="high", max_tokens=9_000)
    learned = learn(CLAUDE, 400, "thinking.type: enabled is not supported", request_body(asked, CLAUDE))
    assert learned is not None
    assert learned.since(CLAUDE) == {"no_budget": True}
    assert request_body(asked, learned)["reasoning_effort"] == "high"
    assert learn(CLAUDE, 400, "the cache is full of strings", body(CLAUDE)) is None


def test_a_web_search_is_asked_for_until_it_is_refused() -> None:
    assert body(web_search=True)["web_search_options"] == {}
    assert "web_search_options" not in body()
    refused = "Unrecognized request argument supplied: web_search_options"
    learned = learn(Quirks(), 400, refused, body(web_search=True))
    assert learned == Quirks(no_web_search=True)
    assert "web_search_options" not in body(learned, web_search=True)
    assert learn(Quirks(), 400, refused, body()) is None
