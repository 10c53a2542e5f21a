"""Turns failures of a request to a model into `ModelError`s with sentences for the user. It reads the environment, and does no other I/O."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from aimltui.common.bodies import BodyTooLong, size_text
from aimltui.common.proxies import PROXY_VARIABLES, proxy_for, shown_proxy
from aimltui.engine.models.base import JSON, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.redaction import presentable
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.errors.body import clean_id, words_of_json, words_of_text
from aimltui.engine.models.errors.verdicts import (
    Case,
    Verdict,
    is_of_gateway,
    is_too_long,
    is_wrapped_refusal,
    judge,
)

_STARTS = {
    11434: "`ollama serve`",
    1234: "LM Studio: Developer, Start Server",
    8080: "llama.cpp: `llama-server -m MODEL.gguf`",
    8000: "vLLM: `vllm serve MODEL`",
}
"""What starts the server that usually listens on a port."""
_PROVIDER_RETRY = "llm_provider-retry-after"
_LONGEST_WAIT_S = 31 * 86_400.0


def from_answer(
    endpoint: Endpoint,
    model: str,
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    now: float | None = None,
) -> ModelError:
    """Explain an HTTP answer with an error status.

    Args:
        endpoint: Who answered.
        model: The model that was asked for.
        status: HTTP status.
        headers: The answer's headers, by lower-case name.
        body: The answer's body as text.
        now: Unix seconds, needed for a Retry-After that is a date; None for the current time.
    """
    case = Case(endpoint, model, status, words_of_text(body, endpoint.api_key), headers)
    verdict = judge(case)
    retryable = verdict.retryable
    if headers.get("x-should-retry") in ("true", "false") and not is_wrapped_refusal(case):
        retryable = headers["x-should-retry"] == "true"
    wait_s = retry_after(headers, time.time() if now is None else now)
    return ModelError(
        message=_sentence(f"{case.host} {verdict.what}", case.words.text) + _when_again(verdict, wait_s),
        remedy=verdict.remedy,
        code=verdict.code,
        retryable=retryable,
        retry_after_s=wait_s,
        status=status,
        request_id=request_id_of(headers, endpoint.api_key) or case.words.request_id,
        gateway=is_of_gateway(case.words),
        too_long=verdict.code == "invalid_prompt" and is_too_long(case.words),
        context_tokens=case.words.context_tokens,
    )


def from_stream(
    endpoint: Endpoint, model: str, payload: JSON, headers: Mapping[str, str], *, began: bool
) -> ModelError:
    """Explain an `error` object in a stream, or in an answer with status 200."""
    words = words_of_json(payload, endpoint.api_key)
    too_long = is_too_long(words)
    status = words.status or (
        400 if too_long else 429 if "rate" in words.marks and "limit" in words.marks else 0
    )
    case = Case(endpoint, model, status, words, {})
    verdict = (
        judge(case)
        if status
        else Verdict("", "Send the message again; if that fails too, try another model.")
    )
    said = words.text or "it gave no reason"
    return ModelError(
        message=_sentence(
            f"{endpoint.host} {'broke off the answer' if began else 'answered'} with an error", said
        ),
        remedy=verdict.remedy,
        code=verdict.code,
        retryable=verdict.retryable and not began,
        status=words.status,
        request_id=words.request_id or request_id_of(headers, endpoint.api_key),
        cut=began,
        gateway=is_of_gateway(words),
        too_long=too_long and not began,
        context_tokens=words.context_tokens,
    )


def from_exception(endpoint: Endpoint, error: BaseException, *, began: bool) -> ModelError:
    """Explain a connection that failed.

    Args:
        endpoint: The server.
        error: The HTTP library's exception; its causes say what happened.
        began: Whether the answer had started.
    """
    host, kinds = endpoint.host, _kinds(error)
    if began:
        if any(kind.endswith("Timeout") or kind == "TimeoutError" for kind in kinds):
            return _as_cut(timed_out(endpoint, None, began=True))
        return cut(endpoint, "the connection broke")
    too_long = next((one for one in _chain(error) if isinstance(one, BodyTooLong)), None)
    if too_long is not None:
        return ModelError(
            f"{host} answered with more than {size_text(too_long.limit_bytes)}, so the answer was not read.",
            "Check that the base URL is that of an OpenAI-compatible server.",
        )
    failure = _connection_failure(endpoint, error, kinds)
    if failure is not None:
        return failure
    if "RemoteProtocolError" in kinds or "ReadError" in kinds or "ConnectionResetError" in kinds:
        return ModelError(
            f"{host} closed the connection without a valid answer.",
            "Check that the base URL is that of an OpenAI-compatible server, then send the message again.",
            retryable=True,
        )
    detail = presentable(str(error), endpoint.api_key, 200)
    return ModelError(
        _sentence(f"The request to {host} failed", detail or type(error).__name__),
        "Check the network and the base URL, then send the message again.",
        retryable="UnsupportedProtocol" not in kinds and "LocalProtocolError" not in kinds,
    )


def _connection_failure(endpoint: Endpoint, error: BaseException, kinds: list[str]) -> ModelError | None:
    host = endpoint.host
    if "ProxyError" in kinds:
        return ModelError(
            f"The proxy refused the connection to {host}.",
            f"Check {PROXY_VARIABLES} in the environment.",
            retryable=True,
        )
    is_tls = any(kind.startswith("SSL") for kind in kinds)
    if (not is_tls and "ConnectError" in kinds) or "ConnectTimeout" in kinds:
        proxy = proxy_for(endpoint.origin) if endpoint.may_use_proxy else None
        if proxy is not None:
            # whatever is wrong with the host behind it, the proxy would say
            shown = presentable(shown_proxy(proxy), endpoint.api_key, 100)
            return ModelError(
                f"The proxy {shown}, which the environment names for {host}, could not be reached.",
                f"Check the network, and {PROXY_VARIABLES} in the environment.",
                retryable=True,
            )
    if "gaierror" in kinds:
        return ModelError(
            f"The name {host} could not be found: no network, or a mistyped base URL.",
            "Check the network, and the base URL under Connections (ctrl+p), then send the message again.",
            retryable=True,
        )
    if "SSLCertVerificationError" in kinds:
        told = next((said for one in _chain(error) if (said := getattr(one, "verify_message", ""))), "")
        why = f": {clipped}" if (clipped := presentable(told, endpoint.api_key, 200).rstrip(".")) else ""
        return ModelError(
            f"The certificate of {host} could not be verified, so nothing was sent to it{why}.",
            "Check the base URL and this machine's clock; behind a company's proxy, set SSL_CERT_FILE to its "
            "certificate.",
        )
    if any(kind.startswith("SSL") for kind in kinds):
        return ModelError(
            f"No encrypted connection to {host} could be made; it may not use HTTPS.",
            "Check the base URL: a local server usually needs http:// instead of https://.",
        )
    if "ConnectionRefusedError" in kinds:
        local = endpoint.is_loopback
        return ModelError(
            f"Nothing answers at {host}: the connection was refused.",
            f"Start the local server{_how_to_start(endpoint)}, or correct the port in the base URL."
            if local
            else "The server may be down; check the base URL and try again later.",
            retryable=True,
        )
    if "ConnectTimeout" in kinds or "PoolTimeout" in kinds:
        return ModelError(
            f"{host} did not accept a connection in time: the network or the server is slow or down.",
            "Check the network, then send the message again.",
            retryable=True,
        )
    if any(kind.endswith("Timeout") or kind == "TimeoutError" for kind in kinds):
        return timed_out(endpoint, None, began=False)
    if "ConnectError" in kinds:
        return ModelError(
            f"{host} could not be reached: the network is down, or a firewall blocks the connection.",
            "Check the network and the base URL, then send the message again.",
            retryable=True,
        )
    return None


def _how_to_start(endpoint: Endpoint) -> str:
    """What starts the server that usually listens on this port."""
    command = _STARTS.get(endpoint.origin.port)
    return f" ({command})" if command else ""


def timed_out(endpoint: Endpoint, seconds: float | None, *, began: bool) -> ModelError:
    """Explain a server that sent nothing for too long, before its answer or during it."""
    span = f" for {seconds:g} s" if seconds is not None else " for too long"
    if began:
        return ModelError(
            f"{endpoint.host} sent nothing{span} in the middle of its answer.",
            "Send the message again; if that fails too, try another model.",
            cut=True,
        )
    return ModelError(
        f"{endpoint.host} accepted the request, but sent nothing{span}.",
        "Send the message again, or try a faster model.",
        retryable=True,
    )


def cut(endpoint: Endpoint, why: str) -> ModelError:
    """Explain an answer that ended before the model was done.

    Args:
        endpoint: The server.
        why: Completes "the answer is incomplete: ...", without a full stop.
    """
    return ModelError(
        f"The answer from {endpoint.host} is incomplete: {why}.",
        "Send the message again, or ask the model to continue where it stopped.",
        cut=True,
    )


def no_api_there(endpoint: Endpoint, body: str) -> ModelError:
    """Explain a successful answer that does not belong to this API: a web page, nothing, something else."""
    words = words_of_text(body, endpoint.api_key)
    if words.is_html:
        what = "answered with a web page instead of JSON; the base URL is probably not that of an API"
    elif body.strip():
        what = "sent something other than a chat model's answer"
    else:
        what = "sent an empty answer"
    return ModelError(
        _sentence(f"{endpoint.host} {what}", words.text),
        "Check the base URL; most end in /v1.",
        retryable=not body.strip(),
    )


def unusable_key(endpoint: Endpoint) -> ModelError:
    """Explain a key with characters that cannot be sent."""
    return ModelError(
        f"The API key for {endpoint.host} contains characters that no key has, so nothing was sent.",
        "Enter it again under Connections (ctrl+p), without spaces, quotes or line breaks.",
    )


def _as_cut(error: ModelError) -> ModelError:
    """Mark an error as one that came after the start of the answer."""
    error.cut = True
    return error


def _when_again(verdict: Verdict, wait_s: float | None) -> str:
    # in the words of OpenAI's service, from which programs read the number
    if verdict.code != "rate_limit_exceeded" or not verdict.retryable or not wait_s:
        return ""
    return f" Please try again in {math.ceil(wait_s)}s."


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the server asks to wait: `retry-after-ms`, `Retry-After` (seconds or a date), or a gateway's
    `llm_provider-retry-after`, which passes on what the provider behind it asks for."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0), (_PROVIDER_RETRY, 1.0)):
        value = headers.get(name, "").strip()
        try:
            seconds = float(value) / scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return _waiting(seconds)
    date = headers.get("retry-after") or headers.get(_PROVIDER_RETRY, "")
    try:
        # late: the package is large, and few answers have a date
        from email.utils import parsedate_to_datetime

        return _waiting(parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _waiting(seconds: float) -> float | None:
    """Return how long to wait; None for what nobody can mean."""
    return max(0.0, seconds) if seconds <= _LONGEST_WAIT_S else None


def request_id_of(headers: Mapping[str, str], secret: Secret | None) -> str | None:
    """The id that identifies this request to the server's operator."""
    for name in ("x-request-id", "x-inference-id", "request-id"):
        found = clean_id(headers.get(name), secret)
        if found:
            return found
    return None


def _sentence(what: str, said: str) -> str:
    if not said:
        return f"{what}."
    return f"{what}: “{said}”" if said.endswith((".", "!", "?", "…")) else f"{what}: “{said}”."


def _kinds(error: BaseException) -> list[str]:
    """The class names of an exception, its causes and the members of its group, base classes included."""
    return [
        cls.__name__
        for one in _chain(error)
        for cls in type(one).__mro__
        if cls not in (object, BaseException, Exception)
    ]


def _chain(error: BaseException) -> list[BaseException]:
    """An exception, its causes and the members of its group."""
    found: list[BaseException] = []
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo and len(seen) < 50:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        found.append(current)
        todo += [e for e in (current.__cause__, current.__context__) if e is not None]
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions
    return found
