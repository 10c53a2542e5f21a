"""What a request may look like, and the words in which it is refused otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimltui.wire import operations as op
from aimltui.wire.errors import BadRequest
from aimltui.wire.operations import Operation
from aimltui.wire.parsing import parse_json, parse_params, wants_stream
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT

THREAD = {"thread_id": "thread_1"}
RUN = {"thread_id": "thread_1", "run_id": "run_1"}
ASSISTANT: dict[str, Any] = {"model": "m"}
CREATE_RUN: dict[str, Any] = {"assistant_id": "asst_1"}
SAY: dict[str, Any] = {"role": "user", "content": "hello"}


def refused(
    operation: Operation[Any, Any], body: Any = None, path: Any = None, query: Any = ()
) -> tuple[str, str | None, str | None]:
    with pytest.raises(BadRequest) as caught:
        parse_params(operation, path or {}, query, body or {})
    return caught.value.message, caught.value.code, caught.value.param


def with_tool(tool: Any) -> dict[str, Any]:
    return {**ASSISTANT, "tools": [tool]}


def with_search(**ranking: Any) -> dict[str, Any]:
    return with_tool({"type": "file_search", "file_search": {"ranking_options": ranking}})


BODIES: list[tuple[Operation[Any, Any], dict[str, str], Any, str, str, str]] = [
    (op.CREATE_RUN, THREAD, {}, "Missing required parameter: 'assistant_id'.", "missing_required_parameter", "assistant_id"),
    (op.CREATE_THREAD, {}, SAY, "Unknown parameter: 'role'.", "unknown_parameter", "role"),
    (op.CREATE_THREAD, {}, {"messages": [{**SAY, "x": 1}]}, "Unknown parameter: 'messages[0].x'.", "unknown_parameter", "messages[0].x"),
    (op.CREATE_ASSISTANT, {}, {"model": 5}, "Invalid type for 'model': expected a string, but got an integer instead.", "invalid_type", "model"),
    (op.CREATE_ASSISTANT, {}, {"model": None}, "Invalid type for 'model': expected a string, but got null instead.", "invalid_type", "model"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "metadata": {"modified": True}}, "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.", "invalid_type", "metadata.modified"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "temperature": "1"}, "Invalid type for 'temperature': expected a decimal, but got a string instead.", "invalid_type", "temperature"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "temperature": 2.5}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", "decimal_above_max_value", "temperature"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "temperature": 3}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.", "decimal_above_max_value", "temperature"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "top_p": -0.1}, "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.", "decimal_below_min_value", "top_p"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "name": "x" * 257}, "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.", "string_above_max_length", "name"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "tools": [{"type": "code_interpreter"}] * 129}, "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.", "array_above_max_length", "tools"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "browser"}), "Invalid value: 'browser'. Supported values are: 'code_interpreter', 'file_search', and 'function'.", "invalid_value", "tools[0].type"),
    (op.CREATE_ASSISTANT, {}, with_tool({}), "Missing required parameter: 'tools[0].type'.", "missing_required_parameter", "tools[0].type"),
    (op.CREATE_ASSISTANT, {}, with_tool("retrieval"), "Invalid type for 'tools[0]': expected an object, but got a string instead.", "invalid_type", "tools[0]"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "function"}), "Missing required parameter: 'tools[0].function'.", "missing_required_parameter", "tools[0].function"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "function", "function": {"name": "get weather"}}), "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "invalid_value", "tools[0].function.name"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "function", "function": {"name": ""}}), "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.", "empty_string", "tools[0].function.name"),
    (op.CREATE_ASSISTANT, {}, with_search(score_threshold=1.01), "Invalid 'tools[0].file_search.ranking_options.score_threshold': decimal above maximum value. Expected a value <= 1, but got 1.01 instead.", "decimal_above_max_value", "tools[0].file_search.ranking_options.score_threshold"),
    (op.CREATE_ASSISTANT, {}, with_search(score_threshold=float("nan")), "Invalid 'tools[0].file_search.ranking_options.score_threshold': decimal below minimum value. Expected a value >= 0, but got nan instead.", "decimal_below_min_value", "tools[0].file_search.ranking_options.score_threshold"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "file_search", "file_search": {"max_num_results": 0}}), "Invalid 'tools[0].file_search.max_num_results': integer below minimum value. Expected a value >= 1, but got 0 instead.", "integer_below_min_value", "tools[0].file_search.max_num_results"),
    (op.CREATE_ASSISTANT, {}, with_tool({"type": "file_search", "file_search": {"max_num_results": 51}}), "Invalid 'tools[0].file_search.max_num_results': integer above maximum value. Expected a value <= 50, but got 51 instead.", "integer_above_max_value", "tools[0].file_search.max_num_results"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "reasoning_effort": "huge"}, "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.", "invalid_value", "reasoning_effort"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "response_format": "json_object"}, "Invalid value: 'json_object'. Supported values are: 'auto'.", "invalid_value", "response_format"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "response_format": {"type": "json_schema"}}, "Missing required parameter: 'response_format.json_schema'.", "missing_required_parameter", "response_format.json_schema"),
    (op.CREATE_ASSISTANT, {}, {**ASSISTANT, "tool_resources": {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}}, "Invalid 'tool_resources.file_search.vector_store_ids': array too long. Expected an array with maximum length 1, but got an array with length 2 instead.", "array_above_max_length", "tool_resources.file_search.vector_store_ids"),
    (op.CREATE_MESSAGE, THREAD, {"role": "user"}, "Missing required parameter: 'content'.", "missing_required_parameter", "content"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "role": "system"}, "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.", "invalid_value", "role"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "content": 5}, "Invalid type for 'content': expected one of a string or an array, but got an integer instead.", "invalid_type", "content"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "content": []}, "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array", "content"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "content": [{"type": "text"}]}, "Missing required parameter: 'content[0].text'.", "missing_required_parameter", "content[0].text"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "content": [{"type": "text", "text": 5}]}, "Invalid type for 'content[0].text': expected a string, but got an integer instead.", "invalid_type", "content[0].text"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "content": [{"type": "video"}]}, "Invalid value: 'video'. Supported values are: 'image_file', 'image_url', and 'text'.", "invalid_value", "content[0].type"),
    (op.CREATE_MESSAGE, {"thread_id": "undefined"}, SAY, "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.", "invalid_value", "thread_id"),
    (op.CREATE_MESSAGE, THREAD, {**SAY, "thread_id": "thread_2"}, "Unknown parameter: 'thread_id'.", "unknown_parameter", "thread_id"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "max_prompt_tokens": 255}, "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256, but got 255 instead.", "integer_below_min_value", "max_prompt_tokens"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "max_prompt_tokens": True}, "Invalid type for 'max_prompt_tokens': expected an integer, but got a boolean instead.", "invalid_type", "max_prompt_tokens"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "tools": [{"type": "code_interpreter"}] * 21}, "Invalid 'tools': array too long. Expected an array with maximum length 20, but got an array with length 21 instead.", "array_above_max_length", "tools"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "tool_choice": "always"}, "Invalid value: 'always'. Supported values are: 'none', 'auto', and 'required'.", "invalid_value", "tool_choice"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "tool_choice": {"type": "function"}}, "Missing required parameter: 'tool_choice.function'.", "missing_required_parameter", "tool_choice.function"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "truncation_strategy": {"type": "last_messages"}}, "Missing required parameter: 'truncation_strategy.last_messages'.", "missing_required_parameter", "truncation_strategy.last_messages"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "truncation_strategy": {"type": "last_messages", "last_messages": 0}}, "Invalid 'truncation_strategy.last_messages': integer below minimum value. Expected a value >= 1, but got 0 instead.", "integer_below_min_value", "truncation_strategy.last_messages"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "tool_resources": {}}, "Unknown parameter: 'tool_resources'.", "unknown_parameter", "tool_resources"),
    (op.CREATE_RUN, THREAD, {**CREATE_RUN, "include": []}, "Unknown parameter: 'include'.", "unknown_parameter", "include"),
    (op.CREATE_RUN, THREAD, {"assistant_id": "gpt-4o"}, "Invalid 'assistant_id': 'gpt-4o'. Expected an ID that begins with 'asst'.", "invalid_value", "assistant_id"),
    (op.MODIFY_RUN, RUN, {"status": "completed"}, "Unknown parameter: 'status'.", "unknown_parameter", "status"),
    (op.SUBMIT_TOOL_OUTPUTS, RUN, {}, "Missing required parameter: 'tool_outputs'.", "missing_required_parameter", "tool_outputs"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "path", "body", "message", "code", "param"), BODIES)
def test_a_body_is_refused_in_the_words_of_the_api(
    operation: Operation[Any, Any], path: dict[str, str], body: Any, message: str, code: str, param: str
) -> None:
    assert refused(operation, body, path) == (message, code, param)


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        (("limit", "0"), "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.", "integer_below_min_value"),
        (("limit", "101"), "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.", "integer_above_max_value"),
        (("limit", "ten"), "Invalid type for 'limit': expected an integer, but got a string instead.", "invalid_type"),
        (("limit", "9" * 5000), "Invalid type for 'limit': expected an integer, but got a string instead.", "invalid_type"),
        (("order", "up"), "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", "invalid_value"),
        (("sort", "asc"), "Unknown parameter: 'sort'.", "unknown_parameter"),
        (("run_id", "step_1"), "Invalid 'run_id': 'step_1'. Expected an ID that begins with 'run'.", "invalid_value"),
    ],
)  # fmt: skip
def test_a_query_is_refused_in_the_words_of_the_api(query: tuple[str, str], message: str, code: str) -> None:
    assert refused(op.LIST_MESSAGES, path=THREAD, query=[query]) == (message, code, query[0])


def test_metadata_has_its_limits() -> None:
    message, code, _ = refused(op.CREATE_THREAD, {"metadata": {str(n): "x" for n in range(17)}})
    assert code == "object_above_max_properties"
    assert "at most 16" in message
    assert refused(op.CREATE_THREAD, {"metadata": {"k" * 65: "x"}})[1] == "string_above_max_length"
    assert refused(op.CREATE_THREAD, {"metadata": {"k": "x" * 513}})[2] == "metadata.k"
    largest = {f"{n:064}": "x" * 512 for n in range(16)}
    assert parse_params(op.CREATE_THREAD, {}, (), {"metadata": largest}).given() == {"metadata": largest}


def test_text_in_a_query_becomes_what_the_parameter_is() -> None:
    query = [("limit", "5"), ("order", "asc"), ("after", "msg_1"), ("api-version", "2024-05-01-preview")]
    params = parse_params(op.LIST_MESSAGES, THREAD, query, {})
    assert params.given() == {"limit": 5, "order": "asc", "after": "msg_1", "thread_id": "thread_1"}


def test_include_is_a_list_with_or_without_brackets_and_in_the_query_of_a_post() -> None:
    for name in ("include", "include[]"):
        params = parse_params(op.CREATE_RUN, THREAD, [(name, INCLUDE_SEARCH_CONTENT)], CREATE_RUN)
        assert params.given()["include"] == [INCLUDE_SEARCH_CONTENT]
    assert refused(op.CREATE_RUN, CREATE_RUN, THREAD, [("include[]", "all")])[1] == "invalid_value"


def test_null_and_zero_are_values_and_what_is_left_out_is_not_given() -> None:
    body = {**CREATE_RUN, "temperature": 0, "instructions": None, "metadata": None, "stream": True}
    params = parse_params(op.CREATE_RUN, THREAD, (), body)
    assert params.given() == {
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "temperature": 0.0,
        "instructions": None,
        "metadata": None,
    }


def test_stream_is_a_boolean_and_only_where_there_are_streams() -> None:
    assert wants_stream(op.CREATE_RUN, {"stream": True})
    assert not wants_stream(op.CREATE_RUN, {"stream": None})
    assert wants_stream(op.RUN_EVENTS, {})
    with pytest.raises(BadRequest, match="Invalid type for 'stream': expected a boolean"):
        wants_stream(op.CREATE_RUN, {"stream": "true"})
    assert refused(op.CREATE_MESSAGE, {**SAY, "stream": True}, THREAD)[0] == "Unknown parameter: 'stream'."


def test_a_functions_schema_is_taken_as_it_is() -> None:
    tool = {
        "type": "function",
        "function": {"name": "f", "parameters": {"anything": [1, None]}, "strict": True},
    }
    params = parse_params(op.CREATE_ASSISTANT, {}, (), with_tool(tool))
    assert params.given()["tools"] == [tool]


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a": NaN}', b'{"a": -1e999}', b"[" * 100_000, b"{'a': 1}"]
)
def test_a_body_that_is_not_json_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(BadRequest, match="could not parse the JSON body"):
        parse_json(body)


def test_half_a_surrogate_is_refused_like_any_other_broken_json() -> None:
    assert "could not parse" in refused(op.CREATE_ASSISTANT, parse_json(b'{"model": "\\ud800"}'))[0]


def test_a_body_may_be_empty_but_not_something_else_than_an_object() -> None:
    assert parse_json(b"") == parse_json(b" \n") == parse_json(b"null") == parse_json(b"{}") == {}
    with pytest.raises(BadRequest, match="expected an object, but got an array"):
        parse_json(b"[]")


@pytest.mark.parametrize("name", ["max_completion_tokens", "max_prompt_tokens"])
def test_an_integer_beyond_64_bits_is_refused(name: str) -> None:
    message, code, param = refused(op.CREATE_RUN, {**CREATE_RUN, name: 2**63}, THREAD)
    assert message.startswith(f"Invalid '{name}': integer above maximum value.")
    assert (code, param) == ("integer_above_max_value", name)
    assert parse_params(op.CREATE_RUN, THREAD, (), {**CREATE_RUN, name: 2**63 - 1}).given()[name] == 2**63 - 1


def nested(depth: int) -> bytes:
    start = b'{"model": "m", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"a": '
    return start + b"[" * depth + b"]" * depth + b"}}}]}"


@pytest.mark.parametrize("depth", [300, 900, 975, 985, 990, 995, 100_000])
def test_a_body_that_is_nested_too_deeply_is_refused_in_words(depth: int) -> None:
    with pytest.raises(BadRequest, match="We could not parse the JSON body of your request"):
        parse_params(op.CREATE_ASSISTANT, {}, (), parse_json(nested(depth)))


def test_a_nested_body_that_is_taken_can_be_written_again() -> None:
    params = parse_params(op.CREATE_ASSISTANT, {}, (), parse_json(nested(150)))
    assert json.loads(params.model_dump_json(exclude_unset=True)) == json.loads(nested(150))


def test_a_nested_integer_beyond_64_bits_is_named_with_its_place() -> None:
    strategy = {"type": "last_messages", "last_messages": 10**30}
    found = refused(op.CREATE_RUN, {**CREATE_RUN, "truncation_strategy": strategy}, THREAD)
    assert found[2] == "truncation_strategy.last_messages"
