"""Every refusal and every broken connection becomes a sentence, a remedy and the right flags."""

from __future__ import annotations

import json
import re
import socket
import ssl
from itertools import pairwise
from time import process_time
from typing import Any

import pytest

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.errors.body import words_of_text
from aimltui.engine.models.errors.verdicts import key_remedy

KEY = "sk-test-0123456789abcdefghij"
AIML = Endpoint("AI/ML API", "https://api.aimlapi.com/v1", Secret(KEY))
OPENAI = Endpoint("OpenAI", "https://api.openai.com/v1", Secret(KEY))
LOCAL = Endpoint("local", "http://127.0.0.1:11434")
NOW = 1_800_000_000.0


def flat(message: str, status: int, **more: Any) -> str:
    return json.dumps(
        {"message": message, "statusCode": str(status), "requestId": "inf_1", "path": "/", **more}
    )


def nested(message: str, **more: Any) -> str:
    return json.dumps({"error": {"message": message, **more}})


def explain(
    status: int, body: str = "", *, endpoint: Endpoint = AIML, headers: dict[str, str] | None = None
) -> ModelError:
    return errors.from_answer(endpoint, "gpt-4o", status, headers or {}, body, now=NOW)


CREDITS = (
    "You've run out of credits. Please top up your balance or update your payment method to continue: "
    "https://aimlapi.com/app/billing/"
)
ROLE = "Unsupported value: 'messages[0].role' does not support 'system' with this model."

TABLE = [
    # status, body, what the sentence says, what the remedy says, code, retryable
    (400, flat("Body validation error", 400), "invalid", "settings", "invalid_prompt", False),
    (
        400,
        nested(ROLE, type="invalid_request_error"),
        "does not support 'system'",
        "model",
        "invalid_prompt",
        False,
    ),
    (
        400,
        nested("Too long", code="context_length_exceeded"),
        "too long",
        "new thread",
        "invalid_prompt",
        False,
    ),
    (400, nested("maximum context length is 8192"), "too long", "new thread", "invalid_prompt", False),
    (400, nested("The model `x` does not exist"), "does not offer gpt-4o", "ctrl+L", "server_error", False),
    (400, nested("no", code="content_filter"), "content policy", "Rephrase", "invalid_prompt", False),
    (400, nested("API key not valid."), "did not accept the API key", "Check the key", "server_error", False),
    (401, flat("This request requires a valid API key.", 401), "API key", "app/keys", "server_error", False),
    (402, "", "run out of credit", "billing", "server_error", False),
    (403, flat(CREDITS, 403), "run out of credit", "billing", "server_error", False),
    (
        403,
        nested("Country, region, or territory not supported"),
        "country",
        "provider",
        "server_error",
        False,
    ),
    (403, nested("Project does not have it"), "does not allow", "grant", "server_error", False),
    (404, nested("No endpoints found for x"), "lists gpt-4o, but", "ctrl+L", "server_error", False),
    (404, nested("gone", code="model_not_found"), "does not offer gpt-4o", "ctrl+L", "server_error", False),
    (404, "", "has no /v1/chat/completions", "base URL", "server_error", False),
    (405, "", "HTTP 405", "base URL", "server_error", False),
    (408, "", "waited too long", "again", "server_error", True),
    (409, "", "conflicting", "again", "server_error", True),
    (413, "<html><title>413 Too Large</title></html>", "too large", "shorter", "invalid_prompt", False),
    (422, nested("bad"), "invalid", "settings", "invalid_prompt", False),
    (
        429,
        flat("Too Many Requests", 429),
        "says that this account's rate limit is reached",
        "Wait",
        "rate_limit_exceeded",
        True,
    ),
    (
        429,
        nested("x", code="insufficient_quota"),
        "quota is used up",
        "balance",
        "rate_limit_exceeded",
        False,
    ),
    (
        429,
        flat("Free-tier limit: You've reached it.", 429),
        "free tier",
        "Wait",
        "rate_limit_exceeded",
        False,
    ),
    (
        500,
        flat("Internal server error", 500),
        "says that the server had an error processing your request",
        "again",
        "server_error",
        True,
    ),
    (500, flat("The model is under maintenance", 500), "maintenance", "another model", "server_error", False),
    (500, flat('{"status":400,"message":"x"}', 500), "as invalid", "another", "invalid_prompt", False),
    (500, flat("Request failed with status code 400", 500), "as invalid", "another", "invalid_prompt", False),
    (
        500,
        flat(
            '{"error":{"message":"This model takes 4096 tokens at most","type":"invalid_request_error"}}', 500
        ),
        "as invalid",
        "another",
        "invalid_prompt",
        False,
    ),
    (500, nested("400 Bad Request"), "as invalid", "another", "invalid_prompt", False),
    (500, nested("Invalid enum value. Expected 'user'"), "as invalid", "another", "invalid_prompt", False),
    (501, "", "server had an error processing your request", "another model", "server_error", False),
    (
        502,
        "<html><title>502 Bad Gateway</title></html>",
        "overloaded or down",
        "minute",
        "server_error",
        True,
    ),
    (503, flat("Service unavailable", 503), "overloaded or down", "minute", "server_error", True),
    (504, flat("Generation timeout", 504), "took longer", "faster", "server_error", False),
    (504, "", "timed out waiting", "faster", "server_error", True),
    (522, "", "HTTP 522", "again", "server_error", True),
    (529, nested("Overloaded"), "overloaded", "minute", "server_error", True),
]


@pytest.mark.parametrize(("status", "body", "says", "remedy", "code", "retryable"), TABLE)
def test_an_answer_with_an_error_is_explained(
    status: int, body: str, says: str, remedy: str, code: str, retryable: bool
) -> None:
    error = explain(status, body)
    assert error.message.startswith("api.aimlapi.com ")
    assert says in error.message
    assert remedy in error.remedy
    assert (error.code, error.retryable, error.status, error.cut) == (code, retryable, status, False)


@pytest.mark.parametrize("status", [*range(300, 309), *range(400, 600)])
def test_every_status_has_a_whole_sentence_and_a_remedy(status: int) -> None:
    for body in ("", "plain words", "<html>", "{", "[]", "null", flat("said", status), nested("said")):
        error = explain(status, body)
        for sentence in (error.message, error.remedy):
            assert sentence.endswith((".", "”"))
            assert "\n" not in sentence
            assert "  " not in sentence


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (flat("flat words", 400), "flat words"),
        (nested("nested words"), "nested words"),
        ('{"error":"just a string"}', "just a string"),
        ('[{"error":{"message":"in a list"}}]', "in a list"),
        ('{"detail":"of FastAPI"}', "of FastAPI"),
        ('{"detail":[{"loc":["body","model"],"msg":"field required"}]}', "body.model: field required"),
        ("<html><head><title>Hotel &amp; Bar</title></head></html>", "Hotel & Bar"),
        ("<h1>Bad <b>Gateway</b></h1>", "Bad Gateway"),
        ("no json at all", "no json at all"),
        (
            flat('400 {"error":{"message":"of the provider behind","param":"n"}}', 500),
            "of the provider behind",
        ),
        (flat('{"error":"wrapped once"}', 400), "wrapped once"),
        (flat('use {"error": "x"} as it is', 400), 'use {"error": "x"} as it is'),
    ],
)
def test_the_servers_words_are_found_in_every_shape(body: str, said: str) -> None:
    assert f"“{said}”" in explain(418, body).message


def test_details_are_joined_to_the_message() -> None:
    details = [
        {"path": "temperature", "reason": "Expected number, received null"},
        {"path": ["a", 0], "reason": "b"},
    ]
    error = explain(400, nested("Body validation error", details=details))
    assert "“Body validation error; temperature: Expected number, received null; a.0: b”" in error.message


@pytest.mark.parametrize(
    "body", ["[" * 5000, '{"a":' * 5000, "9" * 10_000, "\x00\x01", '{"error":{"message":{}}}']
)
def test_hostile_bodies_do_no_harm(body: str) -> None:
    error = explain(400, body)
    assert len(error.message) < 800
    assert error.message.isprintable()


def test_long_words_are_clipped_and_escape_sequences_lose_their_teeth() -> None:
    error = explain(400, nested("\x1b]0;owned\x07\u202e" + "long " * 1000))
    assert error.message.isprintable()
    assert len(error.message) < 700


def test_no_error_repeats_the_key() -> None:
    for status in (400, 401, 403, 404, 429, 500, 302):
        for body in (nested(f"key {KEY} is bad"), flat(KEY, status), KEY, f"<title>{KEY}</title>"):
            error = explain(status, body, headers={"location": f"https://x.test/?key={KEY}"})
            assert KEY not in repr(error)
            assert KEY not in str(error)


def test_without_a_key_a_401_says_how_to_set_one() -> None:
    error = explain(401, endpoint=LOCAL)
    assert error.message == "127.0.0.1:11434 needs an API key, and none is set."
    assert error.remedy == "Enter the key under Connections (ctrl+p), then send the message again."
    assert "set AIMLAPI_API_KEY" in key_remedy(Endpoint("x", "https://api.aimlapi.com/v1"))
    assert "set OPENAI_API_KEY" in key_remedy(Endpoint("x", "https://api.openai.com/v1"))


def test_keys_pages_are_named_for_known_hosts_only() -> None:
    assert "aimlapi.com/app/keys" in explain(401).remedy
    assert "platform.openai.com" in explain(401, endpoint=OPENAI).remedy
    assert "http" not in explain(401, endpoint=Endpoint("x", "https://llm.test/v1", Secret(KEY))).remedy


def test_a_404_of_a_base_url_without_v1_points_at_it() -> None:
    assert "/v1" in explain(404, endpoint=LOCAL).remedy
    assert "end in" not in explain(404).remedy


def test_a_redirect_says_where_to_and_that_it_was_not_followed() -> None:
    error = explain(308, headers={"location": "https://other.test/v1"})
    assert "https://other.test/v1" in error.message
    assert "not followed" in error.message
    assert "--base-url" in error.remedy


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e308"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"retry-after": "86400"}, 86_400.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
    ],
)
def test_the_time_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert explain(429, headers=headers).retry_after_s == seconds


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (429, {}, r"(?i)rate limit"),
        (429, {"retry-after": "19.2"}, r"Please try again in 20s\.$"),
        (500, {}, r"(?i)something went wrong|server had an error processing your request"),
        (500, {"retry-after": "5"}, r"HTTP 500\)\.$"),
    ],
)
def test_a_failed_run_has_the_words_that_clients_of_the_api_repeat_on(
    status: int, headers: dict[str, str], words: str
) -> None:
    assert re.search(words, explain(status, headers=headers).message)


def test_the_server_may_say_itself_whether_to_try_again() -> None:
    assert not explain(503, headers={"x-should-retry": "false"}).retryable
    assert explain(400, headers={"x-should-retry": "true"}).retryable
    wrapped = flat('{"status":400}', 500)
    assert not explain(500, wrapped, headers={"x-should-retry": "true"}).retryable


@pytest.mark.parametrize(
    ("headers", "body", "found"),
    [
        ({"x-request-id": "req_1", "x-inference-id": "inf"}, flat("m", 400), "req_1"),
        ({"x-inference-id": "inf_2"}, "", "inf_2"),
        ({}, flat("m", 400), "inf_1"),
        ({"x-request-id": "a\x1b[31m b" + "c" * 500}, "", "a[31mb" + "c" * 122),
        ({}, "", None),
    ],
)
def test_the_request_id_is_found_and_harmless(headers: dict[str, str], body: str, found: str | None) -> None:
    assert explain(400, body, headers=headers).request_id == found


def chained(*kinds: BaseException) -> BaseException:
    for outer, inner in pairwise(kinds):
        outer.__cause__ = inner
    return kinds[0]


class ConnectError(Exception):
    """Named as the HTTP library names it; only names count."""


class RemoteProtocolError(Exception):
    pass


class ReadTimeout(Exception):
    pass


class ConnectTimeout(Exception):
    pass


class ProxyError(Exception):
    pass


class LocalProtocolError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "says", "remedy", "retryable"),
    [
        (chained(ConnectError(), socket.gaierror(-2, "unknown")), "could not be found", "network", True),
        (chained(ConnectError(), ConnectionRefusedError()), "refused", "down", True),
        (chained(ConnectError(), ssl.SSLCertVerificationError("bad")), "certificate", "SSL_CERT_FILE", False),
        (chained(ConnectError(), ssl.SSLError("wrong version number")), "encrypted", "http://", False),
        (chained(ConnectError(), OSError(101, "unreachable")), "could not be reached", "network", True),
        (chained(ConnectError(), ExceptionGroup("all", [ConnectionRefusedError()])), "refused", "down", True),
        (ConnectTimeout(), "did not accept a connection", "network", True),
        (ReadTimeout(), "sent nothing", "faster", True),
        (ProxyError("407"), "proxy", "NO_PROXY", True),
        (RemoteProtocolError("disconnected"), "closed the connection", "base URL", True),
        (LocalProtocolError(f"Illegal header value b'{KEY}'"), "failed", "base URL", False),
        (RuntimeError("odd"), "odd", "base URL", True),
    ],
)
def test_a_connection_that_fails_is_explained(
    error: BaseException, says: str, remedy: str, retryable: bool
) -> None:
    explained = errors.from_exception(AIML, error, began=False)
    assert says in explained.message
    assert "api.aimlapi.com" in explained.message
    assert remedy in explained.remedy
    assert KEY not in explained.message
    assert (explained.retryable, explained.cut, explained.status) == (retryable, False, None)


@pytest.mark.parametrize(
    ("error", "is_the_proxys"),
    [
        (chained(ConnectError(), ConnectionRefusedError()), True),
        (chained(ConnectError(), socket.gaierror(-2, "unknown")), True),
        (ConnectTimeout(), True),
        (chained(ConnectError(), ssl.SSLError("wrong version number")), False),
        (ReadTimeout(), False),
    ],
)
def test_a_proxy_that_cannot_be_reached_is_named_instead_of_the_server_behind_it(
    error: BaseException, is_the_proxys: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:s3cret@proxy.example:3128")
    explained = errors.from_exception(AIML, error, began=False)
    assert ("The proxy proxy.example:3128" in explained.message) is is_the_proxys
    assert "api.aimlapi.com" in explained.message
    assert "s3cret" not in explained.message
    local = errors.from_exception(LOCAL, error, began=False)
    assert "proxy" not in local.message


def test_a_certificate_that_is_refused_says_why() -> None:
    refused = ssl.SSLCertVerificationError("bad")
    refused.verify_message = f"certificate has expired {KEY}\x1b[31m"
    message = errors.from_exception(AIML, chained(ConnectError(), refused), began=False).message
    assert "so nothing was sent to it: certificate has expired" in message
    assert KEY not in message
    assert "\x1b" not in message


def test_a_refused_local_server_is_to_be_started() -> None:
    error = errors.from_exception(LOCAL, chained(ConnectError(), ConnectionRefusedError()), began=False)
    assert error.message == "Nothing answers at 127.0.0.1:11434: the connection was refused."
    assert "Start the local server (`ollama serve`)" in error.remedy


@pytest.mark.parametrize("kind", [RemoteProtocolError, ReadTimeout, ConnectionResetError])
def test_a_connection_that_breaks_in_the_middle_is_a_cut(kind: type[Exception]) -> None:
    error = errors.from_exception(AIML, kind(), began=True)
    assert error.cut
    assert not error.retryable


@pytest.mark.parametrize(
    ("payload", "says", "status", "code"),
    [
        ({"error": {"message": "upstream died", "code": 502}}, "upstream died", 502, "server_error"),
        (
            {"error": {"message": "Rate limit hit", "type": "rate_limit_error"}},
            "Rate",
            None,
            "rate_limit_exceeded",
        ),
        ({"error": "words"}, "words", None, "server_error"),
        ({"error": {}}, "it gave no reason", None, "server_error"),
        ({"message": "flat", "statusCode": 500, "requestId": "r"}, "flat", 500, "server_error"),
    ],
)
def test_an_error_inside_of_a_stream_is_explained(
    payload: Any, says: str, status: int | None, code: str
) -> None:
    error = errors.from_stream(AIML, "gpt-4o", payload, {"x-request-id": "r"}, began=True)
    assert says in error.message
    assert (error.cut, error.retryable, error.status, error.code) == (True, False, status, code)
    assert error.request_id == "r"


def test_silence_names_its_length() -> None:
    assert "sent nothing for 600 s" in errors.timed_out(AIML, 600.0, began=False).message
    assert "sent nothing for 300 s in the middle" in errors.timed_out(AIML, 300.0, began=True).message


@pytest.mark.parametrize("body", ["x,", '{"a":[1],', "sk-123456789,"])
def test_the_work_of_reading_a_refusal_does_not_grow_with_its_length(body: str) -> None:
    def cpu_s(count: int) -> float:
        whole = body * count
        start = process_time()
        words_of_text(whole, Secret(KEY))
        return process_time() - start

    once = min(cpu_s(250_000) for _ in range(3))
    assert min(cpu_s(2_000_000) for _ in range(3)) < 4 * once


@pytest.mark.parametrize("before", range(65_536 - len(KEY) - 1, 65_537))
def test_a_key_across_the_place_where_reading_stops_is_not_shown_in_part(before: int) -> None:
    for filler in ("\n", "\u200b"):
        text = "Refused:" + filler * (before - 8) + KEY + " and more" * 1000
        assert KEY[:4] not in words_of_text(text, Secret(KEY)).text


def test_a_key_that_a_server_sends_as_its_request_id_is_hidden() -> None:
    key = "sk-test-0123456789abcdef0123456789"
    assert key[8:] not in str(errors.request_id_of({"x-request-id": key}, Secret(key)))
    assert errors.request_id_of({"x-request-id": "req_8f1c2b"}, Secret(key)) == "req_8f1c2b"


def test_a_gateway_passes_on_when_to_try_again() -> None:
    assert errors.retry_after({"llm_provider-retry-after": "7"}, now=0.0) == 7.0
