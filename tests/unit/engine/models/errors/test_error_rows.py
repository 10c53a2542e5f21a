"""Every row of the error tables of the AI/ML API and of OpenAI, over HTTP and through the real `openai` package.

Source: assistants-api.md 3.4, 3.6 (aimlapi/api-docs, 2026-08-21); OpenAI's guide "Error codes".
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.chats import KEY, asking, failed, serving
from tests.support.scenes import Reply, Scene, flat_refusal, refusal

MODEL = "test/fast"


@dataclass(frozen=True)
class Row:
    """An answer, and what the user is to hear of it."""

    name: str
    reply: Reply
    says: str
    """What happened, and whose fault it is."""
    remedy: str
    retried: bool
    code: str = "server_error"
    request_id: str = "inf_flat"


def openai_row(status: int, message: str, **more: str) -> Reply:
    return refusal(status, message, headers={"x-request-id": "req_openai"}, **more)


CREDITS = (
    "You've run out of credits. Please top up your balance or update your payment method to continue: "
    "https://aimlapi.com/app/billing/"
)
NEEDS_KEY = (
    "This request requires a valid API key. You can create a new API key on the Billing page: "
    "https://aimlapi.com/app/keys"
)
ENUM = "Body validation error: Invalid enum value. Expected 'user' | 'assistant', received 'system'"
QUOTA = "You exceeded your current quota, please check your plan and billing details."
MAINTENANCE = "The model is under maintenance, please contact us at help@aimlapi.com."
PROMPT, LIMIT = "invalid_prompt", "rate_limit_exceeded"

AIMLAPI = [
    Row(
        "400 parameters",
        flat_refusal(400, ENUM),
        f"rejected the request for {MODEL} as invalid",
        "another model",
        False,
        PROMPT,
    ),
    Row(
        "400 role",
        flat_refusal(400, "Unsupported value: 'messages[0].role' does not support 'tool' with this model."),
        "rejected the request",
        "another model",
        False,
        PROMPT,
    ),
    Row("401 key", flat_refusal(401, NEEDS_KEY), "did not accept the API key", "Connections (ctrl+p)", False),
    Row("403 credits", flat_refusal(403, CREDITS), "the account has run out of credit", "Add credit", False),
    Row(
        "403 key's limit",
        flat_refusal(403, "Key spending limit exceeded"),
        "reached its spending limit",
        "Raise",
        False,
    ),
    Row(
        "403 scope",
        flat_refusal(403, "The key has no scope for this endpoint"),
        "does not allow this request",
        "scope",
        False,
    ),
    Row(
        "404 path",
        flat_refusal(404, "Cannot POST /v1/chat/completions"),
        "has no /v1/chat/completions",
        "base URL",
        False,
    ),
    Row(
        "404 not callable",
        flat_refusal(404, "No endpoints found"),
        f"lists {MODEL}, but",
        "the provider's",
        False,
    ),
    Row(
        "429 rate",
        flat_refusal(429, "Too Many Requests"),
        "says that this account's rate limit is reached",
        "Wait",
        True,
        LIMIT,
    ),
    Row(
        "429 concurrency",
        flat_refusal(429, "Concurrency limit reached"),
        "at the same time",
        "other answers",
        True,
        LIMIT,
    ),
    Row(
        "429 free tier",
        flat_refusal(
            429, "Free-tier limit: You've reached your free limit for the hour. Get a subscription."
        ),
        "the free tier's limit",
        "hour",
        False,
        LIMIT,
    ),
    Row(
        "500",
        flat_refusal(500, "Internal server error"),
        "says that the server had an error processing your request",
        "again",
        True,
    ),
    Row(
        "500 again",
        flat_refusal(500, "Something wrong with the server. Please, try again later."),
        "says that the server had an error processing your request",
        "again",
        True,
    ),
    Row("500 maintenance", flat_refusal(500, MAINTENANCE), "under maintenance", "ctrl+L", False),
    Row(
        "500 around a 400",
        flat_refusal(500, "Request failed with status code 400"),
        "rejected the request",
        "another model",
        False,
        PROMPT,
    ),
    Row("502", flat_refusal(502, "Bad Gateway"), "overloaded or down", "minute", True),
    Row("503", flat_refusal(503, "Service unavailable"), "overloaded or down", "minute", True),
    Row("504 thinking", flat_refusal(504, "Generation timeout"), "took longer", "reasoning effort", False),
    Row("504 gateway", Reply(504, {}, (b"",)), "timed out waiting", "faster", True, request_id=""),
]

OPENAI = [
    Row(
        "401 authentication",
        openai_row(401, "Invalid Authentication", type="invalid_request_error"),
        "did not accept the API key",
        "belongs to this host",
        False,
        request_id="req_openai",
    ),
    Row(
        "401 incorrect key",
        openai_row(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
        "wrong, has expired or belongs to another service",
        "Connections",
        False,
        request_id="req_openai",
    ),
    Row(
        "401 no organization",
        openai_row(401, "You must be a member of an organization to use the API"),
        "belongs to no organization",
        "invited",
        False,
        request_id="req_openai",
    ),
    Row(
        "401 address",
        openai_row(401, "Your IP is not authorized to use this API key."),
        "from this IP address",
        "allowed addresses",
        False,
        request_id="req_openai",
    ),
    Row(
        "403 country",
        openai_row(
            403, "Country, region, or territory not supported", code="unsupported_country_region_territory"
        ),
        "country or region",
        "another provider",
        False,
        request_id="req_openai",
    ),
    Row(
        "404 model",
        openai_row(
            404, "The model `x` does not exist or you do not have access to it.", code="model_not_found"
        ),
        f"does not offer {MODEL}",
        "ctrl+L",
        False,
        request_id="req_openai",
    ),
    Row(
        "429 rate",
        openai_row(429, "Rate limit reached for requests", code="rate_limit_exceeded"),
        "says that this account's rate limit is reached",
        "Wait",
        True,
        LIMIT,
        "req_openai",
    ),
    Row(
        "429 quota",
        openai_row(429, QUOTA, code="insufficient_quota"),
        "quota is used up",
        "plan",
        False,
        LIMIT,
        "req_openai",
    ),
    Row(
        "429 day",
        openai_row(429, "Rate limit reached on requests per day (RPD): Limit 200"),
        "daily limit",
        "another model",
        False,
        LIMIT,
        "req_openai",
    ),
    Row(
        "429 too large",
        openai_row(429, "Request too large for x on tokens per min (TPM): Limit 10000, Requested 20000."),
        "limit per minute",
        "shorter",
        False,
        LIMIT,
        "req_openai",
    ),
    Row(
        "500",
        openai_row(500, "The server had an error while processing your request", type="server_error"),
        "says that the server had an error processing your request",
        "again",
        True,
        request_id="req_openai",
    ),
    Row(
        "503 overloaded",
        openai_row(503, "The engine is currently overloaded, please try again later"),
        "overloaded",
        "minute",
        True,
        request_id="req_openai",
    ),
    Row(
        "503 slow down",
        openai_row(503, "Slow Down"),
        "slow down",
        "15 minutes",
        True,
        request_id="req_openai",
    ),
    Row(
        "400 context",
        openai_row(
            400, "This model's maximum context length is 8192 tokens.", code="context_length_exceeded"
        ),
        "too long",
        "new thread",
        False,
        PROMPT,
        "req_openai",
    ),
]


@pytest.mark.parametrize("row", [*AIMLAPI, *OPENAI], ids=lambda row: row.name)
async def test_every_row_of_the_tables_is_told_in_words(row: Row) -> None:
    async with serving(Scene((row.reply,))) as (server, model):
        error = await failed(model, asking(model=MODEL))
    assert error.message.startswith("127.0.0.1:")
    assert row.says in error.message
    assert row.remedy in error.remedy
    assert (error.status, error.retryable, error.code) == (row.reply.status, row.retried, row.code)
    assert error.request_id == (row.request_id or None)
    assert not error.cut
    if "environment" in error.remedy or "--" in error.remedy:
        assert "Connections (ctrl+p)" in error.remedy
    assert KEY not in repr(error)
    assert len(server.chats) <= 2  # at most one more, to do without what was refused
