from __future__ import annotations

import json
import time
from typing import Any

import pytest

from aimltui.engine.models.base import ChatRequest, ModelInfo
from aimltui.engine.models.chat.history import adapted, whole_arguments
from aimltui.engine.models.chat.request_body import request_body
from aimltui.engine.models.compat.learning import learn
from aimltui.engine.models.compat.quirks import (
    EFFORTS,
    Quirks,
    in_words,
    known_quirks,
    nearest_effort,
    token_limit,
)
from aimltui.engine.models.endpoint.endpoint import Endpoint
from tests.support.chats import answered, serving
from tests.support.refusing import REFUSALS
from tests.support.scenes import Scene

AIML = Endpoint("AI/ML API", "https://api.aimlapi.com/v1")
OPENAI = Endpoint("OpenAI", "https://api.openai.com/v1")
LOCAL = Endpoint("local", "http://127.0.0.1:8080/v1")
USER = {"role": "user", "content": "Hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}, "name": "cat.png"}


def sent(quirks: Quirks, *messages: Any, **more: Any) -> dict[str, Any]:
    return request_body(ChatRequest("m", messages or [USER], **more), quirks)


@pytest.mark.parametrize(
    ("endpoint", "model", "info", "known"),
    [
        (LOCAL, "o3", None, {}),
        (LOCAL, "m", ModelInfo("m", abilities=frozenset({"tools"})), {"no_images": True, "no_files": True}),
        (LOCAL, "m", ModelInfo("m", inputs=frozenset({"text"})), {"no_images": True, "no_files": True}),
        (LOCAL, "m", ModelInfo("m", abilities=frozenset({"files"}), inputs=frozenset({"image"})), {}),
        (LOCAL, "m", ModelInfo("m", output_limit=99), {"output_limit": 99}),
        (LOCAL, "m", ModelInfo("m", endpoints=frozenset({"responses"})), {"responses": True}),
        (LOCAL, "m", ModelInfo("m", endpoints=frozenset({"responses", "chat"})), {}),
        (
            OPENAI,
            "o4-mini",
            None,
            {"completion_tokens": True, "no_temperature": True, "no_top_p": True},
        ),
        (OPENAI, "gpt-5-chat-latest", None, {"completion_tokens": True}),
        (AIML, "openai/gpt-4o", None, {}),
        (AIML, "alibaba/qwen3.8-max", None, {"no_thinking": True}),
        (AIML, "anthropic/claude-opus-5", None, {"cache_marks": True}),
        (AIML, "claude-opus-4-8", None, {"cache_marks": True}),
        (AIML, "anthropic/claude-sonnet-4.5", None, {"cache_marks": True, "thinking_budget": True}),
        (AIML, "claude-sonnet-4-5-20250929", None, {"cache_marks": True, "thinking_budget": True}),
        (AIML, "anthropic/claude-sonnet-4-6-20260218", None, {"cache_marks": True, "thinking_budget": True}),
        (AIML, "claude-opus-4-20250514", None, {"cache_marks": True, "thinking_budget": True}),
        (LOCAL, "anthropic/claude-sonnet-4.5", None, {}),
        (AIML, "deepseek/deepseek-v4-pro", None, {"reasoning_back": "calls"}),
        (
            AIML,
            "openai/gpt-5-2-codex",
            None,
            {"responses": True, "completion_tokens": True, "no_temperature": True, "no_top_p": True},
        ),
        (
            AIML,
            "o1",
            ModelInfo("o1", abilities=frozenset({"vision", "files"})),
            {
                "no_stream": True,
                "completion_tokens": True,
                "no_temperature": True,
                "no_top_p": True,
                "format": "json_object",
            },
        ),
    ],
)
def test_what_is_known_before_anything_was_tried(
    endpoint: Endpoint, model: str, info: ModelInfo | None, known: dict[str, Any]
) -> None:
    assert known_quirks(endpoint, model, info).given() == known


@pytest.mark.parametrize(
    ("asked", "endpoint", "info", "limit"),
    [
        (None, LOCAL, None, None),
        (None, AIML, None, 8192),
        (None, AIML, ModelInfo("m", output_limit=128_000), 32_000),
        (None, AIML, ModelInfo("m", output_limit=4096), 4096),
        (None, AIML, ModelInfo("m", output_limit=8192, context_length=16_000), 4000),
        (60_000, AIML, ModelInfo("m", output_limit=4096), 4096),
        (300, AIML, ModelInfo("m", output_limit=4096), 300),
        (60_000, LOCAL, None, 60_000),
    ],
)
def test_a_limit_is_named_where_the_servers_own_would_be_too_small(
    asked: int | None, endpoint: Endpoint, info: ModelInfo | None, limit: int | None
) -> None:
    assert token_limit(asked, known_quirks(endpoint, "m", info), endpoint, info) == limit


def test_the_nearest_effort_is_asked_for() -> None:
    some = Quirks(efforts=("low", "medium", "high"))
    assert [nearest_effort(level, some) for level in EFFORTS] == [
        "low", "low", "low", "medium", "high", "high", "high",
    ]  # fmt: skip
    assert nearest_effort("max", Quirks()) == "max"
    assert nearest_effort("max", Quirks(efforts=())) is None


def test_lessons_go_through_json_and_nonsense_in_them_is_left_out() -> None:
    quirks = Quirks(no_stream=True, output_limit=5, efforts=("low",), format="text", reasoning_back="all")
    assert Quirks().taught(json.loads(json.dumps(quirks.given()))) == quirks
    nonsense = {
        "no_stream": "yes",
        "output_limit": -1,
        "efforts": 7,
        "format": "xml",
        "who": True,
        "choice": [],
    }
    assert Quirks().taught(nonsense) == Quirks()


def test_every_lesson_has_words() -> None:
    full = {
        "output_limit": 4096, "efforts": ["low", "high"], "choice": "auto", "format": "text", "reasoning_back": "all",
    }  # fmt: skip
    names = Quirks.__dataclass_fields__
    told = {name: in_words(name, full.get(name, True)) for name in names}
    assert all(text[0].isalpha() and text.endswith(".") for text in told.values()), told
    assert told["output_limit"] == "Answers have at most 4,096 tokens."
    assert in_words("efforts", []) == "Reasoning efforts: none."
    assert in_words("efforts", ["\x1b[31m"]) == "Reasoning efforts: none."
    assert in_words("nonsense", True) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ('{"a": 1}', {"a": 1}),
        ('{"city": "Os', {"city": "Os"}),
        ('{"city": "Os\\', {"city": "Os"}),
        ('{"city": "O\\u00', {"city": "O"}),
        ('{"a": [1, {"b": tr', {"a": [1, {"b": None}]}),
        ('{"a": 1,', {"a": 1}),
        ('{"a":', {"a": None}),
        ('{"a', {"a": None}),
        ('{"a": -', {"a": None}),
        ('{"a": "x"', {"a": "x"}),
        ("{", {}),
        ("[1, 2]", {"unreadable_arguments": "[1, 2]"}),
        ("nonsense", {"unreadable_arguments": "nonsense"}),
        ('{"a": "b\nc"}', {"a": "b\nc"}),
    ],
)
def test_arguments_that_were_cut_off_go_back_whole(text: str, value: Any) -> None:
    assert json.loads(whole_arguments(text)) == value


def test_arguments_that_are_whole_go_back_as_they_came() -> None:
    assert whole_arguments('{"a" :  1}') == '{"a" :  1}'


def test_pictures_and_files_that_are_not_taken_are_named_in_the_text() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:,"}}
    message = {"role": "user", "content": [{"type": "text", "text": "Look"}, IMAGE, file]}
    assert adapted([message], Quirks(no_images=True, no_files=True))[0]["content"] == (
        "Look\n\n[image cat.png not shown to this model]\n\n[file a.pdf not shown to this model]"
    )
    shown = adapted([message], Quirks())[0]["content"]
    assert shown == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "data:,"}},
        file,
    ]


def test_calls_are_told_as_text_to_a_model_without_tool_messages() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "out"},
    ]
    told = sent(Quirks(fold_calls=True, alternate=True), *messages)["messages"]
    assert [(m["role"], m["content"]) for m in told] == [
        ("user", "Hi"),
        ("assistant", "[Called f with {}]"),
        ("user", "[The tool answered; the user did not write this.]\nout"),
    ]
    learned = learn(
        Quirks(), 400, "Invalid value: 'tool'. role must be one of 'user'", {"messages": messages}
    )
    assert learned == Quirks(fold_calls=True)


def test_what_a_format_or_a_choice_asks_for_stands_in_the_instructions_where_it_cannot_be_sent() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    tools = [{"type": "function", "function": {"name": name}} for name in ("f", "g")]
    named = {"type": "function", "function": {"name": "g"}}
    half = sent(
        Quirks(format="json_object", choice="required"),
        response_format=schema,
        tools=tools,
        tool_choice=named,
    )
    assert half["response_format"] == {"type": "json_object"}
    assert (half["tool_choice"], half["tools"]) == ("required", tools[1:])
    assert '{"type": "object"}' in half["messages"][0]["content"]
    none = sent(Quirks(format="text", choice="auto"), response_format=schema, tools=tools, tool_choice=named)
    assert not {"response_format", "tool_choice"} & set(none)
    assert none["messages"][0]["content"].endswith("You must answer with a call of the tool g.")


def test_reasoning_goes_back_only_to_those_who_want_it() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "Hm."},
        {"role": "assistant", "content": "So."},
    ]

    def back(wanted: str | None) -> list[Any]:
        told = sent(Quirks(reasoning_back=wanted), *messages)["messages"]
        return [one.get("reasoning_content") for one in told if one["role"] == "assistant"]

    assert [back(None), back("calls"), back("all"), back("no")] == [
        [None, None], ["Hm.", None], ["Hm.", ""], [None, None],
    ]  # fmt: skip


def test_what_is_wrong_with_one_picture_teaches_nothing() -> None:
    body = {"messages": [{"role": "user", "content": [IMAGE]}]}
    for words in (
        "The image is too large",
        "Invalid image: could not be decoded",
        "Failed to download image_url",
    ):
        assert learn(Quirks(), 400, words, body) is None
    assert learn(Quirks(), 404, "No endpoints found that support image input", body) == Quirks(no_images=True)


def test_reasoning_is_given_back_with_more_messages_if_it_is_missed_again() -> None:
    words = "The `reasoning_content` in the thinking mode must be passed back to the API."
    some = learn(Quirks(), 400, words, {"messages": [USER]})
    assert some == Quirks(reasoning_back="calls")
    assert learn(some, 400, words, {"messages": [USER]}) == Quirks(reasoning_back="all")
    assert learn(Quirks(reasoning_back="all"), 400, words, {"messages": [USER]}) is None
    back = {"messages": [{"role": "assistant", "content": "x", "reasoning_content": "Hm."}]}
    assert learn(some, 400, "reasoning_content is not allowed here", back) == Quirks(reasoning_back="no")


def test_a_gateway_that_adds_stream_options_itself_does_not_teach_that_a_model_cannot_stream() -> None:
    words = (
        "litellm.UnsupportedParamsError: small does not support stream_options; to drop it set drop_params"
    )
    streamed = {"messages": [USER], "stream": True}
    assert learn(Quirks(), 400, words, streamed) is None
    assert learn(Quirks(), 400, "small does not support streaming", streamed) == Quirks(no_stream=True)


async def test_the_user_hears_of_a_picture_that_the_model_was_not_shown() -> None:
    look = [{"type": "text", "text": "Look"}, IMAGE]
    refusing = Scene((REFUSALS["pictures"].answers,))
    async with serving(refusing) as (server, model):
        for _ in range(2):
            chunks = await answered(model, ChatRequest("m", [{"role": "user", "content": look}]))
            remarks = [chunk.remark for chunk in chunks if chunk.remark]
            assert remarks == ["This model sees no pictures: cat.png was left out."]
        older = [{"role": "user", "content": look}, {"role": "assistant", "content": "Hm."}, USER]
        assert not any(chunk.remark for chunk in await answered(model, ChatRequest("m", older)))
    assert len(server.chats) == 4


def test_a_call_that_ends_with_thousands_of_blanks_is_read_at_once() -> None:
    began = time.process_time()
    assert whole_arguments('{"a": 1,' + " " * 20_000) == '{"a": 1}'
    assert whole_arguments('{"a": [1,2' + ", " * 8_000) == '{"a": [1, 2]}'
    assert time.process_time() - began < 2.0
