"""Errors that a gateway or a local server puts in words of its own: whose fault it is, and what helps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.errors import sentences as errors

GATEWAY = Endpoint("gateway", "http://127.0.0.1:4000/v1", Secret("sk-mine-0123456789abcdef"))
LLAMA = Endpoint("llama", "http://127.0.0.1:8080/v1")


def explain(status: int, message: str, *, endpoint: Endpoint = GATEWAY, **more: Any) -> ModelError:
    body = json.dumps({"error": {"message": message, **more}})
    return errors.from_answer(endpoint, "small", status, {}, body, now=0.0)


def test_a_wrong_key_of_a_gateway_without_a_database_is_a_wrong_key() -> None:
    error = explain(400, "No connected db.", type="no_db_connection", code="400")
    assert "did not accept the API key" in error.message
    assert not error.retryable


def test_a_cooldown_is_no_rate_limit_of_the_user() -> None:
    error = explain(
        429,
        "No deployments available for selected model, Try again in 5 seconds. Passed model=small.",
        code="429",
    )
    assert error.code == "server_error"
    assert "paused small for all users" in error.message
    assert "this account" not in error.message
    assert error.retryable
    assert error.gateway


@pytest.mark.parametrize("status", [401, 500])
def test_the_gateways_own_key_is_not_the_users_key(status: int) -> None:
    error = explain(
        status, "litellm.AuthenticationError: OpenAIException - Incorrect API key provided: sk-up"
    )
    assert "gateway's own key" in error.message
    assert "Check the key" not in error.remedy
    assert not error.retryable


def test_an_error_of_a_gateway_says_that_others_have_tried_already() -> None:
    assert explain(500, "litellm.InternalServerError: OpenAIException - boom").gateway
    assert not explain(500, "boom").gateway


@pytest.mark.parametrize(
    ("status", "message", "context"),
    [
        (400, "the request exceeds the available context size, try increasing it", None),
        (400, "request (5000 tokens) exceeds the available context size (4096 tokens)", 4096),
        (500, "the request exceeds the available context size. try increasing the context size", None),
        (400, "This model's maximum context length is 8192 tokens. However, you requested 9000", 8192),
        (400, "prompt is too long: 203456 tokens > 200000 maximum", 200_000),
        (400, "litellm.ContextWindowExceededError: the context window is full", None),
    ],
)
def test_words_about_the_context_mean_a_long_thread_not_the_settings(
    status: int, message: str, context: int | None
) -> None:
    error = explain(status, message, endpoint=LLAMA)
    assert "too long" in error.message
    assert "settings" not in error.remedy
    assert error.too_long
    assert error.context_tokens == context


def test_the_context_that_llama_cpp_names_is_read() -> None:
    words = "request (99 tokens) exceeds the available context size (64 tokens), try increasing it"
    told = {"type": "exceed_context_size_error", "code": 400, "n_prompt_tokens": 99, "n_ctx": 64}
    error = explain(400, words, endpoint=LLAMA, **told)
    assert error.too_long
    assert error.context_tokens == 64


def test_a_thread_too_long_in_a_stream_is_told_as_one() -> None:
    payload = {"error": {"message": "the request exceeds the available context size", "n_ctx": 64}}
    error = errors.from_stream(LLAMA, "small", payload, {}, began=False)
    assert error.too_long
    assert "Start a new thread" in error.remedy


@pytest.mark.parametrize(
    "body",
    [
        "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>",
        "upstream said: <!DOCTYPE html><html><h1>502 Bad Gateway</h1><p>nginx</p></html>",
        json.dumps({"error": {"message": "APIError: <html><title>502 Bad Gateway</title><p>nginx</html>"}}),
        json.dumps({"error": "<html><title>502 Bad Gateway</title><p>nginx</html>"}),
    ],
)
def test_a_web_page_as_an_error_becomes_one_sentence(body: str) -> None:
    error = errors.from_answer(LLAMA, "small", 502, {}, body, now=0.0)
    assert "<" not in error.message
    assert "nginx" not in error.message
    assert "502 Bad Gateway" in error.message
