"""Sentences for everything that can go wrong between here and a model. Pure: facts in, `ModelError` out."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from aimltui.engine.models.base import JSON, ErrorCode, ModelError
from aimltui.engine.models.endpoint import AIMLAPI_DOMAIN, Endpoint
from aimltui.engine.models.error_body import ServerWords, clean_id, words_of_json, words_of_text
from aimltui.engine.models.redaction import clip, presentable

KEY_REMEDY = (
    "Set AIMLAPI_API_KEY (AI/ML API) or OPENAI_API_KEY (OpenAI) in the environment, or name another variable with "
    "--api-key-env, and start again."
)
_MONEY = ("credit", "balance", "insufficient_quota", "exceeded your current quota", "billing", "payment", "top up")
_LONG = ("context length", "context_length", "context window", "too many tokens", "prompt is too long")
_NO_MODEL = re.compile(
    r"model_not_found|no endpoints found|no longer supported"
    r"|\bmodel\b.{0,80}(?:not exist|not found|not available|not supported|unknown|invalid|have access)"
    r"|(?:unknown|invalid|no such|unsupported) model\b"
)
_WRAPPED = re.compile(
    r"\b(?:status(?:code)?|code)\W{0,4}(?:code\W{0,4})?4(?:00|04|13|22)\b|\b4(?:00|22)\W{1,3}bad request"
    r"|bad request|invalid_request_error|validation error|invalid enum value|unsupported (?:value|parameter)"
    r"|context length"
)


@dataclass(frozen=True, slots=True)
class _Case:
    """An answer to be explained."""

    endpoint: Endpoint
    model: str
    status: int
    words: ServerWords
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.endpoint.host

    @property
    def keys_page(self) -> str:
        if self._is_aimlapi:
            return " Keys are at https://aimlapi.com/app/keys."
        return " Keys are at https://platform.openai.com/api-keys." if self.endpoint.is_openai else ""

    @property
    def billing_page(self) -> str:
        if self._is_aimlapi:
            return " at https://aimlapi.com/app/billing"
        return " at https://platform.openai.com/settings/organization/billing" if self.endpoint.is_openai else " there"

    @property
    def _is_aimlapi(self) -> bool:
        host = self.endpoint.origin[1]
        return host == AIMLAPI_DOMAIN or host.endswith("." + AIMLAPI_DOMAIN)

    def has(self, *marks: str) -> bool:
        return any(mark in self.words.marks for mark in marks)


@dataclass(frozen=True, slots=True)
class _Verdict:
    what: str
    """Completes "<host> ...", without a full stop."""
    remedy: str
    code: ErrorCode = "server_error"
    retryable: bool = False


def from_answer(
    endpoint: Endpoint,
    model: str,
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    now: float | None = None,
) -> ModelError:
    """An HTTP answer that is no success.

    Args:
        endpoint: Who answered.
        model: The model that was asked for.
        status: HTTP status.
        headers: The answer's headers, by lower-case name.
        body: The answer's body as text.
        now: Unix seconds, to read a Retry-After that is a date.
    """
    case = _Case(endpoint, model, status, words_of_text(body, endpoint.api_key), headers)
    verdict = _judge(case)
    retryable = verdict.retryable
    if headers.get("x-should-retry") in ("true", "false") and not _is_wrapped_refusal(case):
        retryable = headers["x-should-retry"] == "true"
    return ModelError(
        message=_sentence(f"{case.host} {verdict.what}", case.words.text),
        remedy=verdict.remedy,
        code=verdict.code,
        retryable=retryable,
        retry_after_s=retry_after(headers, time.time() if now is None else now),
        status=status,
        request_id=request_id_of(headers) or case.words.request_id,
    )


def from_stream(endpoint: Endpoint, model: str, payload: JSON, headers: Mapping[str, str]) -> ModelError:
    """An `error` object that came in a stream or in an answer with status 200."""
    words = words_of_json(payload, endpoint.api_key)
    status = words.status or (429 if "rate" in words.marks and "limit" in words.marks else 0)
    case = _Case(endpoint, model, status, words, {})
    verdict = _judge(case) if status else _Verdict("", "Send the message again; if it happens again, try another model.")
    said = words.text or "it did not say why"
    return ModelError(
        message=_sentence(f"{endpoint.host} broke off the answer with an error", said),
        remedy=verdict.remedy,
        code=verdict.code,
        retryable=verdict.retryable,
        status=words.status,
        request_id=words.request_id or request_id_of(headers),
        cut=True,
    )


def from_exception(endpoint: Endpoint, error: BaseException, *, began: bool) -> ModelError:
    """A connection that could not be made, or that broke.

    Args:
        endpoint: Whom it was to.
        error: What the HTTP library raised; its causes tell what happened.
        began: Whether the answer had begun.
    """
    host, kinds = endpoint.host, _kinds(error)
    if began:
        if any(kind.endswith("Timeout") or kind == "TimeoutError" for kind in kinds):
            return replace_cut(timed_out(endpoint, None, began=True))
        return cut(endpoint, "the connection broke")
    failure = _connection_failure(endpoint, kinds)
    if failure is not None:
        return failure
    if "RemoteProtocolError" in kinds or "ReadError" in kinds or "ConnectionResetError" in kinds:
        return ModelError(
            f"{host} closed the connection without a proper answer.",
            "Check that the base URL is that of an OpenAI-compatible server, then send the message again.",
            retryable=True,
        )
    detail = presentable(str(error), endpoint.api_key, 200)
    return ModelError(
        _sentence(f"The request to {host} failed", detail or type(error).__name__),
        "Check the network and the base URL, then send the message again.",
        retryable="UnsupportedProtocol" not in kinds and "LocalProtocolError" not in kinds,
    )


def _connection_failure(endpoint: Endpoint, kinds: list[str]) -> ModelError | None:
    host = endpoint.host
    if "ProxyError" in kinds:
        return ModelError(
            f"The proxy on the way to {host} refused the connection.",
            "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment.",
            retryable=True,
        )
    if "gaierror" in kinds:
        return ModelError(
            f"The name {host} could not be found: no network, or a mistyped base URL.",
            "Check the network and the base URL (--base-url), then send the message again.",
            retryable=True,
        )
    if "SSLCertVerificationError" in kinds:
        return ModelError(
            f"The certificate of {host} could not be verified, so nothing was sent to it.",
            "Check the base URL and this machine's clock; behind a company's proxy, let SSL_CERT_FILE name its "
            "certificate.",
        )
    if any(kind.startswith("SSL") for kind in kinds):
        return ModelError(
            f"No encrypted connection to {host} could be made; it may not speak HTTPS there.",
            "Check the base URL: a local server usually wants http:// in place of https://.",
        )
    if "ConnectionRefusedError" in kinds:
        local = endpoint.is_loopback
        return ModelError(
            f"Nothing answers at {host}: the connection was refused.",
            "Start the local server, or correct the port in the base URL."
            if local
            else "The server may be down; check the base URL and try again later.",
            retryable=True,
        )
    if "ConnectTimeout" in kinds or "PoolTimeout" in kinds:
        return ModelError(
            f"{host} did not accept a connection in time: the network or that server is slow or down.",
            "Check the network, then send the message again.",
            retryable=True,
        )
    if any(kind.endswith("Timeout") or kind == "TimeoutError" for kind in kinds):
        return timed_out(endpoint, None, began=False)
    if "ConnectError" in kinds:
        return ModelError(
            f"{host} could not be reached: the network is down, or something blocks the way.",
            "Check the network and the base URL, then send the message again.",
            retryable=True,
        )
    return None


def timed_out(endpoint: Endpoint, seconds: float | None, *, began: bool) -> ModelError:
    """The server kept silent for too long, before its answer or in the middle of it."""
    span = f" for {seconds:g} s" if seconds is not None else " for too long"
    if began:
        return ModelError(
            f"{endpoint.host} fell silent{span} in the middle of its answer.",
            "Send the message again; if it happens again, try another model.",
            cut=True,
        )
    return ModelError(
        f"{endpoint.host} accepted the request and then said nothing{span}.",
        "Send the message again, or try a faster model.",
        retryable=True,
    )


def cut(endpoint: Endpoint, why: str) -> ModelError:
    """The stream ended before the model said that it was done.

    Args:
        endpoint: Whose stream.
        why: Completes "the answer is not whole: ...", without a full stop.
    """
    return ModelError(
        f"The answer of {endpoint.host} is not whole: {why}.",
        "Send the message again, or ask it to continue from where it stopped.",
        cut=True,
    )


def no_api_there(endpoint: Endpoint, body: str) -> ModelError:
    """A success that is no answer of this API: a web page, nothing, something else."""
    words = words_of_text(body, endpoint.api_key)
    if words.is_html:
        what = "answered with a web page and not with JSON; the base URL is probably not that of an API"
    elif body.strip():
        what = "answered with something that is not an answer of a chat model"
    else:
        what = "answered with nothing at all"
    return ModelError(
        _sentence(f"{endpoint.host} {what}", words.text),
        "Check the base URL; most end in /v1.",
        retryable=not body.strip(),
    )


def unusable_key(endpoint: Endpoint) -> ModelError:
    """The key contains what cannot be sent."""
    return ModelError(
        f"The API key for {endpoint.host} contains characters that a key cannot have, so nothing was sent.",
        "Copy the key again, without blanks, quotes or line breaks inside it.",
    )


def replace_cut(error: ModelError) -> ModelError:
    """The same error, marked as one that came after the answer had begun."""
    error.cut = True
    return error


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait, from `retry-after-ms` or `Retry-After` (seconds or a date)."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        try:
            seconds = float(value) / scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """The id under which the server's operator finds this request."""
    for name in ("x-request-id", "x-inference-id", "request-id"):
        found = clean_id(headers.get(name))
        if found:
            return found
    return None


def _sentence(what: str, said: str) -> str:
    return f"{what}: “{said}”." if said else f"{what}."


def _kinds(error: BaseException) -> list[str]:
    """Names of the classes of an exception, its causes and its group's members, bases included."""
    found: list[str] = []
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo and len(seen) < 50:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        found += [cls.__name__ for cls in type(current).__mro__ if cls not in (object, BaseException, Exception)]
        todo += [e for e in (current.__cause__, current.__context__) if e is not None]
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions
    return found


def _is_wrapped_refusal(case: _Case) -> bool:
    return case.status == 500 and _WRAPPED.search(case.words.marks) is not None


def _judge(case: _Case) -> _Verdict:
    if 300 <= case.status < 400:
        return _redirect(case)
    judge = _BY_STATUS.get(case.status)
    if judge is not None:
        return judge(case)
    if case.status >= 500:
        return _server(case)
    return _Verdict(
        f"refused the request (HTTP {case.status})",
        "Check the base URL and the model; the server's words may tell more.",
    )


def _parameters(case: _Case) -> _Verdict:
    if case.has(*_LONG):
        return _Verdict(
            f"says that the conversation is too long for {_model(case)}",
            "Begin a new thread, or choose a model with a longer context.",
            "invalid_prompt",
        )
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    if case.has("content_filter", "content management policy", "safety system", "content policy"):
        return _Verdict(
            "refused the message because of its content rules", "Say it differently, or try another model.", "invalid_prompt"
        )
    if case.has("incorrect api key", "invalid api key", "api key not valid", "api_key_invalid"):
        return _key(case)
    return _Verdict(
        f"refused the request for {_model(case)} as invalid (HTTP {case.status}): this model does not take what was sent",
        "Try another model, or change the assistant's settings that the server names.",
        "invalid_prompt",
    )


def _key(case: _Case) -> _Verdict:
    if not case.endpoint.api_key:
        return _Verdict("wants an API key and none is set", KEY_REMEDY + case.keys_page)
    return _Verdict(
        "did not accept the API key: it is wrong, expired or for another service",
        "Check the key and that it belongs to this host." + case.keys_page,
    )


def _forbidden(case: _Case) -> _Verdict:
    if case.status == 402 or case.has(*_MONEY):
        return _Verdict("says that the account has run out of credit", f"Top up the balance{case.billing_page}.")
    if case.has("country", "region", "territory"):
        return _Verdict("does not serve this country or region", "Use another provider (--base-url).")
    return _Verdict(
        f"does not allow this key to use {_model(case)}",
        "Choose another model, or give the key the permission." + case.keys_page,
    )


def _missing(case: _Case) -> _Verdict:
    if _NO_MODEL.search(case.words.marks):
        return _unknown_model(case)
    path = urlsplit(case.endpoint.base_url).path.rstrip("/")
    hint = "" if path.endswith(("/v1", "/v2", "/openai")) else " Most base URLs end in /v1; this one does not."
    return _Verdict(
        f"knows no {path}/chat/completions, or no model {_model(case)}",
        f"Check the base URL and the model's id.{hint}",
    )


def _unknown_model(case: _Case) -> _Verdict:
    return _Verdict(
        f"does not offer {_model(case)} to this key", "Choose another model with ctrl+L, or check the spelling of its id."
    )


def _busy(case: _Case) -> _Verdict:
    if case.has(*_MONEY):
        return _Verdict(
            "says that the account's quota is used up",
            f"Check the plan and the balance{case.billing_page}; waiting does not help.",
            "rate_limit_exceeded",
        )
    return _Verdict(
        "gets too many requests from this account just now",
        "Wait a little and send the message again, or try another model.",
        "rate_limit_exceeded",
        retryable=True,
    )


def _too_big(case: _Case) -> _Verdict:
    return _Verdict(
        "says that the request is too big", "Send a shorter message, or begin a new thread.", "invalid_prompt"
    )


def _again(case: _Case) -> _Verdict:
    why = "waited too long for the request" if case.status == 408 else "is busy with a conflicting request"
    return _Verdict(why, "Send the message again.", retryable=True)


def _server(case: _Case) -> _Verdict:
    if _is_wrapped_refusal(case):
        return replace(_parameters(case), retryable=False)
    if case.status == 504:
        return _Verdict(
            "gave up waiting for the model (HTTP 504)",
            "Send the message again, ask for less at once, or try a faster model.",
            retryable=True,
        )
    if case.status in (502, 503, 529):
        return _Verdict(
            f"is overloaded or down for the moment (HTTP {case.status}); the fault is not here",
            "Try again in a minute, or choose another model.",
            retryable=True,
        )
    return _Verdict(
        f"failed on its own side (HTTP {case.status})",
        "Send the message again; if it happens again, try another model.",
        retryable=case.status not in (501, 505),
    )


def _redirect(case: _Case) -> _Verdict:
    target = presentable(case.headers.get("location", ""), case.endpoint.api_key, 200)
    where = f" to {target}" if target else ""
    return _Verdict(
        f"sends the request on{where} (HTTP {case.status}); it was not followed, so that the key stays with one host",
        "If you trust that address, set it as the base URL (--base-url).",
    )


def _model(case: _Case) -> str:
    return clip(presentable(case.model, case.endpoint.api_key), 80) or "this model"


_BY_STATUS: Mapping[int, Callable[[_Case], _Verdict]] = {
    400: _parameters,
    401: _key,
    402: _forbidden,
    403: _forbidden,
    404: _missing,
    408: _again,
    409: _again,
    413: _too_big,
    422: _parameters,
    425: _again,
    429: _busy,
}
